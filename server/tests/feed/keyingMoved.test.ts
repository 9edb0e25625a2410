import { expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { keyingMoved } from '../../src/feed/keyingMoved.ts'

const node = (fields: Partial<NodeState>): NodeState => ({ ...EMPTY_NODE, reach: 'up', rx: false, tx: false, ...fields })
const linked = (fields: Partial<LinkState>) => node({ links: { 2000: { ...EMPTY_LINK, mode: 'transceive', keyed: false, lastKeyedAt: 1_000, ...fields } } })

it.each<[string, NodeState, NodeState, boolean]>([
  ['the receiver', node({}), node({ rx: true }), true],
  ['the transmitter', node({ tx: true }), node({}), true],
  ['a link', linked({}), linked({ keyed: true }), true],
  ['a whole over of a link between two polls', linked({}), linked({ lastKeyedAt: 9_000 }), true],
  ['nothing', linked({}), linked({}), false],
  ['what was not known before', node({ rx: null }), node({ rx: true }), false],
  ['a link that is new', node({}), linked({ keyed: true }), false],
  ['a local monitor, of which no event ever tells', linked({ mode: 'local-monitor' }), linked({ mode: 'local-monitor', keyed: true }), false],
])('%s', (_what, was, is, moved) => {
  expect(keyingMoved(was, is)).toBe(moved)
})
