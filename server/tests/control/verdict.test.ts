import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkMode, LinkState, NodeState } from '../../../protocol/nodeState.ts'
import type { LinkAction } from '../../../protocol/actions.ts'
import type { LinkOrder } from '../../src/control/order.ts'
import { afterwards, beforehand, isCalling } from '../../src/control/verdict.ts'

const T = '48752'
const up = (link?: Partial<LinkState>, more: Partial<NodeState> = {}): NodeState => ({
  ...EMPTY_NODE, reach: 'up', links: link === undefined ? {} : { [T]: { ...EMPTY_LINK, ...link } }, ...more,
})
const linked = (mode: LinkMode | null, permanent: boolean | null = null) => up({ state: 'established', mode, permanent })
const ECHOLINK = { state: 'established', mode: 'monitor', kind: 'echolink', direction: 'out' } as const
/** By its name it could be a node. */
const TLB = { state: 'established', mode: 'monitor', kind: 'allstar', direction: 'out' } as const
const CALLED = { state: 'established', mode: 'transceive', direction: 'out', peer: '192.0.2.1' } as const
const HUNG_UP = { state: 'connecting', mode: null, direction: 'in', peer: null } as const
const CALLING = up({ state: 'connecting' })
const NOTHING = up()
const BEHIND = up(undefined, { indirect: { total: 1, more: false, nodes: { [T]: 'transceive' } } })
const order = (action: LinkAction, permanent = false): LinkOrder => ({ action, node: '546051', target: T, permanent })
const said = (verdict: { outcome: string; code: string } | null) => (verdict === null ? 'send' : `${verdict.outcome} ${verdict.code}`)

