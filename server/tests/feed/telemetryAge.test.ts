/** How old telemetry is, in time that the test moves. */
import { afterEach, expect, it } from 'vitest'
import { HeldTime } from '../support/heldTime.ts'

let held: HeldTime
afterEach(() => held.close())

const set = (name: string, value: string) => held.asterisk.fake.setVar({ node: held.asterisk.node, name, value })
const changedAt = () => held.state.telemetry.changedAt

it('T-4 L-14 is as old as its newest change: a status script that stopped can be told, and nothing is sent to say so', async () => {
  held = await HeldTime.start({ asterisk: { telemetry: false } })
  held.house.watch(held.asterisk.node)
  await held.passUntil(() => held.state.reach === 'up', 'up', 100)
  expect(changedAt()).toBeNull()

  await set('cpu_load', '0.08, 0.11, 0.09')
  const from = held.clock.now()
  await held.passUntil(() => held.state.telemetry.load !== null, 'the first run')
  const first = changedAt()
  expect(first).toBe(held.clock.now())
  expect((first ?? 0) - from).toBeLessThanOrEqual(5_000)

  const told = held.told.length
  await held.pass(600_000)
  expect([changedAt(), held.told.length]).toEqual([first, told])

  await set('cpu_load', '0.10, 0.11, 0.09')
  await held.passUntil(() => changedAt() !== first, 'the next run')
  expect(changedAt()).toBe(Math.round(held.clock.now()))
})

it('T-4 is not made younger by an outage, nor by nobody watching', async () => {
  held = await HeldTime.start({ asterisk: { telemetry: false }, lingerMs: 1_000 })
  await set('WX', '72F, Clear')
  const leave = held.house.watch(held.asterisk.node)
  await held.passUntil(() => held.state.telemetry.weather !== null, 'told')
  const first = changedAt()
  held.asterisk.proxy.cut()
  await held.passUntil(() => held.state.reach !== 'up', 'noticed')
  await held.passUntil(() => held.state.reach === 'up', 'back')
  leave()
  await held.pass(60_000)
  expect(held.state.reach).toBe('unknown')
  held.house.watch(held.asterisk.node)
  await held.passUntil(() => held.state.reach === 'up', 'watched again')
  expect(changedAt()).toBe(first)
  await set('WX', '')
  await held.passUntil(() => held.state.telemetry.weather === null, 'nothing is said any more')
  expect(changedAt()).toBeNull()
})
