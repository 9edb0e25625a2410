/** What Home Assistant shows, out of a node's state. */
import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE, EMPTY_TELEMETRY } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { homeConfig, homeConfigTopic } from '../../src/fleet/homeDevice.ts'
import { celsius, homeValues, LastTalker } from '../../src/fleet/homeValues.ts'

const link = (fields: Partial<LinkState>): LinkState => ({ ...EMPTY_LINK, state: 'established', keyed: false, ...fields })
const node = (links: NodeState['links'], fields: Partial<NodeState> = {}): NodeState => ({ ...EMPTY_NODE, reach: 'up', rx: false, tx: false, links, ...fields })

it.each([
  ['42 C', 42],
  ['CPU: 42.5°C @ 12:30', 42.5],
  ['104°F', 40],
  ['104°F / 41°C', 41],
  ['99.5 deg F', 37.5],
  ['-3 °C', -3],
  ['72F, 22 Clear', 22.2],
  ['42', null],
  ['22 Clear', null],
  ['', null],
])('reads the temperature in %j', (text, expected) => {
  expect(celsius(text)).toBe(expected)
})

describe('values', () => {
  it('say that somebody talks, be it over the radio or a link, and how many links there are', () => {
    const links = { 2000: link({}), 546055: link({ state: 'connecting', keyed: null }) }
    expect(homeValues(node(links), null)).toMatchObject({ keyed: 'OFF', links: 2, reachable: 'ON' })
    expect(homeValues(node(links, { rx: true }), null).keyed).toBe('ON')
    expect(homeValues(node({ 2000: link({ keyed: true }) }), null).keyed).toBe('ON')
    // The transmitter's hang time is nobody's talk.
    expect(homeValues(node(links, { tx: true }), null).keyed).toBe('OFF')
    expect(homeValues(node(links, { rx: null }), null).keyed).toBeNull()
  })

  it('are not known while Asterisk does not answer, but for who talked last', () => {
    const telemetry = { ...EMPTY_TELEMETRY, cpuTemp: { text: '42 C', level: 'normal', url: null } } as const
    const gone = node({ 2000: link({}) }, { reach: 'down', rx: null, telemetry })
    expect(homeValues(gone, 'WB6NIL')).toEqual({ keyed: null, last_talker: 'WB6NIL', links: null, temperature: null, reachable: 'OFF' })
    expect(homeValues({ ...gone, reach: 'unknown' }, null).reachable).toBeNull()
  })
})

describe('the last talker', () => {
  const follow = (...states: readonly NodeState[]) => {
    const talker = new LastTalker()
    return states.map((state) => {
      talker.see(state)
      return talker.name
    })
  }

  it('is who talks, else who was heard last', () => {
    const nil = (fields: Partial<LinkState>) => link({ callsign: 'WB6NIL', ...fields })
    expect(follow(
      node({}),
      node({ 2000: nil({ lastKeyedAt: 10, lastUnkeyedAt: 20 }), 546055: link({ lastKeyedAt: 5, lastUnkeyedAt: 9 }) }),
      node({ 2000: nil({ lastKeyedAt: 10, lastUnkeyedAt: 20 }), 546055: link({ lastKeyedAt: 30, keyed: true }) }),
      node({ 2000: nil({ lastKeyedAt: 40, keyed: true }), 546055: link({ lastKeyedAt: 30, keyed: true }) }),
      node({ 2000: nil({ lastKeyedAt: 40, lastUnkeyedAt: 45 }), 546055: link({ lastKeyedAt: 30, keyed: true }) }),
      node({}, { rx: true, lastKeyedAt: 60 }),
    )).toEqual([null, 'WB6NIL', '546055', 'WB6NIL', '546055', 'Local receiver'])
  })

  it('is remembered when he leaves: the one before him has not talked again', () => {
    const before = { 2000: link({ lastKeyedAt: 10, lastUnkeyedAt: 20 }) }
    const both = { ...before, 546055: link({ lastKeyedAt: 30, lastUnkeyedAt: 31 }) }
    expect(follow(node(both), node(before), node({}))).toEqual(['546055', '546055', '546055'])
  })

  it('stays one line that every reader of JSON takes, whatever a radio calls itself', () => {
    const [name] = follow(node({ 2000: link({ callsign: `W1\n"{{ x }}\u0000\ud83d${'\u{1F399}'.repeat(80)}`, keyed: true, lastKeyedAt: 1 }) }))
    expect(name).toMatch(/^W1 "\{\{ x \}\} \u{1F399}+…$/u)
    expect(name).not.toMatch(/[\p{Cc}\p{Cs}]/u)
    expect([...(name ?? '')].length).toBeLessThan(110)
  })
})

describe('a device', () => {
  const config = (id: string, callsign: string | null, temperature = true) => JSON.parse(homeConfig({
    edge: 'shack', node: { id, callsign, description: null, location: null }, version: '1', temperature,
  })) as { device: { name: string; identifiers: string[] }; components: Record<string, Record<string, string>> }

  it('has names that Home Assistant takes, one for each node', () => {
    const topics = ['VE3ABC/W6-P', 'VE3ABC_2fW6-P', 'VE3ABC_W6-P', '546051'].map((id) => homeConfigTopic('homeassistant', 'club.attic', id))
    expect(new Set(topics).size).toBe(topics.length)
    // core/components/mqtt/discovery.py: what a discovery topic may be.
    for (const topic of topics) expect(topic).toMatch(/^homeassistant\/\w+\/[\w-]+\/[\w-]+\/config$/)
    const ids = ['VE3ABC/W6-P', 'VE3ABC_W6-P'].flatMap((id) => Object.values(config(id, null).components).map((each) => each.unique_id))
    expect(new Set(ids).size).toBe(10)
    expect(config('VE3ABC/W6-P', null).components.keyed?.default_entity_id).toBe('binary_sensor.node_ve3abc_w6_p_keyed')
  })

  it('has the same templates whatever the node is called, and no temperature it lacks', () => {
    const templates = (callsign: string) => Object.values(config('546051', callsign).components).map((each) => each.value_template)
    expect(templates('{{ states }}"}}')).toEqual(templates('WB6NIL'))
    expect(config('546051', 'O"H2 {{ 1 }} Łódź').device.name).toBe('546051 O"H2 {{ 1 }} Łódź')
    expect(Object.keys(config('546051', null, false).components)).toEqual(['keyed', 'last_talker', 'links', 'reachable'])
  })
})