describe('before a command is sent', () => {
  it.each<[string, NodeState, LinkOrder, string]>([
    ['nothing there', NOTHING, order('connect'), 'send'],
    ['nothing there', NOTHING, order('connect', true), 'send'],
    ['connected', linked('transceive'), order('connect'), 'done already-linked'],
    ['connected', linked('transceive'), order('connect', true), 'refused not-made-permanent'],
    ['connected for ever', linked('transceive', true), order('connect', true), 'done already-linked'],
    ['connected', linked('transceive'), order('monitor'), 'send'],
    ['connected', linked('transceive'), order('local-monitor'), 'send'],
    ['monitored', linked('monitor'), order('monitor'), 'done already-linked'],
    ['monitored', linked('monitor'), order('connect'), 'send'],
    ['monitored', linked('monitor'), order('connect', true), 'send'],
    ['monitored over EchoLink', up(ECHOLINK), order('connect'), 'send'],
    ['monitored over EchoLink', up(ECHOLINK), order('connect', true), 'send'],
    ['monitored over EchoLink', up(ECHOLINK), order('monitor'), 'done already-linked'],
    ['monitored over EchoLink', up(ECHOLINK), order('monitor', true), 'done linked-not-permanent'],
    ['called by EchoLink', up({ ...ECHOLINK, direction: 'in' }), order('monitor', true), 'done linked-not-permanent'],
    ['being called over EchoLink', up({ ...ECHOLINK, state: 'connecting', mode: null }), order('connect', true), 'send'],
    ['monitored over TheLinkBox', up(TLB), order('connect', true), 'send'],
    ['monitored over TheLinkBox', up(TLB), order('monitor', true), 'done linked-not-permanent'],
    ['called by another', up({ ...CALLED, direction: 'in' }), order('connect', true), 'refused not-made-permanent'],
    ['called by another that has hung up', up(HUNG_UP), order('connect'), 'refused hung-up'],
    ['called by another that has hung up', up(HUNG_UP), order('connect', true), 'refused hung-up'],
    ['called by another that has hung up', up(HUNG_UP), order('local-monitor'), 'refused hung-up'],
    ['called by another that has hung up', up(HUNG_UP), order('disconnect'), 'send'],
    ['called, not for ever, and it has hung up: what rings over TheLinkBox looks the same', up({ ...HUNG_UP, direction: 'out', permanent: false }), order('connect'), 'send'],
    ['called, nobody knows whether for ever, and it has hung up', up({ ...HUNG_UP, direction: 'out' }), order('connect'), 'send'],
    ['called for ever, and it has hung up', up({ ...HUNG_UP, direction: 'out', permanent: true }), order('connect'), 'send'],
    ['ringing, not for ever', up({ ...HUNG_UP, direction: 'out', permanent: false, peer: '192.0.2.1' }), order('connect'), 'send'],
    ['ringing over EchoLink, not for ever', up({ ...HUNG_UP, direction: 'out', permanent: false, kind: 'echolink' }), order('connect'), 'send'],
    ['called by another', up({ ...CALLED, direction: 'in' }), order('monitor', true), 'send'],
    ['monitored locally', linked('local-monitor'), order('local-monitor'), 'done already-linked'],
    ['monitored locally', linked('local-monitor'), order('monitor'), 'send'],
    ['linked, nobody knows how', linked(null), order('connect'), 'send'],
    ['being called', CALLING, order('connect'), 'send'],
    ['being called', CALLING, order('connect', true), 'refused not-made-permanent'],
    ['being called, not for ever', up({ state: 'connecting', permanent: false }), order('monitor', true), 'refused not-made-permanent'],
    ['being called for ever', up({ state: 'connecting', permanent: true }), order('connect', true), 'send'],
    ['being called for ever', up({ state: 'connecting', permanent: true }), order('connect'), 'send'],
    ['behind another', BEHIND, order('connect'), 'refused linked-indirectly'],
    ['behind another', BEHIND, order('monitor'), 'refused linked-indirectly'],
    ['behind another', BEHIND, order('local-monitor', true), 'refused linked-indirectly'],
    ['behind another', BEHIND, order('disconnect'), 'refused linked-indirectly'],
    ['nothing there', NOTHING, order('disconnect'), 'refused not-linked'],
    ['connected', linked('transceive'), order('disconnect'), 'send'],
    ['monitored locally', linked('local-monitor'), order('disconnect'), 'send'],
    ['being called', CALLING, order('disconnect'), 'send'],
  ])('%s: %#', (_what, state, wish, expected) => {
    expect(said(beforehand(state, wish))).toBe(expected)
  })

  it('says what is in the way of a permanent link, and what to do', () => {
    const rest = 'already; asking again does not make that permanent: disconnect it first.'
    expect(beforehand(CALLING, order('connect', true))?.message).toBe(`48752 is being called by 546051 ${rest}`)
    expect(beforehand(linked('transceive'), order('connect', true))?.message).toBe(`48752 is linked to 546051 ${rest}`)
  })
})

