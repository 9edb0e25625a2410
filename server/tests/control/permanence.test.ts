/** Whether a link is redialled for ever: known from the orders, kept while it is redialled, forgotten when it is another. */
import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkMode, LinkState, NodeState } from '../../../protocol/nodeState.ts'
import type { AdjacentLink } from '../../src/ami/links.ts'
import type { XStatConn } from '../../src/ami/xstat.ts'
import type { LinkOrder } from '../../src/control/order.ts'
import { withPermanence } from '../../src/control/permanence.ts'
import { beforehand } from '../../src/control/verdict.ts'
import { applyEvent } from '../../src/feed/applyEvent.ts'
import { keepModes } from '../../src/feed/lastMode.ts'
import { reconcile } from '../../src/feed/reconcile.ts'
import type { Poll } from '../../src/feed/reconcile.ts'

const T = '48752'
const NOW = 1_800_000_000_000
const up = (link: Partial<LinkState> | null): NodeState => ({
  ...EMPTY_NODE, reach: 'up',
  links: link === null ? {} : { [T]: { ...EMPTY_LINK, state: 'established', mode: 'transceive', direction: 'out', peer: '192.0.2.1', connectedSince: NOW - 60_000, ...link } },
})
const order = (permanent: boolean): LinkOrder => ({ action: 'connect', node: '546051', target: T, permanent })
const flag = (state: NodeState) => state.links[T]?.permanent

describe('an order whose link stands', () => {
  it('says whether that is permanent', () => {
    expect(flag(withPermanence(up({}), order(true), up(null)))).toBe(true)
    expect(flag(withPermanence(up({ permanent: true }), order(false), up({ permanent: true, mode: 'monitor' })))).toBe(false)
  })

  // app_rpt attempt_reconnect: "cannot apply to echolink", "cannot apply to tlb".
  it.each<[string, Partial<LinkState>]>([['EchoLink', { kind: 'echolink', peer: null }], ['TheLinkBox', { peer: null }]])(
    'never says of a link over %s that it is redialled for ever', (_what, over) => {
      for (const was of [up(null), up({ ...over, mode: 'monitor' }), up({ ...over, state: 'connecting', mode: null })]) {
        expect(flag(withPermanence(up(over), order(true), was))).toBe(false)
      }
    },
  )

  it('says nothing of one that is gone again', () => {
    const gone = up(null)
    expect(withPermanence(gone, order(true), gone)).toBe(gone)
  })

  it.each<[boolean | null, boolean, boolean | null]>([
    // Left as it was, or made anew if it was called in another mode: what both come to is said, and nothing else.
    [true, true, true], [true, false, null], [false, false, false], [null, false, null], [null, true, null],
  ])('is no news of a link that was being called before: %s, ordered %s', (permanent, ordered, told) => {
    const was = up({ state: 'connecting', mode: null, permanent })
    expect(flag(withPermanence(up({ permanent }), order(ordered), was))).toBe(told)
    // Answered in another mode, it was taken for somebody else's.
    expect(flag(withPermanence(up({ permanent: null }), order(ordered), was))).toBe(told)
  })
})

