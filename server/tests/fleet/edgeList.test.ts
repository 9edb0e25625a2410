/** What a front makes of an edge's list of nodes, as the edge tells it of its allmon.ini and as others might. */
import { describe, expect, it } from 'vitest'
import { parseAllmonIni } from '../../src/config/allmonIni.ts'
import type { Broker, BrokerMessage } from '../../src/fleet/broker.ts'
import { EdgeListener } from '../../src/fleet/edgeListener.ts'
import { edgeNodesSchema, readMessage } from '../../src/fleet/messages.ts'
import { nodesTopic } from '../../src/fleet/topics.ts'
import { publicNode } from '../../src/http/nodes.ts'
import { ManualClock } from '../support/manualClock.ts'

const LONG = 'x'.repeat(300)
const node = (id: string, more: object = {}) => ({
  id, callsign: null, description: null, location: null, system: 'Nodes', menu: true, hideNodeURL: false, listenlive: null, archive: null, lsnodes: null, ...more,
})
const list = (...nodes: object[]) => JSON.stringify({ since: 1, nodes })

describe('a list of nodes', () => {
  it('is read whatever an edge takes from its own files', () => {
    const url = 'https://audio.example/listen?'.padEnd(2_000, 'a')
    const urls = ['listenlive', 'archive', 'lsnodes'].map((key) => `${key}=${url}`).join('\n')
    const { nodes } = parseAllmonIni(`[${'5'.repeat(40)}]\nhost=a\nsystem=${LONG}\n${urls}\n[546055]\nhost=a\n`)
    const named = { callsign: 'W'.repeat(200), description: 'é'.repeat(200), location: '🛰'.repeat(100) }
    const told = nodes.map((each) => publicNode(each, () => named))
    expect(readMessage(edgeNodesSchema, list(...told))?.nodes).toEqual(told)
  })

  it('lacks what cannot be read of one node, and no node', () => {
    const odd = { callsign: LONG, description: 7, location: LONG, listenlive: 'x'.repeat(2_001), archive: {}, lsnodes: true }
    expect(readMessage(edgeNodesSchema, list(node('546051', odd), node('546055')))?.nodes).toEqual([node('546051'), node('546055')])
    const { archive: _without, ...older } = node('546051')
    expect(readMessage(edgeNodesSchema, list(older))?.nodes).toEqual([node('546051')])
  })
})

it('a list that cannot be read is told once, with what to do, until one can', () => {
  const listeners = new Map<string, (message: BrokerMessage) => void>()
  const broker = { subscribe: (filter: string, listener: (message: BrokerMessage) => void) => { listeners.set(filter, listener); return () => undefined } } as unknown as Broker
  const warnings: [object, string][] = []
  const edges = new EdgeListener({
    broker, clock: new ManualClock(), onChange: () => undefined, onBeat: () => undefined, warn: (fields, message) => { warnings.push([fields, message]) },
  })
  const say = (edge: string, payload: string) => listeners.get(nodesTopic('+'))?.({ topic: nodesTopic(edge), payload } as BrokerMessage)
  say('shack', list(node('546051')))
  for (const bad of ['[', list({ id: '546051' }), list({ id: '' })]) say('shack', bad)
  expect(edges.book.edge('shack')?.nodes.map(({ id }) => id)).toEqual(['546051'])
  expect(warnings).toEqual([[{ edge: 'shack' }, expect.stringMatching(/^The list of nodes of edge shack cannot be read.* Run the same version there and here, with no more than 2000 nodes there\.$/)]])
  say('attic', '[')
  expect(warnings.map(([fields]) => fields)).toEqual([{ edge: 'shack' }, { edge: 'attic' }])
  say('shack', list(node('546051')))
  say('shack', '[')
  expect(warnings).toHaveLength(3)
  edges.dispose()
})
