import { expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { keyingMoved } from '../../src/feed/keyingMoved.ts'

const node = (fields: Partial<NodeState>): NodeState => ({ ...EMPTY_NODE, reach: 'up', rx: false, tx: false, ...fields })
const linked = (fields: Partial<LinkState>) => node({ links: { 2000: { ...EMPTY_LINK, state: 'established', mode: 'transceive', keyed: false, lastKeyedAt: 1_000, ...fields } } })

it.each<[string, NodeState, NodeState, string[]]>([
  ['the receiver', node({}), node({ rx: true }), ['rxkeyed']],
  ['the transmitter', node({ tx: true }), node({}), ['txkeyed']],
  ['a link', linked({}), linked({ keyed: true }), ['alinks']],
  ['a whole over of a link between two polls', linked({}), linked({ lastKeyedAt: 9_000 }), ['alinks']],
  ['all at once', linked({}), { ...linked({ keyed: true }), rx: true, tx: true }, ['rxkeyed', 'txkeyed', 'alinks']],
  ['nothing', linked({}), linked({}), []],
  ['what was not known before', node({ rx: null }), node({ rx: true }), []],
  ['a link that is new', node({}), linked({ keyed: true }), []],
  ['a local monitor, of which no event ever tells', linked({ mode: 'local-monitor' }), linked({ mode: 'local-monitor', keyed: true }), []],
  ['a link that is called again, which ends its key without an event', linked({ keyed: true }), linked({ state: 'connecting', mode: null }), []],
  ['one that was called and answered between two polls', linked({ keyed: true }), linked({ reconnects: 1 }), []],
])('%s', (_what, was, is, moved) => {
  expect(keyingMoved(was, is)).toEqual(moved)
})
