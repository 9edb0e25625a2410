/** Ending all links of a node at once: what the state says before and after. */
import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { afterClearing, beforeClearing } from '../../src/control/clearing.ts'

const ORDER = { action: 'disconnect-all', node: '546051' } as const
/** Links by name, with the beginning of their connection. */
const linked = (links: Record<string, number>): NodeState => ({
  ...EMPTY_NODE,
  reach: 'up',
  links: Object.fromEntries(Object.entries(links).map(([name, connectedSince]) => [name, { ...EMPTY_LINK, state: 'established' as const, connectedSince }])),
})

describe('before all links are ended', () => {
  it('a node without links needs no command, and one with links does', () => {
    expect(beforeClearing(linked({}), ORDER)).toEqual({ outcome: 'done', code: 'no-links', message: '546051 has no links.' })
    expect(beforeClearing(linked({ '48752': 1 }), ORDER)).toBeNull()
  })

  it('clients alone are told, as app_rpt ends none of them', () => {
    expect(beforeClearing(linked({ 'W1AW-P': 1, W5GLE: 1 }), ORDER)).toMatchObject({
      outcome: 'done', message: '546051 has no links. Clients are not disconnected by it: W1AW-P, W5GLE.',
    })
  })
})

/** When it was sent. */
const SENT = 5_000
const after = (was: NodeState, state: NodeState) => afterClearing(was, state, ORDER, SENT)

describe('after it', () => {
  const was = linked({ '48752': 1_000, '27225': 2_000, 'W1AW-P': 3_000 })

  it('is done when none of the links that were there is left', () => {
    expect(after(was, linked({ '48752': 1_000 }))).toMatchObject({ outcome: 'waiting', code: 'still-linked', message: '546051 was asked to disconnect all, and is still linked to 48752.' })
    expect(after(was, linked({}))).toEqual({ outcome: 'done', code: 'all-disconnected', message: 'All links of 546051 are disconnected.' })
    expect(after(was, linked({ 'W1AW-P': 3_000 }))).toMatchObject({ outcome: 'done', message: expect.stringContaining('not disconnected by it: W1AW-P.') as string })
  })

  it('is done although somebody has called again since', () => {
    expect(after(was, linked({ '48752': 9_000, '2000': 9_500 }))).toMatchObject({ outcome: 'done', code: 'all-disconnected' })
  })

  it.each<[string, Partial<LinkState>, Partial<LinkState>]>([
    ['is dropped and will be dialled again', {}, { state: 'connecting', connectedSince: SENT + 500 }],
    ['was dropped and dialled again', { reconnects: 1 }, { reconnects: 2, connectedSince: SENT + 500 }],
    ['was being called, and goes on', { state: 'connecting' }, { state: 'connecting', connectedSince: SENT + 500 }],
    ['was being called, and was answered', { state: 'connecting' }, { connectedSince: SENT + 500 }],
    ['tells nonsense of its time', {}, { connectedSince: null }],
    ['told nonsense of its time', { connectedSince: null }, {}],
    ['counts its time slowly', {}, { connectedSince: SENT - 1 }],
  ])('is not done while a link is there that %s', (_what, before, now) => {
    const one = (link: Partial<LinkState>): NodeState => ({
      ...EMPTY_NODE, reach: 'up', links: { '48752': { ...EMPTY_LINK, state: 'established', connectedSince: 1_000, ...link } },
    })
    expect(after(one(before), one(now))).toMatchObject({ outcome: 'waiting', code: 'still-linked' })
  })

  it('names a few of those that are left and counts the rest', () => {
    const many = linked(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [String(27_225 + i), 1])))
    expect(after(many, many).message).toContain('27225, 27226, 27227, 27228, 27229 and 3 more.')
  })
})
