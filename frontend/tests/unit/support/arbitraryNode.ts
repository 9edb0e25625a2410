import * as fc from 'fast-check'
import { EMPTY_LINK, EMPTY_NODE, INDIRECT_MODES, LINK_KINDS, LINK_MODES } from '../../../../protocol/nodeState.ts'
import type { LinkState, NodeState, Note } from '../../../../protocol/nodeState.ts'

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
const text = fc.string({ maxLength: 12 })
const time = fc.integer({ min: 0, max: 2_000_000_000_000 })
const name = fc.constantFrom('2000', '48752', '3101425', '80016', 'KG5DRT-1', 'W1AW-P', '100000000000', 'toString')

const note: fc.Arbitrary<Note> = fc.record({
  text,
  level: fc.constantFrom('normal', 'warning', 'critical'),
  url: maybe(fc.webUrl()),
})

export const arbitraryLink: fc.Arbitrary<LinkState> = fc.record({
  callsign: maybe(text),
  description: maybe(text),
  location: maybe(text),
  kind: fc.constantFrom(...LINK_KINDS),
  direction: maybe(fc.constantFrom('in', 'out')),
  state: fc.constantFrom('connecting', 'established'),
  mode: maybe(fc.constantFrom(...LINK_MODES)),
  keyed: maybe(fc.boolean()),
  connectedSince: maybe(time),
  lastKeyedAt: maybe(time),
  lastUnkeyedAt: maybe(time),
  reconnects: fc.nat(9),
  permanent: maybe(fc.boolean()),
}).map((link) => ({ ...EMPTY_LINK, ...link }))

export const arbitraryNode: fc.Arbitrary<NodeState> = fc.record({
  callsign: maybe(text),
  description: maybe(text),
  location: maybe(text),
  reach: fc.constantFrom('up', 'down', 'unknown'),
  reachReason: maybe(fc.record({ code: fc.constantFrom('ami-refused', 'ami-no-answer'), message: text })),
  reachSince: maybe(time),
  rx: maybe(fc.boolean()),
  tx: maybe(fc.boolean()),
  lastKeyedAt: maybe(time),
  lastUnkeyedAt: maybe(time),
  telemetry: fc.record({
    cpuTemp: maybe(note),
    uptime: maybe(text),
    load: maybe(text),
    weather: maybe(note),
    disk: maybe(note),
    alerts: maybe(fc.array(note, { maxLength: 3 })),
    changedAt: maybe(time),
  }),
  links: fc.dictionary(name, arbitraryLink, { maxKeys: 6 }),
  indirect: fc.record({
    total: fc.nat(500),
    more: fc.boolean(),
    nodes: fc.dictionary(name, fc.constantFrom(...INDIRECT_MODES), { maxKeys: 6 }),
  }),
}).map((node) => ({
  ...EMPTY_NODE,
  ...node,
  // Dictionaries come without a prototype; states are plain objects.
  links: { ...node.links },
  indirect: { ...node.indirect, nodes: { ...node.indirect.nodes } },
}))