describe('after a command was sent', () => {
  it.each<[string, NodeState, LinkOrder, boolean, string]>([
    ['nothing yet', NOTHING, order('connect'), false, 'waiting no-link-yet'],
    ['the call is gone', NOTHING, order('connect'), true, 'refused call-failed'],
    ['being called', CALLING, order('connect'), false, 'waiting being-called'],
    ['being called', CALLING, order('connect', true), true, 'waiting being-called'],
    ['connected', linked('transceive'), order('connect'), false, 'done linked'],
    ['connected for ever', up(CALLED), order('connect', true), true, 'done linked'],
    ['connected, which only an event told', linked('transceive'), order('connect', true), false, 'waiting linked'],
    ['monitored over EchoLink', up(ECHOLINK), order('monitor'), false, 'done linked'],
    ['monitored over EchoLink', up(ECHOLINK), order('monitor', true), false, 'done linked-not-permanent'],
    ['monitored over TheLinkBox', up(TLB), order('monitor'), false, 'done linked'],
    ['monitored over TheLinkBox', up(TLB), order('monitor', true), false, 'done linked-not-permanent'],
    ['connected', linked('transceive'), order('monitor'), true, 'waiting other-mode'],
    ['monitored', linked('monitor'), order('connect'), false, 'waiting other-mode'],
    ['monitored', linked('monitor'), order('monitor'), false, 'done linked'],
    ['monitored', linked('monitor'), order('local-monitor'), false, 'waiting other-mode'],
    ['monitored locally', linked('local-monitor'), order('local-monitor'), false, 'done linked'],
    ['linked, nobody knows how', linked(null), order('connect'), false, 'waiting other-mode'],
    ['behind another since', BEHIND, order('connect'), false, 'refused linked-indirectly'],
    ['gone', NOTHING, order('disconnect'), false, 'done disconnected'],
    ['gone, and behind another', BEHIND, order('disconnect'), false, 'done disconnected'],
    ['still there', linked('transceive'), order('disconnect'), false, 'waiting still-linked'],
    ['called again', CALLING, order('disconnect'), false, 'waiting still-linked'],
    ['called by another that has hung up', up(HUNG_UP), order('disconnect'), false, 'waiting still-linked'],
    ['called by another that has hung up meanwhile', up(HUNG_UP), order('connect'), false, 'waiting hung-up'],
  ])('%s: %#', (_what, state, wish, called, expected) => {
    expect(said(afterwards(state, wish, called))).toBe(expected)
  })

  it('waits for a call in another mode where there was one already, and says that no link came of it, whichever was made', () => {
    expect(afterwards(NOTHING, order('connect'), false, true)).toEqual({
      outcome: 'waiting', code: 'already-called', message: '48752 was already being called by 546051, and no link came up: try again.',
    })
    expect(said(afterwards(NOTHING, order('connect'), true, true))).toBe('refused call-failed')
    expect(said(afterwards(BEHIND, order('connect'), false, true))).toBe('refused linked-indirectly')
    expect(said(afterwards(CALLING, order('connect'), false, true))).toBe('waiting being-called')
    expect(said(afterwards(NOTHING, order('disconnect'), false, true))).toBe('done disconnected')
  })

  it('says what shows so far, in words', () => {
    expect(afterwards(CALLING, order('connect'), false).message).toBe('48752 is being called by 546051.')
    expect(afterwards(linked('monitor'), order('connect'), false).message).toBe('546051 was asked to connect to 48752, which is monitored now.')
    expect(afterwards(linked('local-monitor'), order('local-monitor'), false).message).toBe('546051 is monitoring 48752 locally.')
    expect(afterwards(NOTHING, order('monitor'), false).message).toMatch(/shows no link to it yet.*unknown/)
  })

  it('says why a link is not permanent, whenever it was made', () => {
    const rest = '48752, but not permanently: app_rpt redials links over IAX only, not over EchoLink or TheLinkBox.'
    expect(afterwards(up(ECHOLINK), order('monitor', true), false).message).toBe(`546051 is monitoring ${rest}`)
    expect(beforehand(up(TLB), order('monitor', true))?.message).toBe(`546051 was already monitoring ${rest}`)
    expect(afterwards(linked('transceive'), order('connect', true), false).message).toBe('546051 is connected to 48752, but does not show yet whether permanently.')
  })

  it('names the list that was cut short as a reason', () => {
    for (const indirect of [{ total: 1, more: true, nodes: { '27225': 'monitor' } }, { total: 300, more: false, nodes: {} }] as const) {
      expect(afterwards(up(undefined, { indirect }), order('connect'), false).message).toMatch(/list of those is incomplete/)
    }
    expect(afterwards(NOTHING, order('connect'), false).message).not.toMatch(/list of those is incomplete/)
  })
})

it('names that JavaScript knows are not links', () => {
  const wish = { ...order('disconnect'), target: 'constructor' }
  expect(said(beforehand(NOTHING, wish))).toBe('refused not-linked')
  expect(isCalling(NOTHING, wish)).toBe(false)
})
