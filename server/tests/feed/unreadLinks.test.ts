/** A caller's own name can make RPT_ALINKS unreadable, for as long as he is linked: then it says that something changed, and a poll says what. */
import { afterEach, expect, it } from 'vitest'
import { HeldTime } from '../support/heldTime.ts'

let held: HeldTime
afterEach(() => held?.close())

/** His first name ends as an entry of the list does. */
const CALLER = 'NATU,JOHN-P'
const LINK = '2000'

it('a key-up is shown by the poll that its unreadable event asks for, and the node is asked no more often for that', async () => {
  held = await HeldTime.start({ asterisk: { links: { 546051: [{ name: LINK, ageMs: 60_000 }, { name: CALLER, ageMs: 30_000 }] } } })
  const { fake, node, proxy } = held.asterisk
  held.house.watch(node)
  await held.passUntil(() => held.state.reach === 'up', 'up', 100)
  // The receiver's event can be read: events come, and polls are far between.
  await fake.key({ node, on: true })
  await held.pass(12_000)
  const polls = () => proxy.said.match(/^COMMAND: XStat\r$/gm)?.length ?? 0
  for (const on of [true, false, true]) {
    await fake.linkKey({ node, link: LINK, on })
    expect(await held.passUntil(() => held.state.links[LINK]?.keyed === on, `keyed ${on}`, 50)).toBeLessThanOrEqual(200)
    const before = polls()
    await held.pass(20_000)
    expect(polls() - before).toBeGreaterThanOrEqual(3)
    expect(polls() - before).toBeLessThanOrEqual(5)
  }
  expect(Object.keys(held.state.links)).toContain(CALLER)
})