describe('a permanent link', () => {
  const conn = (over: Partial<XStatConn>): Poll => ({
    xstat: {
      node: '546051',
      conns: [{ name: T, peer: '192.0.2.7', reconnects: 0, direction: 'out', elapsedS: 60, state: 'established', mode: 'transceive', ...over }],
      linkedNodes: { nodes: [], more: false }, rxKeyed: false, txKeyed: false, vars: new Map(),
    } as unknown as Poll['xstat'],
    sawstat: { node: '546051', links: [], unreadConns: 0 },
  })
  const names = () => null
  const modesOf = ({ links }: NodeState) => {
    const modes = new Map<string, LinkMode>()
    keepModes(modes, links)
    return modes
  }
  const polled = (state: NodeState, over: Partial<XStatConn>, modes = modesOf(state)) => reconcile(state, conn(over), names, modes, NOW)
  const told = (state: NodeState, links: AdjacentLink[], modes = modesOf(state)) =>
    applyEvent(state, { kind: 'alinks', node: '546051', links }, names, modes, NOW)

  it('stays one while it is dropped and dialled again', () => {
    const talking = up({ permanent: true, keyed: true })
    const { state: dropped, poll } = told(talking, [])
    expect([poll, flag(dropped), dropped.links[T]?.keyed]).toEqual(['whole', true, false])
    const calling = polled(dropped, { state: 'connecting', mode: null, elapsedS: 0 })
    expect([flag(calling), calling.links[T]?.state]).toEqual([true, 'connecting'])
    expect(flag(polled(calling, { reconnects: 1, elapsedS: 0 }))).toBe(true)
  })

  it('is gone when the poll says so', () => {
    const { state } = told(up({ permanent: true }), [])
    const none = { ...conn({}), xstat: { ...conn({}).xstat, conns: [] } }
    expect(reconcile(state, none, names, modesOf(state), NOW).links).toEqual({})
  })

  it('made anew by somebody else is not known to be one', () => {
    expect(flag(polled(up({ permanent: true }), { elapsedS: 3 }))).toBeNull()
    expect(flag(polled(up({ permanent: true }), { elapsedS: 59 }))).toBe(true)
    expect(flag(polled(up({ permanent: true }), { elapsedS: 3, reconnects: 4 }))).toBe(true)
    // What redials have been is never taken back: a link with fewer of them is another one, also while it is being called.
    const redialled = up({ permanent: true, reconnects: 4 })
    expect(flag(polled(redialled, { elapsedS: 3, reconnects: 0 }))).toBeNull()
    expect(flag(polled(redialled, { elapsedS: 3, reconnects: 0, state: 'connecting', mode: null }))).toBeNull()
  })

  it.each([['out', 'in'], ['in', 'out']] as const)('that went %s is not known to be one when it goes %s: a call has taken its place, and counts as one redial more', (before, direction) => {
    const was = up({ permanent: true, direction: before })
    const taken = polled(was, { direction, elapsedS: 30, reconnects: 1 })
    expect([flag(taken), taken.links[T]?.direction]).toEqual([null, direction])
    expect(beforehand(taken, order(true))?.outcome).not.toBe('done')
    expect(flag(polled(was, { direction, elapsedS: 60 }))).toBeNull()
    expect(flag(polled(was, { direction: before, elapsedS: 30, reconnects: 1 }))).toBe(true)
  })

  // app_rpt rpt_link_connect goes on counting redials when it makes a link anew in another mode.
  it('made anew in another mode is not known to be one, be it by a poll or an event, and however long it was called', () => {
    const modes = modesOf(up({}))
    const called = (state: NodeState, elapsedS: number) => polled(state, { state: 'connecting', mode: null, elapsedS }, modes)
    const calling = called(called(up({ permanent: true }), 0), 1)
    const answered = (mode: LinkState['mode']) => flag(polled(calling, { mode, elapsedS: 2, reconnects: 1 }, modes))
    expect([answered('monitor'), answered('local-monitor'), answered('transceive')]).toEqual([null, null, true])
    expect(flag(polled(up({ permanent: true }), { mode: 'monitor', elapsedS: 2, reconnects: 1 }))).toBeNull()
    const keyed = (state: NodeState, mode: 'transceive' | 'monitor') =>
      polled(told(state, [{ name: T, mode, keyed: true }], modes).state, { mode, elapsedS: 2, reconnects: 1 }, modes)
    expect([flag(keyed(calling, 'monitor')), flag(keyed(calling, 'transceive'))]).toEqual([null, true])
    expect(flag(keyed(up({ permanent: true }), 'monitor'))).toBeNull()
    // Its key while it is called is no news of its mode.
    const { state: talked } = [true, false].reduce(({ state }, on) => told(state, [{ name: T, mode: 'connecting', keyed: on }], modes), { state: calling })
    expect(flag(polled(talked, { mode: 'monitor', elapsedS: 2, reconnects: 1 }, modes))).toBeNull()
  })

  it('over TheLinkBox is none from the poll on that shows it answered, however long it rang', () => {
    const ringing = withPermanence(polled(up(null), { state: 'connecting', mode: null, peer: null }), order(true), up(null))
    const still = polled(ringing, { state: 'connecting', mode: null, peer: null, elapsedS: 70 })
    expect([flag(ringing), flag(still)]).toEqual([true, true])
    const event = told(still, [{ name: T, mode: 'transceive', keyed: false }]).state
    for (const answered of [still, event]) {
      expect(flag(polled(answered, { peer: null, elapsedS: 71 }))).toBe(false)
      expect(flag(polled(answered, { elapsedS: 71 }))).toBe(true)
    }
    // As it is dropped, one over IAX has no channel for a moment, and is not told to be called yet.
    expect(flag(polled(up({ permanent: true }), { peer: null }))).toBe(true)
  })

  it('is none over EchoLink, which stays known when it takes another mode as it is', () => {
    expect(flag(polled(up({ permanent: false, kind: 'echolink' }), { mode: 'monitor' }))).toBe(false)
  })
})
