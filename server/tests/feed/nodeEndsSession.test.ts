/** One Asterisk of two or three nodes ends the session whenever it is asked for some of them, in held time over real sockets. */
import { afterEach, describe, expect, it } from 'vitest'
import type { FeedHouse } from '../../src/feed/feedHouse.ts'
import type { Fault } from '../../src/fake-asterisk/knobs.ts'
import { HeldTime } from '../support/heldTime.ts'

/** HeldTime has the first; the order is that of the configuration. */
const NODES = ['546051', '546055', '546056']
const CUT_ONCE: Fault = { kind: 'cut', command: 'XStat', node: '546051', times: 1 }

let held: HeldTime
afterEach(() => held.close())

const house = (): FeedHouse => held.house
const state = (node: string) => house().feed(node)!.state
const isUp = (node: string) => state(node).reach === 'up'
const are = (...remoteBases: string[]) => { held.asterisk.fake.setKnobs({ remoteBases }) }
const count = (what: RegExp, before = '') => held.asterisk.proxy.said.slice(before.length).match(what)?.length ?? 0

async function watched(nodes: readonly string[], ...remoteBases: string[]): Promise<void> {
  held = await HeldTime.start({ asterisk: { nodes, links: 1 } })
  are(...remoteBases)
  house().configure(nodes.map((id) => ({ id, hostKey: 'first' })))
  for (const node of nodes) house().watch(node)
}
/** Of the next `seconds`, those in which the node is up, as a share. */
async function upShare(node: string, seconds: number): Promise<number> {
  let up = 0
  for (let i = 0; i < seconds * 4; i += 1) {
    await held.pass(250)
    if (isUp(node)) up += 0.25
  }
  return up / seconds
}

describe('a node whose XStat ends the session', () => {
  it.each([
    ['the first of two', NODES.slice(0, 2), ['546051'], '546055'],
    ['the last of two', NODES.slice(0, 2), ['546055'], '546051'],
    ['two of three', NODES, ['546051', '546056'], '546055'],
  ] as const)('leaves its neighbour up: %s', async (_which, nodes, bases, well) => {
    await watched(nodes, ...bases)
    // Until it is known which they are, each session is over at once, and the next one begins 1.5 s later.
    expect(await upShare(well, 60)).toBeGreaterThan(0.85)
    expect(await upShare(well, 240)).toBeGreaterThan(0.98)
  }, 60_000)

  it('is told as such: to who watches, and once to the operator', async () => {
    await watched(NODES.slice(0, 2), '546051')
    await held.pass(30_000)
    const reachReason = { code: 'node-ends-session', message: expect.stringMatching(/ends the session.*remote base/) as string }
    expect(state('546051')).toMatchObject({ reach: 'down', rx: null, reachReason })
    expect(held.warned).toEqual([{ node: '546051', message: expect.stringMatching(/ends the session.*allmon\.ini/) as string }])
  })

  it('is asked less and less often, and every 5 minutes in the end', async () => {
    await watched(NODES.slice(0, 2), '546051')
    await held.pass(900_000)
    const before = held.asterisk.proxy.said
    expect(await upShare('546055', 900)).toBeGreaterThan(0.99)
    expect(count(/Action: Login\r/gi, before)).toBe(3)
    expect(held.warned).toHaveLength(1)
  })

  it('comes back by itself when it has started', async () => {
    await watched(NODES.slice(0, 2), '546051')
    await held.pass(30_000)
    expect([isUp('546051'), isUp('546055')]).toEqual([false, true])
    are()
    expect(await held.passUntil(() => isUp('546051'), 'back')).toBeLessThanOrEqual(60_000)
    // Once after that is the first time again.
    held.asterisk.fake.setKnobs({ faults: [CUT_ONCE] })
    await held.passUntil(() => !isUp('546051'), 'cut off once')
    expect(await held.passUntil(() => isUp('546051'), 'back again')).toBeLessThanOrEqual(2_000)
  })

  it('is asked at once when it tells of its receiver: that comes only of a node that has started, and never of a remote base', async () => {
    await watched(NODES.slice(0, 2), '546051')
    await held.pass(1_200_000)
    are()
    await held.asterisk.fake.key({ node: '546051', on: true })
    expect(await held.passUntil(() => isUp('546051'), 'up')).toBeLessThanOrEqual(2_000)
    expect(state('546051').rx).toBe(true)
  }, 60_000)

  it('is believed that once, until it is answered: who puts such events into the stream costs its neighbour no more than two sessions', async () => {
    await watched(NODES.slice(0, 2), '546051')
    await held.pass(1_200_000)
    const before = held.asterisk.proxy.said
    for (let i = 0; i < 120; i += 1) {
      held.asterisk.proxy.inject(`Event: RPT_RXKEYED\r\nPrivilege: call,all\r\nNode: 546051\r\nChannel: x\r\nEventValue: ${i % 2}\r\n\r\n`)
      await held.pass(1_000)
    }
    expect(count(/Action: Login\r/gi, before)).toBeLessThanOrEqual(3)
    expect(isUp('546055')).toBe(true)
  }, 60_000)

  it('is asked at once when Asterisk was restarted', async () => {
    await watched(NODES.slice(0, 2), '546051')
    await held.pass(30_000)
    are()
    held.asterisk.proxy.cut()
    expect(await held.passUntil(() => NODES.slice(0, 2).every(isUp), 'both up')).toBeLessThanOrEqual(2_000)
  })

  it('that nobody watches another of is asked as any', async () => {
    await watched(NODES.slice(0, 1), '546051')
    await held.pass(30_000)
    expect(state('546051')).toMatchObject({ reach: 'down', reachReason: { code: 'ami-closed' } })
    are()
    expect(await held.passUntil(() => isUp('546051'), 'up')).toBeLessThanOrEqual(2_000)
    expect(held.warned).toEqual([])
  })
})
