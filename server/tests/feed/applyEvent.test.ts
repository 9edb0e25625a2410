import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { parseAlinks } from '../../src/ami/links.ts'
import { applyEvent } from '../../src/feed/applyEvent.ts'

/** Any moment, ms. */
const T = 1_800_000_000_000
const NOBODY = () => null

function node(link: Partial<LinkState>): NodeState {
  return { ...EMPTY_NODE, reach: 'up', rx: false, tx: false, links: { 2000: { ...EMPTY_LINK, keyed: false, ...link } } }
}
const told = (before: NodeState, alinks: string) =>
  applyEvent(before, { kind: 'alinks', node: '1999', links: parseAlinks(alinks) ?? [] }, NOBODY, new Map(), T)

describe('RPT_ALINKS with C, a link that is being called', () => {
  it.each(['transceive', 'monitor', 'local-monitor'] as const)('is polled where the link stood, as %s: it is dialled again', (mode) => {
    const { poll, state } = told(node({ state: 'established', mode, keyed: true }), '1,2000CU')
    expect(poll).toBe('whole')
    expect(state.links['2000']).toMatchObject({ keyed: false, lastUnkeyedAt: T })
  })

  it('is no news of one that was being called', () => {
    const before = node({ state: 'connecting', mode: null })
    expect(told(before, '1,2000CU')).toEqual({ state: before, poll: null })
  })
})

it('RPT_ALINKS without a link that is being called leaves it there: it may become a local monitor, which is never listed', () => {
  const before = node({ state: 'connecting', mode: null })
  expect(told(before, '')).toEqual({ state: before, poll: null })
  expect(told(before, '').state).toBe(before)
})

describe('RPT_ALINKS with T, and the link was being called', () => {
  const answered = (link: Partial<LinkState>, alinks = '1,2000TU') => told(node({ state: 'connecting', mode: null, direction: 'out', ...link }), alinks)

  it('is its answer', () => {
    expect(answered({ peer: '203.0.113.20' })).toMatchObject({ poll: 'whole', state: { links: { 2000: { state: 'established', mode: 'transceive' } } } })
    expect(answered({ direction: null }).state.links['2000']?.state).toBe('established')
    expect(answered({ kind: 'echolink' }).state.links['2000']?.state).toBe('established')
  })

  it('T-7 is none yet where it had no channel: app_rpt goes on listing one that was hung up soon after a late answer, and the poll tells', () => {
    const before = node({ state: 'connecting', mode: null, direction: 'out', peer: null })
    expect(told(before, '1,2000TU')).toEqual({ state: before, poll: 'whole' })
  })
})
