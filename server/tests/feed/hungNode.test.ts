/** One Asterisk of two nodes hangs over the questions about one of them, in held time over real sockets. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FeedHouse } from '../../src/feed/feedHouse.ts'
import { VoterHouse } from '../../src/feed/voterHouse.ts'
import type { Fault } from '../../src/fake-asterisk/knobs.ts'
import { HeldTime } from '../support/heldTime.ts'

/** The one that hangs is the first: nothing but care puts it behind the other. */
const [HUNG, WELL] = ['546051', '546055']
const OVER_XSTAT: Fault = { kind: 'never', command: 'XStat', node: HUNG }
const OVER_VOTER: Fault = { kind: 'never', action: 'VoterStatus', node: HUNG }
const ALL: Fault = { kind: 'never', action: 'RptStatus' }

let held: HeldTime
let voters: VoterHouse
afterEach(async () => {
  voters.dispose()
  await held.close()
})

const house = (): FeedHouse => held.house
const state = (node: string) => house().feed(node)!.state
const isUp = (node: string) => state(node).reach === 'up'
const bothUp = () => isUp(WELL) && isUp(HUNG)
const faulty = (...faults: Fault[]) => { held.asterisk.fake.setKnobs({ faults }) }
const said = () => held.asterisk.proxy.said
const count = (what: RegExp, before: string) => said().slice(before.length).match(what)?.length ?? 0
/** Polls of the one that hangs, since Asterisk was told `before`. */
const polls = (before: string) => count(/XStat\r\nNODE: 546051\r/g, before)

async function twoNodes(): Promise<void> {
  held = await HeldTime.start({ asterisk: { nodes: [HUNG, WELL], links: 1 } })
  voters = new VoterHouse(held.clock, house())
  house().configure([HUNG, WELL].map((id) => ({ id, hostKey: 'first' })))
}
async function bothWatched(): Promise<void> {
  await twoNodes()
  for (const node of [HUNG, WELL]) house().watch(node)
  await held.passUntil(bothUp, 'both up', 100)
}
/** Until it is known which of the two it is. */
async function hungOverXStat(): Promise<void> {
  await bothWatched()
  faulty(OVER_XSTAT)
  await held.pass(30_000)
  expect([state(HUNG).reach, isUp(WELL)]).toEqual(['down', true])
}
/** Of the next `seconds`, those in which the node is up, as a share. */
async function upShare(node: string, seconds: number): Promise<number> {
  let up = 0
  for (let i = 0; i < seconds * 2; i += 1) {
    await held.pass(500)
    if (isUp(node)) up += 0.5
  }
  return up / seconds
}

