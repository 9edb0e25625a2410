import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { parseAlinks } from '../../src/ami/links.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { applyEvent } from '../../src/feed/applyEvent.ts'
import { keysMeanwhile } from '../../src/feed/heardMeanwhile.ts'
import { reconcile, reconcileKeys } from '../../src/feed/reconcile.ts'
import { message, replyTo, understood } from '../ami/wire.ts'

/** Any moment, ms. */
const T = 1_800_000_000_000
const s = (seconds: number) => T + seconds * 1_000
const NOBODY = () => null

const saw = (line: string) => understood(parseSawStat(message('Response: Success', 'ActionID: 1', 'Node: 1999', `Conn: ${line}`)))
const xstat = understood(
  parseXStat(
    message(
      'Response: Success', 'ActionID: 1', 'Node: 1999',
      'Conn: 2000      203.0.113.20        0           OUT        01:00:00            ESTABLISHED         ',
      'LinkedNodes: T2000', 'Var: RPT_RXKEYED=0', 'Var: RPT_TXKEYED=0',
    ),
  ),
)

function node(link: Partial<LinkState>): NodeState {
  return { ...EMPTY_NODE, reach: 'up', rx: false, tx: false, links: { 2000: { ...EMPTY_LINK, state: 'established', mode: 'transceive', ...link } } }
}
function event(state: NodeState, alinks: string, now: number): NodeState {
  return applyEvent(state, { kind: 'alinks', node: '1999', links: parseAlinks(alinks) ?? [] }, NOBODY, new Map(), now).state
}

describe.each([
  ['whole', (state: NodeState, line: string, now: number) => reconcile(state, { xstat, sawstat: saw(line) }, NOBODY, new Map(), now)],
  ['of keys', (state: NodeState, line: string, now: number) => reconcileKeys(state, saw(line), now)],
])('the end of an over, a poll that is %s', (_kind, poll) => {
  // Ten minutes ago 2000 talked for 10 s.
  const before = node({ keyed: false, lastKeyedAt: s(-610), lastUnkeyedAt: s(-600) })
  const talking = event(before, '1,2000TK', T)
  const ends = (state: NodeState) => [state.links['2000']?.lastKeyedAt, state.links['2000']?.lastUnkeyedAt]

  it('T-2 does not go back to that of the one before where an event told it and app_rpt found it by timeout', () => {
    const cutOff = event(talking, '1,2000TU', s(180))
    const polled = poll(cutOff, '2000 0 185 785', s(185))
    expect(ends(polled)).toEqual([T, s(180)])
    // It stays so while the next one runs, and until that has ended.
    const again = event(polled, '1,2000TK', s(200))
    expect(ends(poll(again, '2000 1 3 803', s(203)))).toEqual([s(200), s(180)])
    expect(ends(poll(event(again, '1,2000TU', s(210)), '2000 0 15 5', s(215)))).toEqual([s(200), s(210)])
  })

  it('nor where the poll itself found it', () => {
    expect(ends(poll(talking, '2000 0 185 785', s(185)))).toEqual([T, s(185)])
  })

  it('nor where the over before had ended a moment before this one began', () => {
    const quick = event(event(node({ keyed: false, lastKeyedAt: s(-9), lastUnkeyedAt: s(-1) }), '1,2000TK', T), '1,2000TU', s(180))
    expect(ends(poll(quick, '2000 0 185 186', s(185)))).toEqual([T, s(180)])
  })

  it('nor where app_rpt forgot the beginning, as it does when a link is made again', () => {
    const cutOff = event(talking, '1,2000TU', s(180))
    expect(ends(poll(cutOff, '2000 0 -1 785', s(185)))).toEqual([T, s(180)])
  })

  it('is put right where the poll found it late', () => {
    // As captured: keyed for 2 s; 7 s later "1997 0 9 5".
    const keyed = poll(node({ keyed: false }), '2000 1 2 -1', T)
    expect(ends(keyed)).toEqual([T, null])
    expect(ends(poll(keyed, '2000 0 9 5', s(7)))).toEqual([T, s(2)])
  })

  it('is that of the one before where none later is known', () => {
    expect(ends(poll(node({ keyed: null }), '2000 1 3 40', T))).toEqual([s(-3), s(-40)])
    expect(ends(poll(node({ keyed: null }), '2000 0 185 785', T))).toEqual([s(-185), s(-785)])
    // Two overs that nobody here has seen.
    expect(ends(poll(before, '2000 1 3 40', T))).toEqual([s(-3), s(-40)])
  })
})

