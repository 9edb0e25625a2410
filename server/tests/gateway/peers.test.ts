/** Who may see where links come from, and who may not: one state in two sights, each with an epoch of its own. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Position } from '../../../protocol/frames.ts'
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import { v2 } from '../../src/gateway/dialects.ts'
import type { Encoded } from '../../src/gateway/encoded.ts'
import { Hub } from '../../src/gateway/hub.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { Viewer } from '../../src/gateway/viewer.ts'
import { ManualClock } from '../support/manualClock.ts'

const NODE = '546051'
const ADDRESS = '192.0.2.7'

describe('T-3 a viewer that may see addresses, beside one that may not', () => {
  let clock: ManualClock
  let feed: NodeFeed
  let hub: Hub

  beforeEach(() => {
    clock = new ManualClock()
    feed = new NodeFeed(NODE, 'e1', clock.now())
    hub = new Hub(feed, () => clock.now())
    feed.update({ ...feed.state, links: { '48752': { ...EMPTY_LINK, peer: ADDRESS } } }, clock.now())
  })

  function seat(maySeePeers: () => boolean, { node = NODE, held = null }: { node?: string | null; held?: Position | null } = {}) {
    const sent: Encoded[] = []
    const viewer = new Viewer({
      house: { clock, version: '1', beatMs: 20_000, limits: DEFAULT_LIMITS, isHere: () => true, enter: () => ({ hub, leave: () => undefined }) },
      wire: { send: (message) => { sent.push(message) }, buffered: () => 0, close: () => undefined },
      dialect: v2, guest: { mayWatch: () => true, maySeePeers, signedIn: true, stays: () => undefined }, node, held,
    })
    const frames = () => sent.flatMap(({ text }) => {
      const frame = JSON.parse(text) as Record<string, unknown>
      return frame['type'] === 'batch' ? (frame['frames'] as Record<string, unknown>[]) : [frame]
    })
    return { viewer, sent, frames, last: () => frames().at(-1) }
  }
  const [sees, blind] = [() => true, () => false]
  const key = () => { feed.update({ ...feed.state, rx: feed.state.rx !== true }, clock.now()) }
  const moment = () => new Promise<void>((resolve) => { queueMicrotask(resolve) })

  it('is told another epoch, in every frame, on its own socket and on the shared one', async () => {
    const seats = [sees, blind].flatMap((may) => [seat(may), seat(may, { node: null })])
    for (const { viewer } of seats) viewer.receive(JSON.stringify({ type: 'subscribe', nodes: [{ node: NODE }] }))
    key()
    await moment()
    clock.advance(20_000)
    for (const { viewer } of seats) viewer.beat()
    await moment()
    const epochs = seats.map(({ frames }) =>
      frames().flatMap(({ epoch, nodes }) => (epoch as string | undefined) ?? (nodes as Record<string, Position> | undefined)?.[NODE]?.epoch ?? []))
    expect(epochs).toEqual(['e1.p', 'e1.p', 'e1', 'e1'].map((epoch) => [epoch, epoch, epoch]))
  })

  it('S-4 is told "current" only for the epoch that it is told', () => {
    const answers = (epoch: string) => [sees, blind].map((may) => seat(may, { held: { epoch, seq: 1 } }).last())
    expect(answers('e1')).toMatchObject([{ type: 'snapshot', epoch: 'e1.p', seq: 1 }, { type: 'current', epoch: 'e1', seq: 1 }])
    expect(answers('e1.p')).toMatchObject([{ type: 'current', epoch: 'e1.p', seq: 1 }, { type: 'snapshot', epoch: 'e1', seq: 1 }])
  })

  it('S-3 shares its bytes with all of its kind: two encodings of a change and of a beat', () => {
    let encoded = 0
    const { change } = v2
    const counted = { ...v2, change: (...args: Parameters<typeof change>) => { encoded += 1; return change(...args) } }
    const kinds = [sees, blind].map((may) => [seat(may), seat(may)] as const)
    for (const seesPeers of [true, false, false, true]) {
      hub.join({ dialect: counted, seesPeers, send: () => undefined, buffered: () => 0, takeSnapshot: () => true, close: () => undefined })
    }
    key()
    expect(encoded).toBe(2)
    clock.advance(20_000)
    for (const { viewer } of kinds.flat()) viewer.beat()
    for (const [one, other] of kinds) {
      expect(one.frames().map(({ type }) => type)).toEqual(['hello', 'snapshot', 'patch', 'beat'])
      for (const at of [2, 3]) expect(one.sent[at]?.frame).toBe(other.sent[at]?.frame)
    }
    const [mine, theirs] = kinds.map(([one]) => one.sent.slice(2).map(({ text }) => text))
    expect(mine?.map((text) => text.replace('"e1.p"', '"e1"'))).toEqual(theirs)
  })

  it('S-3 is told that a link is gone by the very change that tells of an address', () => {
    feed.update({ ...feed.state, links: { ...feed.state.links, '48753': EMPTY_LINK } }, clock.now())
    const seats = [sees, blind].map((may) => seat(may))
    feed.update({ ...feed.state, links: { '48753': { ...EMPTY_LINK, peer: ADDRESS } } }, clock.now())
    expect(seats.map(({ last }) => last()?.['patch'])).toEqual([{ links: { '48752': null, '48753': { peer: ADDRESS } } }, { links: { '48752': null } }])
  })

  it.each([[false, true], [true, false]])('is greeted by the right that it has once there is anything to tell (%s, then %s)', (before, after) => {
    let may = before
    const { state, at } = feed
    feed.await()
    const { viewer, frames, last } = seat(() => may, { held: { epoch: before ? 'e1.p' : 'e1', seq: 1 } })
    may = after
    viewer.recheck()
    expect(frames()).toHaveLength(1)
    feed.adopt({ epoch: 'e1', seq: 1, at, state })
    expect(last()).toMatchObject({ type: 'snapshot', epoch: after ? 'e1.p' : 'e1' })
    expect(JSON.stringify(last()).includes(ADDRESS)).toBe(after)
  })
})
