import { afterEach, expect, it } from 'vitest'
import { HeldTime } from '../support/heldTime.ts'

let held: HeldTime
afterEach(() => held.close())

it('an Asterisk whose app_rpt is not loaded is told as such, and its nodes are back with the first event of app_rpt', async () => {
  held = await HeldTime.start()
  const { fake, node } = held.asterisk
  held.house.watch(node)
  await held.passUntil(() => held.state.reach === 'up', 'up')
  const message = 'Invalid/unknown command: RptStatus. Use Action: ListCommands to show available commands.'
  fake.setKnobs({ faults: [{ kind: 'refuse', action: 'RptStatus', message }] })
  await held.passUntil(() => held.state.reach === 'down', 'told', 5_000)
  expect(held.state.reachReason).toEqual({ code: 'other', message: 'This Asterisk has no app_rpt: it is not loaded, or not yet.' })
  await held.pass(20_000)
  expect(held.reasons(0).at(-1)).toBe('other')
  fake.setKnobs({ faults: [] })
  await fake.key({ node, on: true })
  expect(await held.passUntil(() => held.lies.length === 0, 'back', 2_000)).toBeLessThanOrEqual(100)
})