it('an answer that is older than an event of links still tells the key of a local monitor, of which no event does', () => {
  const keyedBy = (mode: LinkState['mode']) => keysMeanwhile(saw('2000 1 3 803'), node({ mode, keyed: false }), new Set(['alinks'])).links[0]?.keyed
  expect([keyedBy('transceive'), keyedBy('local-monitor')]).toEqual([false, true])
})

it('a link of which SawStat does not tell is known to stand, and not whether it talks', () => {
  // Behind a caller whose name has an empty line in it: what comes after that is lost.
  const cut = understood(parseSawStat(message('Response: Success', 'Node: 1999', 'Conn: KG5')))
  const { links } = reconcile(node({ keyed: true, lastKeyedAt: T }), { xstat, sawstat: cut }, NOBODY, new Map(), s(60))
  expect(links['2000']).toMatchObject({ state: 'established', keyed: null, lastKeyedAt: T })
})

describe('since when a link has been called', () => {
  const polled = (state: NodeState, reply: AmiMessage, now: number) => reconcile(state, { xstat: understood(parseXStat(reply)), sawstat: saw('2000 0 -1 -1') }, NOBODY, new Map(), now)
  const since = (state: NodeState) => state.links['2000']?.connectedSince

  it('is now as it begins, where app_rpt before 3.10.0 tells how long the machine has been up', () => {
    let state = EMPTY_NODE
    const told = [['2', 0], ['3', 1], ['6', 15], ['7', 15.05], ['9', 17]] as const
    expect(told.map(([actionId, seconds]) => {
      state = polled(state, replyTo('64-redial-before-3.10.0.txt', actionId), s(seconds))
      return since(state)
    })).toEqual([s(-2), s(1), s(15), s(15), s(15)])
  })

  it('is put right once it stands, earlier too: an answer may have come late', () => {
    const stands = (elapsed: string) => message('Response: Success', 'ActionID: 1', 'Node: 1999', `Conn: 2000      203.0.113.20        0           OUT        ${elapsed}            ESTABLISHED         `, 'LinkedNodes: T2000')
    const late = polled(EMPTY_NODE, stands('00:00:10'), s(15))
    expect(since(late)).toBe(s(5))
    expect(since(polled(late, stands('00:00:20'), s(20)))).toBe(T)
  })

  it('goes back by a little while it is called, after an answer that came late, and stays there', () => {
    const called = (elapsed: string) => message('Response: Success', 'ActionID: 1', 'Node: 1999', `Conn: 2000      203.0.113.20        0           OUT        ${elapsed}            CONNECTING          `, 'LinkedNodes: C2000')
    let state = EMPTY_NODE
    const told = [['00:00:00', 4], ['00:00:05', 5], ['00:00:06', 6], ['00:00:07', 7]] as const
    expect(told.map(([elapsed, seconds]) => {
      state = polled(state, called(elapsed), s(seconds))
      return since(state)
    })).toEqual([s(4), T, T, T])
  })

  it('may be before an event told of it', () => {
    const calling = message('Response: Success', 'ActionID: 1', 'Node: 1999', 'Conn: 2000      203.0.113.20        0           OUT        00:00:10            CONNECTING          ', 'LinkedNodes: C2000')
    expect(since(polled(event({ ...EMPTY_NODE, reach: 'up' }, '1,2000CU', T), calling, T))).toBe(s(-10))
  })
})
