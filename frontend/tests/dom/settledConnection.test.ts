import { expect, it } from 'vitest'
import { effectScope, nextTick, shallowRef } from 'vue'
import { BLIP_MS, REFUSED_MS, useSettledConnection } from '../../src/components/settledConnection.ts'
import type { ConnectionState, PauseReason } from '../../src/services/connectionState.ts'

const LIVE: ConnectionState = { status: 'live', since: 0 }
const TRYING: ConnectionState = { status: 'connecting', since: 0, attempt: 1 }

const paused = (why: PauseReason): ConnectionState => ({ status: 'paused', why, wake: 'retry', reason: { code: why, message: 'So it is.' } })

/** A connection that was live, or something else, and tries, and the clock that it is told by. */
async function trying(from: number, before = LIVE) {
  const now = shallowRef(from)
  const connection = shallowRef(before)
  const scope = effectScope(true)
  const settled = scope.run(() => useSettledConnection(() => '546051', () => connection.value, () => now.value))
  connection.value = TRYING
  await nextTick()
  const told = () => settled?.value
  return { now, told, stop: () => { scope.stop() } }
}

it('tells of a connection that tries once a blip is over', async () => {
  const { now, told, stop } = await trying(1_000_000)
  expect(told()).toBe(LIVE)
  now.value += BLIP_MS - 1
  expect(told()).toBe(LIVE)
  now.value += 1
  expect(told()).toBe(TRYING)
  stop()
})

it("does not go on calling it live when the server's clock is set back", async () => {
  const { now, told, stop } = await trying(10_000_000)
  now.value -= 3_600_000
  expect(told()).toBe(TRYING)
  stop()
})

it.each(['refused', 'needs-auth'] as const)('tells of one that is %s and tries again only when that takes a while', async (why) => {
  const { now, told, stop } = await trying(1_000_000, paused(why))
  expect(told()).toMatchObject({ why })
  now.value += REFUSED_MS
  expect(told()).toBe(TRYING)
  stop()
})

it.each(['offline', 'hidden'] as const)('tells at once of one that was %s and tries', async (why) => {
  const { told, stop } = await trying(1_000_000, paused(why))
  expect(told()).toBe(TRYING)
  stop()
})