describe('a node over which Asterisk hangs', () => {
  it.each([['XStat', OVER_XSTAT], ['VoterStatus', OVER_VOTER]] as const)('leaves its neighbour up: %s', async (_what, fault) => {
    await bothWatched()
    voters.watch(HUNG)
    await held.pass(1_000)
    faulty(fault)
    expect(await upShare(WELL, 60)).toBeGreaterThan(0.9)
    expect(await upShare(WELL, 240)).toBeGreaterThan(0.98)
    await held.pass(600_000)
    const before = said()
    expect(await upShare(WELL, 900)).toBeGreaterThan(0.99)
    // Each time a session stays behind in Asterisk.
    expect(count(/Action: Login\r/gi, before)).toBe(3)
  }, 60_000)

  it('is told as such, and comes back by itself when it answers', async () => {
    await hungOverXStat()
    expect(state(HUNG)).toMatchObject({ rx: null, reachReason: { code: 'ami-no-answer', message: expect.stringMatching(/this node/) as string } })
    faulty()
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(60_000)
    // One miss after that is the first again.
    faulty({ ...OVER_XSTAT, times: 1 })
    await held.passUntil(() => !isUp(HUNG), 'missed once')
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(2_000)
  })

  it.each([['', 0], [', also while somebody waits for a change of it', 10_000]])('is asked after its neighbours in a new session%s', async (_while, urgedMs) => {
    await bothWatched()
    faulty({ ...OVER_XSTAT, times: 1 })
    await held.passUntil(() => !bothUp(), 'missed once')
    const before = said()
    house().urge(HUNG, urgedMs)
    await held.passUntil(bothUp, 'back', 2_000)
    expect(said().slice(before.length).match(/NODE: \d+/g)?.slice(0, 4).join()).toBe(`NODE: ${WELL},NODE: ${WELL},NODE: ${HUNG},NODE: ${HUNG}`)
  })

  it('is left alone by whoever comes, looks, waits for a change or asks for its voter, and when it says something', async () => {
    await hungOverXStat()
    const before = said()
    for (let i = 0; i < 10; i += 1) {
      house().watch(HUNG)()
      await house().look(HUNG)
      house().urge(HUNG, 1_000)
      await house().fresh(HUNG)
      await voters.look(HUNG)
      await held.asterisk.fake.key({ node: HUNG, on: i % 2 === 0 })
      await held.pass(1_000)
      expect(isUp(WELL)).toBe(true)
    }
    expect(polls(before)).toBe(0)
  })

  it.each([['forward', 3_600_000], ['back', -3_600_000]])('is left alone for no shorter because the clock is set %s', async (_way, ms) => {
    await hungOverXStat()
    const before = said()
    held.clock.jump(ms)
    for (let i = 0; i < 10; i += 1) {
      void house().look(HUNG)
      await held.pass(1_000)
    }
    expect([polls(before), isUp(WELL)]).toEqual([0, true])
  })

  it('is told as such to a viewer who comes while it is left alone', async () => {
    await twoNodes()
    house().watch(WELL)
    const leave = house().watch(HUNG)
    await held.passUntil(bothUp, 'both up', 100)
    faulty(OVER_XSTAT)
    await held.pass(30_000)
    leave()
    await held.passUntil(() => state(HUNG).reach === 'unknown', 'not watched any more', 61_000)
    const before = said()
    house().watch(HUNG)
    expect(state(HUNG)).toMatchObject({ reach: 'down', reachReason: { code: 'ami-no-answer' } })
    await held.pass(10_000)
    expect(polls(before)).toBe(0)
  })

  it('is asked at once when Asterisk was restarted', async () => {
    await hungOverXStat()
    faulty()
    held.asterisk.proxy.cut()
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(2_000)
  })

  it('is asked at once when Asterisk was restarted in the midst of a question about another', async () => {
    await hungOverXStat()
    faulty({ kind: 'delay', ms: 1_000, node: WELL })
    const before = said()
    await held.passUntil(() => count(/XStat\r\nNODE: 546055\r/g, before) > 0, 'asked for the other')
    await held.asterisk.proxy.refuse()
    await held.pass(2_000)
    faulty()
    await held.asterisk.proxy.listen()
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(2_000)
  })

  it('is asked at once when Asterisk was restarted while nobody watched', async () => {
    await twoNodes()
    const leaves = [HUNG, WELL].map((node) => house().watch(node))
    await held.passUntil(bothUp, 'both up', 100)
    faulty(OVER_XSTAT)
    await held.pass(600_000)
    expect([state(HUNG).reach, isUp(WELL)]).toEqual(['down', true])
    for (const leave of leaves) leave()
    await held.passUntil(() => house().hosts[0]?.status.status === 'idle', 'idle', 61_000)
    faulty()
    for (const node of [HUNG, WELL]) house().watch(node)
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(2_000)
  })

  it('that nobody watches another of is asked as any', async () => {
    await twoNodes()
    house().watch(HUNG)
    await held.passUntil(() => isUp(HUNG), 'up', 100)
    faulty(OVER_XSTAT)
    await held.pass(60_000)
    faulty()
    // 2.2 s for the question under way, 1.5 s to the next try.
    expect(await held.passUntil(() => isUp(HUNG), 'back')).toBeLessThanOrEqual(3_700)
  })
})

