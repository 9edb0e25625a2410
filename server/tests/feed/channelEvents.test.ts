/** What app_rpt tells by no event, and Asterisk's core does: a link is called, called again, or its far end hangs up. */
import { afterEach, describe, expect, it } from 'vitest'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { HeldTime } from '../support/heldTime.ts'

const NODE = '546051'
const HUB = '48752'
type Links = Exclude<FakeAsteriskOptions['links'], number>

/** A poll 50 ms after the event. */
const SOON = 60

let held: HeldTime
afterEach(() => held.close())

const link = () => held.state.links[HUB]

/** Watched, and so long after its last poll that the next one is 5 s after it. */
async function watched(links: NonNullable<Links>[string], more: FakeAsteriskOptions = {}, quietFor = 100): Promise<void> {
  held = await HeldTime.start({ asterisk: { nodes: [NODE], links: { [NODE]: links }, ...more } })
  held.house.watch(NODE)
  await held.passUntil(() => held.state.reach === 'up', 'up')
  // Events come, so polls are far apart.
  await held.asterisk.fake.key({ node: NODE, on: true, ms: 1_000 })
  await held.pass(60_000 + quietFor)
}

describe.each([100, 1_300, 2_600, 3_900])('with %i ms since the last poll', (quietFor) => {
  it('a call is shown as it begins', async () => {
    await watched([], { unreachableTargets: [HUB] }, quietFor)
    await held.asterisk.fake.connect({ node: NODE, link: HUB, mode: 'connecting' })
    expect(await held.passUntil(() => link()?.state === 'connecting', 'called')).toBeLessThanOrEqual(SOON)
    expect(link()).toMatchObject({ direction: 'out', mode: null })
  })

  it('a local monitor is shown, which no list of links has', async () => {
    await watched([], {}, quietFor)
    await held.asterisk.fake.connect({ node: NODE, link: HUB, mode: 'local-monitor' })
    expect(await held.passUntil(() => link()?.mode === 'local-monitor', 'monitored')).toBeLessThanOrEqual(SOON)
  })

  it.each(['IN', 'OUT'] as const)('the far end has hung up, and app_rpt keeps the link: %s', async (direction) => {
    await watched([{ name: HUB, direction }], {}, quietFor)
    expect(link()?.peer).not.toBeNull()
    await held.asterisk.fake.lose({ node: NODE, link: HUB, ms: 3_600_000 })
    expect(await held.passUntil(() => link()?.peer === null, 'lost')).toBeLessThanOrEqual(SOON)
  })
})

it('a permanent link that is called again stands as soon as it is answered', async () => {
  await watched([{ name: HUB, permanent: true }])
  const at = held.clock.now()
  await held.asterisk.fake.lose({ node: NODE, link: HUB, ms: 7_000 })
  await held.passUntil(() => held.asterisk.fake.state().nodes[NODE]?.links[HUB]?.reconnects === 1, 'answered')
  expect(held.clock.now() - at).toBeGreaterThan(5_000)
  expect(await held.passUntil(() => link()?.state === 'established', 'told')).toBeLessThanOrEqual(SOON)
})

it('a channel of another node asks nothing of Asterisk, and callers whom ours refuses over and over bring on a poll a second', async () => {
  await watched([{ name: HUB }])
  const polls = () => held.asterisk.proxy.said.split('COMMAND: XStat').length
  const tell = (exten: string) => { held.asterisk.proxy.inject(`Event: Hangup\r\nPrivilege: call,all\r\nCallerIDNum: 2000\r\nExten: ${exten}\r\n\r\n`) }
  const before = polls()
  tell('2001')
  await held.pass(400)
  expect(polls()).toBe(before)
  for (let i = 0; i < 60; i += 1) {
    tell(NODE)
    await held.pass(50)
  }
  expect(polls() - before).toBeGreaterThanOrEqual(3)
  expect(polls() - before).toBeLessThanOrEqual(4)
})

it('one event brings on two polls: a call enters the list of links a moment after its channel', async () => {
  await watched([{ name: HUB }])
  const polls = () => held.asterisk.proxy.said.split('COMMAND: XStat').length
  const before = polls()
  held.asterisk.proxy.inject(`Event: Newstate\r\nPrivilege: call,all\r\nConnectedLineNum: ${NODE}\r\nExten: ${HUB}\r\n\r\n`)
  await held.pass(500)
  expect(polls() - before).toBe(1)
  await held.pass(700)
  expect(polls() - before).toBe(2)
  await held.pass(2_000)
  expect(polls() - before).toBe(2)
})

describe('where a local monitor is linked, and a poll may ask for keys alone, one that a channel brought on asks for all', () => {
  const asked = () => ['XStat', 'SawStat'].map((command) => held.asterisk.proxy.said.split(`COMMAND: ${command}`).length - 1)
  const rings = () => { held.asterisk.proxy.inject(`Event: Newstate\r\nPrivilege: call,all\r\nConnectedLineNum: ${NODE}\r\nExten: 2000\r\n\r\n`) }
  /** Polls since `before`: whole ones, and all of them. */
  const since = (before: readonly number[]) => asked().map((count, i) => count - before[i]!)
  const monitored = () => watched([{ name: HUB, mode: 'local-monitor' }])

  it('the second one, too', async () => {
    await monitored()
    const before = asked()
    rings()
    await held.pass(1_200)
    expect(since(before)).toEqual([2, 2])
  })

  it('and so does the next one after a poll that ran when the channel moved', async () => {
    await monitored()
    rings()
    await held.pass(100)
    held.asterisk.fake.setKnobs({ replyDelayMs: 300 })
    const before = asked()
    void held.house.look(NODE)
    await held.pass(100)
    expect(since(before)).toEqual([1, 0])
    rings()
    await held.pass(500)
    expect(since(before)).toEqual([1, 1])
    held.asterisk.fake.setKnobs({ replyDelayMs: 0 })
    await held.pass(1_100)
    expect(since(before)).toEqual([2, 2])
  })

  it('nor is one of keys the next after a poll that ran when an event told of another mode', async () => {
    await watched([{ name: HUB, mode: 'local-monitor' }, { name: '2000', direction: 'IN' }])
    held.asterisk.fake.setKnobs({ replyDelayMs: 300 })
    const before = asked()
    void held.house.look(NODE)
    await held.pass(100)
    expect(since(before)).toEqual([1, 0])
    held.asterisk.proxy.inject(`Event: RPT_ALINKS\r\nPrivilege: call,all\r\nNode: ${NODE}\r\nChannel: none\r\nEventValue: 1,2000RU\r\n\r\n`)
    await held.pass(500)
    expect(held.state.links['2000']?.mode).toBe('monitor')
    expect(since(before)).toEqual([1, 1])
    held.asterisk.fake.setKnobs({ replyDelayMs: 0 })
    await held.pass(100)
    expect(since(before)).toEqual([2, 2])
  })
})
