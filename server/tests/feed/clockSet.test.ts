/** The gateway's clock is set while it runs, as a Pi's is by NTP some while after its start: times move with it, and ages stay what they are. */
import { afterEach, describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE, EMPTY_TELEMETRY } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { laterBy } from '../../src/feed/laterBy.ts'
import { HeldTime } from '../support/heldTime.ts'

let held: HeldTime
afterEach(() => held?.close())

const LINK = '2000'

/** A node of which every time is known: some from what Asterisk tells of ages, and some only from when something came. */
async function known(lingerMs?: number): Promise<() => void> {
  held = await HeldTime.start({ asterisk: { links: { 546051: [{ name: LINK, ageMs: 60_000 }] } }, ...(lingerMs === undefined ? {} : { lingerMs }) })
  const { fake, node } = held.asterisk
  const leave = held.house.watch(node)
  await held.passUntil(() => held.state.reach === 'up', 'up', 100)
  for (const on of [true, false]) {
    await fake.key({ node, on })
    await fake.linkKey({ node, link: LINK, on })
    await held.pass(1_500)
  }
  await fake.key({ node, on: true })
  await held.pass(7_000)
  return leave
}

/** How long ago by the gateway's clock all that was, ms. */
function ages({ reachSince, lastKeyedAt, lastUnkeyedAt, telemetry, links }: NodeState): (number | null)[] {
  const { connectedSince = null, lastKeyedAt: keyedAt = null, lastUnkeyedAt: unkeyedAt = null } = links[LINK] ?? {}
  return [reachSince, lastKeyedAt, lastUnkeyedAt, telemetry.changedAt, connectedSince, keyedAt, unkeyedAt].map((time) => (time === null ? null : held.clock.now() - time))
}
/** The same, told so much later. */
const older = (by: (number | null)[], ms: number) => by.map((age) => (age === null ? null : age + ms))

describe.each([['forward by three days', 3 * 86_400_000], ['back by an hour', -3_600_000], ['forward by 3 s', 3_000]])('where the clock is set %s', (_, ms) => {
  it('T-6 nobody has talked, or been there, for any longer, and that is told once, by the next poll', async () => {
    await known()
    const [before, from, told, armed] = [ages(held.state), held.clock.monotonic(), held.told.length, held.clock.pending]
    expect(before).not.toContain(null)
    held.clock.jump(ms)
    expect(held.clock.pending).toBe(armed)
    expect(await held.passUntil(() => held.told.length > told, 'told')).toBeLessThanOrEqual(5_000)
    expect(held.told[told]?.at).toBe(held.clock.now())
    await held.pass(60_000)
    expect(held.told).toHaveLength(told + 1)
    expect(ages(held.state)).toEqual(older(before, held.clock.monotonic() - from))
  })

  it('the next event finds all of that moved, and its own news come after', async () => {
    await known()
    const [before, from, told] = [ages(held.state), held.clock.monotonic(), held.told.length]
    held.clock.jump(ms)
    await held.asterisk.fake.key({ node: held.asterisk.node, on: false })
    await held.pass(0)
    const [first, second] = held.told.slice(told)
    expect([first, second].map((change) => change?.state.rx)).toEqual([true, false])
    expect(ages(first!.state)).toEqual(older(before, held.clock.monotonic() - from))
    expect(second!.state.lastKeyedAt).toBe(first!.state.lastKeyedAt)
    expect(second!.state.lastUnkeyedAt).toBe(held.clock.now())
  })

  it('a link is the same as before, and events are believed as before', async () => {
    await known()
    const feed = held.house.feed(held.asterisk.node)!
    feed.update({ ...feed.state, links: { [LINK]: { ...feed.state.links[LINK]!, permanent: true } } }, held.clock.now())
    held.clock.jump(ms)
    const polls = () => held.asterisk.proxy.said.match(/^COMMAND: XStat\r$/gm)?.length ?? 0
    const before = polls()
    await held.pass(60_000)
    expect(held.state.links[LINK]?.permanent).toBe(true)
    expect(polls() - before).toBeGreaterThanOrEqual(10)
    expect(polls() - before).toBeLessThanOrEqual(13)
  })

  it('who waits for a change of it sees it as soon', async () => {
    await known()
    const polls = () => held.asterisk.proxy.said.match(/^COMMAND: XStat\r$/gm)?.length ?? 0
    const before = polls()
    await held.passUntil(() => polls() > before, 'polled', 5_000)
    held.clock.jump(ms)
    held.house.urge(held.asterisk.node, 4_000)
    await held.pass(1_000)
    expect(polls() - before).toBeGreaterThan(3)
  })

  it('what is known of a node that nobody watches is right for who comes next, before Asterisk says anything', async () => {
    const leave = await known(1_000)
    leave()
    await held.passUntil(() => held.state.reach === 'unknown', 'left')
    await held.pass(10_000)
    const before = ages(held.state)
    expect(held.clock.pending).toBe(0)
    held.clock.jump(ms)
    held.house.watch(held.asterisk.node)
    expect(ages(held.state).slice(1)).toEqual(before.slice(1))
  })
})

it('T-6 steps too small to count move all times by as much once they come to 2 s together, and what happened between them as well', async () => {
  await known()
  const [before, from] = [ages(held.state), held.clock.monotonic()]
  held.clock.jump(1_500)
  await held.pass(6_000)
  await held.asterisk.fake.key({ node: held.asterisk.node, on: false })
  await held.pass(3_000)
  const unkeyed = held.clock.monotonic() - 3_000
  const told = held.told.length
  held.clock.jump(1_400)
  await held.passUntil(() => held.told.length > told, 'told', 5_000)
  const passed = held.clock.monotonic() - from
  expect(ages(held.state)).toEqual(older(before, passed).with(2, held.clock.monotonic() - unkeyed))
})

it('all times of a state are moved, and nothing else is; none in a part that has none', () => {
  const link = { ...EMPTY_LINK, connectedSince: 1, lastKeyedAt: 2, lastUnkeyedAt: null, reconnects: 3 }
  const state = { ...EMPTY_NODE, reachSince: 4, lastKeyedAt: 5, lastUnkeyedAt: 6, telemetry: { ...EMPTY_TELEMETRY, alerts: null, changedAt: 7 }, links: { 1999: link } }
  expect(laterBy(state, 100)).toEqual({
    ...state, reachSince: 104, lastKeyedAt: 105, lastUnkeyedAt: 106, telemetry: { ...EMPTY_TELEMETRY, changedAt: 107 },
    links: { 1999: { ...link, connectedSince: 101, lastKeyedAt: 102 } },
  })
  expect(laterBy({ rx: true, lastKeyedAt: null, links: { 1999: null, 2000: { keyed: true, lastKeyedAt: 1 } } }, 100))
    .toEqual({ rx: true, lastKeyedAt: null, links: { 1999: null, 2000: { keyed: true, lastKeyedAt: 101 } } })
  expect(laterBy(state, 0)).toBe(state)
})