describe('a voter over which Asterisk hangs', () => {
  const voter = () => voters.feed(HUNG)?.state
  const lookAgain = async () => {
    voters.watch(HUNG)
    await held.passUntil(() => isUp(HUNG), 'the node is up', 2_000)
    await held.pass(300)
  }
  /** The fake's chan_voter is not loaded: that is an answer. */
  const ANSWER = { reach: 'down', reachReason: { code: 'voter-not-loaded' } }
  const RESTS = { reach: 'down', reachReason: { code: 'ami-no-answer', message: expect.stringMatching(/this voter/) as string } }
  let leaves: { voter: () => void; hung: () => void; well: () => void }

  beforeEach(async () => {
    await twoNodes()
    leaves = { hung: house().watch(HUNG), well: house().watch(WELL), voter: voters.watch(HUNG) }
    await held.passUntil(bothUp, 'both up', 100)
    await held.pass(300)
    expect(voter()).toMatchObject(ANSWER)
    faulty(OVER_VOTER)
    await held.pass(600_000)
    expect(voter()).toMatchObject(RESTS)
  })

  it.each([
    ['all were watched', []],
    ['it was not watched', ['voter']],
    ['neither it nor its node was', ['voter', 'hung']],
    ['nothing was watched', ['voter', 'hung', 'well']],
  ] as const)('is asked at once when Asterisk was restarted while %s', async (_when, left) => {
    for (const who of left) leaves[who]()
    await held.pass(61_000)
    faulty()
    held.asterisk.proxy.cut()
    await held.pass(2_000)
    await lookAgain()
    expect(voter()).toMatchObject(ANSWER)
  })

  it.each([
    ['it', ['voter']],
    ['it and its node', ['voter', 'hung']],
  ] as const)('stays left alone when, for a while, nobody watched %s', async (_what, left) => {
    for (const who of left) leaves[who]()
    await held.pass(61_000)
    const before = said()
    await lookAgain()
    expect(voter()).toMatchObject(RESTS)
    expect(await upShare(WELL, 30)).toBe(1)
    expect(count(/Action: VoterStatus\r/g, before)).toBe(0)
  })
})

describe('where all nodes hang it is Asterisk that does: none is left alone', () => {
  it('when it answers again', async () => {
    await bothWatched()
    faulty(ALL)
    await held.pass(60_000)
    faulty()
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(3_700)
  })

  it('nor one that nobody watched at that moment', async () => {
    await twoNodes()
    house().watch(WELL)
    const leave = house().watch(HUNG)
    await held.passUntil(bothUp, 'both up', 100)
    faulty(ALL)
    await held.pass(120_000)
    leave()
    await held.passUntil(() => state(HUNG).reach === 'unknown', 'not watched any more', 61_000)
    faulty()
    await held.passUntil(() => isUp(WELL), 'the other is back', 3_700)
    house().watch(HUNG)
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(100)
  })

  it('nor one beside which somebody opens another just then', async () => {
    await twoNodes()
    house().watch(HUNG)
    await held.passUntil(() => isUp(HUNG), 'up', 100)
    faulty(ALL)
    await held.pass(300_000)
    house().watch(WELL)
    faulty()
    expect(await held.passUntil(bothUp, 'back')).toBeLessThanOrEqual(3_700)
  })

  it('and one that hangs of its own is found beside others that are asked after it', async () => {
    await twoNodes()
    faulty(OVER_XSTAT)
    // Asked first in each session, until it is known that this ends them.
    for (const node of [HUNG, WELL]) house().watch(node)
    await held.pass(30_000)
    const before = said()
    expect(await upShare(WELL, 30)).toBe(1)
    expect(polls(before)).toBe(0)
  })
})

it('one that is slow keeps its session while somebody looks at a voter that it does not have', async () => {
  await bothWatched()
  held.asterisk.fake.setKnobs({ replyDelayMs: 1_200, voterReplyEmpty: true })
  voters.watch(HUNG)
  await held.pass(20_000)
  expect(voters.feed(HUNG)?.state).toMatchObject({ reach: 'down', reachReason: { code: 'no-voter' } })
  expect(await upShare(HUNG, 300)).toBe(1)
})
