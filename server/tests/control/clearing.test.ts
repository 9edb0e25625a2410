/** Ending all links of a node at once: what the state says before and after. */
import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
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

describe('after it', () => {
  const was = linked({ '48752': 1_000, '27225': 2_000, 'W1AW-P': 3_000 })

  it('is done when none of the links that were there is left', () => {
    expect(afterClearing(was, linked({ '48752': 1_000 }), ORDER)).toMatchObject({ outcome: 'waiting', code: 'still-linked', message: '546051 was asked to disconnect all, and is still linked to 48752.' })
    expect(afterClearing(was, linked({}), ORDER)).toEqual({ outcome: 'done', code: 'all-disconnected', message: 'All links of 546051 are disconnected.' })
    expect(afterClearing(was, linked({ 'W1AW-P': 3_000 }), ORDER)).toMatchObject({ outcome: 'done', message: expect.stringContaining('not disconnected by it: W1AW-P.') as string })
  })

  it('is done although somebody has called again since', () => {
    expect(afterClearing(was, linked({ '48752': 9_000, '2000': 9_500 }), ORDER)).toMatchObject({ outcome: 'done', code: 'all-disconnected' })
  })

  it('names a few of those that are left and counts the rest', () => {
    const many = linked(Object.fromEntries(Array.from({ length: 8 }, (_, i) => [String(27_225 + i), 1])))
    expect(afterClearing(many, many, ORDER).message).toContain('27225, 27226, 27227, 27228, 27229 and 3 more.')
  })
})
