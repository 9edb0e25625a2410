/** What is told of a node after a loss, over sockets that bring one frame at a time, as a browser does. */
import { createPinia, disposePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, effectScope } from 'vue'
import type { Happening } from '../../src/components/announce/happenings.ts'
import { useHappenings } from '../../src/components/announce/useHappenings.ts'
import { LiveClient } from '../../src/services/liveClient.ts'
import { createUseRealTimeStore } from '../../src/stores/realTime.ts'
import { hello, link, patch, snapshot } from '../unit/support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../unit/support/scriptedEnv.ts'
import type { ScriptedEnv } from '../unit/support/scriptedEnv.ts'

const A = '546051'
let env: ScriptedEnv
let client: LiveClient
let talkers: string[]
const closers: (() => void)[] = []

beforeEach(async () => {
  holdTime()
  talkers = []
  // No HTTP: nothing but sockets can bring news.
  env = scriptedEnv()
  client = new LiveClient({ env, topology: 'per-node' })
  const pinia = createPinia()
  createApp({}).use(pinia)
  const store = createUseRealTimeStore({ client: () => client })(pinia)
  const scope = effectScope(true)
  closers.push(() => { disposePinia(pinia) }, () => { client.dispose() }, () => { scope.stop() })
  const tell = (happening: Happening) => { if (happening.kind === 'talk') talkers.push(happening.who) }
  scope.run(() => { useHappenings(store, () => [A], tell) })
  void store.startMonitoring(A)
  await pass(2)
  env.last().accept()
  await say(hello(), snapshot(A, { links: { 2000: link(), 2001: link() } }))
  await pass(10_000)
})
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close()
  vi.useRealTimers()
})

/** Each frame in a turn of its own. */
async function say(...frames: readonly object[]): Promise<void> {
  for (const frame of frames) {
    env.last().say(frame)
    await pass(1)
  }
}
const key = (who: string, seq: number) => patch(A, seq, { links: { [who]: { keyed: true, lastKeyedAt: Date.now() } } })
const current = () => ({ type: 'current', node: A, epoch: 'e1', seq: 1, at: Date.now() })

/** The socket breaks, and the next try gets through. */
async function outage(): Promise<void> {
  const { length } = env.sockets
  env.last().end(1006)
  await pass(10_000)
  for (let waited = 0; env.sockets.length === length && waited < 60_000; waited += 1_000) await pass(1_000)
  env.last().accept()
}

describe.each([['seen', 'visible'], ['in the background', 'hidden']] as const)('on a page %s, after an outage', (_what, signal) => {
  beforeEach(async () => {
    env.signal(signal)
    await outage()
  })

  it('who keys up first is told at once, where the server says that nothing was missed', async () => {
    await say(hello(), current(), key('2000', 2))
    expect(talkers).toEqual(['2000'])
  })

  it('who keys up first is told much later as well, where nothing came but beats', async () => {
    await say(hello(), current())
    for (let beats = 0; beats < 4; beats += 1) {
      await pass(20_000)
      await say({ type: 'beat', at: Date.now(), nodes: { [A]: { epoch: 'e1', seq: 1 } } })
    }
    await say(key('2000', 2))
    expect(talkers).toEqual(['2000'])
  })

  it('who talked already is not told, and who keys up then is', async () => {
    const talking = { links: { 2000: link({ keyed: true, lastKeyedAt: Date.now() }), 2001: link() } }
    await say(hello(), snapshot(A, talking, { seq: 2 }))
    expect(talkers).toEqual([])
    await say(key('2001', 3))
    expect(talkers).toEqual(['2001'])
  })
})
