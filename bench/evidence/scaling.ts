/** From what was measured to what a club, a net night and a whole country take: multiplications, each shown. */
import { BEAT_MS } from '../../server/src/fleet/edge.ts'
import type { Costs, FleetFigures } from '../fleet/fleet.ts'
import type { Evidence } from './record.ts'
import { number, source, table } from './text.ts'

export interface Step {
  readonly name: string
  /** Gateways beside Asterisks. */
  readonly sites: number
  readonly nodes: number
  readonly viewers: number
  /** Key-ups and releases of each node a minute, and of the node that a viewer looks at. */
  readonly changesPerNode: number
  readonly changesSeen: number
  /** null = none: viewers come to the gateway beside Asterisk. */
  readonly broker: Machine | null
  readonly front: Machine
}
export interface Machine {
  readonly name: string
  /** Its core takes so many times as long as one here. */
  readonly slower: number
  readonly megabits: number
}

/** Not measured: what is said of a Pi 4 beside a server's core. */
const PI = { slower: 4 }
const HOME = 20
const STEPS: readonly Step[] = [
  { name: 'one Pi alone', sites: 1, nodes: 4, viewers: 50, changesPerNode: 10, changesSeen: 20, broker: null, front: { name: 'the Pi, at home', ...PI, megabits: HOME } },
  { name: 'a club', sites: 5, nodes: 20, viewers: 200, changesPerNode: 10, changesSeen: 20, broker: { name: 'a Pi', ...PI, megabits: HOME }, front: { name: 'the same Pi', ...PI, megabits: HOME } },
  { name: 'a net night', sites: 5, nodes: 20, viewers: 20_000, changesPerNode: 10, changesSeen: 24, broker: { name: 'a VPS', slower: 1, megabits: 1_000 }, front: { name: 'a core of a VPS', slower: 1, megabits: 1_000 } },
  { name: 'a country', sites: 500, nodes: 10_000, viewers: 1_000_000, changesPerNode: 2, changesSeen: 24, broker: { name: 'a server', slower: 1, megabits: 10_000 }, front: { name: 'a core of a server', slower: 1, megabits: 1_000 } },
]

/** Nothing is planned fuller than this: what comes at once finds room. */
const FULL = 0.5

export interface Reckoned {
  readonly fronts: number
  /** Read by each front, a second. */
  readonly frontReads: number
  /** Of one core of its machine. */
  readonly frontCores: number
  /** Of one core of a Pi, for each gateway beside an Asterisk. Without a broker `frontCores` has it in it. */
  readonly edgeCores: number
  readonly viewerMegabits: number
  /** Beside what a front without viewers has. */
  readonly frontMib: number
  readonly brokerIn: number
  readonly brokerOut: number
  readonly brokerCores: number
  readonly brokerMegabits: number
  /** What is nearest to its end, and how near, of 1. */
  readonly first: string
  readonly share: number
}

type Known = { readonly [N in 'edgePerChangeUs' | 'edgeIdlePerNodeMs' | 'frontPerMessageUs' | 'frontPerUpdateUs' | 'brokerPerMessageUs' | 'idlePerViewerMs' | 'kibPerViewer' | 'bytesPerUpdate' | 'bytesPerMessage' | 'messagesPerChange']: number }

/**
 * @param most more viewers of one process were not tried
 * @returns null = no number of fronts is enough: each must read what one core cannot
 */
export function reckon(costs: Known, step: Step, most: number): Reckoned | null {
  const { sites, nodes, viewers, changesPerNode, changesSeen, broker, front } = step
  const told = (nodes * changesPerNode * costs.messagesPerChange) / 60
  const beats = (sites * 1_000) / BEAT_MS
  const reads = told + beats
  const edgeCores = ((nodes / sites) * PI.slower * ((changesPerNode * costs.edgePerChangeUs) / 1e6 + costs.edgeIdlePerNodeMs / 1e3)) / 60
  // One that stands beside Asterisk asks it, and reads no broker.
  const readCores = broker === null ? edgeCores : (reads * costs.frontPerMessageUs * front.slower) / 1e6
  const updates = (changesSeen * costs.messagesPerChange) / 60
  const viewerCores = ((updates * costs.frontPerUpdateUs) / 1e6 + costs.idlePerViewerMs / 60_000) * front.slower
  const viewerMegabit = (updates * costs.bytesPerUpdate * 8) / 1e6
  if (readCores >= FULL) return null
  const room = Math.floor(Math.min(most, (FULL - readCores) / viewerCores, (FULL * front.megabits) / viewerMegabit))
  const fronts = broker === null ? 1 : Math.ceil(viewers / room)
  const each = viewers / fronts
  const brokerIn = broker === null ? 0 : told + beats
  const brokerOut = brokerIn * fronts
  const brokerCores = ((brokerIn + brokerOut) * costs.brokerPerMessageUs * (broker?.slower ?? 0)) / 1e6
  const brokerMegabits = (brokerOut * costs.bytesPerMessage * 8) / 1e6
  const frontCores = readCores + each * viewerCores
  const shares: readonly (readonly [string, number])[] = [
    ['CPU of a front', frontCores], ['CPU of an edge', edgeCores], ['uplink of a front', (each * viewerMegabit) / front.megabits],
    ...(broker === null ? [] : [['CPU of the broker', brokerCores], ['uplink of the broker', brokerMegabits / broker.megabits]] as const),
  ]
  const [first, share] = shares.toSorted(([, a], [, b]) => b - a)[0] as readonly [string, number]
  return {
    fronts, frontReads: reads, frontCores, edgeCores, viewerMegabits: viewers * viewerMegabit, frontMib: (each * costs.kibPerViewer) / 1024,
    brokerIn, brokerOut, brokerCores, brokerMegabits, first, share,
  }
}

const COSTS: readonly (readonly [keyof Costs, string, string])[] = [
  ['messagesPerChange', 'messages between edge and broker for each key-up or release', ''],
  ['bytesPerMessage', 'bytes of one, from the broker to a front', 'B'],
  ['bytesPerUpdate', 'bytes of one, from a front to a viewer', 'B'],
  ['edgePerChangeUs', 'CPU of an edge for each key-up or release', 'µs'],
  ['brokerPerMessageUs', 'CPU of the broker for each message, in or out, while hundreds come', 'µs'],
  ['frontPerMessageUs', 'CPU of a front for each message from the broker, while hundreds come a second', 'µs'],
  ['frontPerRareMessageUs', 'the same while few come', 'µs'],
  ['frontPerUpdateUs', 'CPU of a front for each message to a viewer', 'µs'],
  ['idlePerViewerMs', 'CPU of a front for each viewer and minute while nothing happens', 'ms'],
  ['kibPerViewer', 'memory of a front for each viewer', 'KiB'],
  ['edgeKibPerNode', 'memory of an edge for each node of 20 links', 'KiB'],
  ['edgeIdlePerNodeMs', 'CPU of an edge for each node and minute while nobody watches', 'ms'],
]

/** The generated block of docs/scaling.md. */
export function scalingOf(record: Evidence<FleetFigures> | null): string {
  if (record === null) return 'Not measured yet.'
  const { costs, breadth, sides } = record.data
  const rows = COSTS.map(([name, what, unit]) => [what, costs[name] === null ? 'not told apart from noise' : `${number(costs[name])} ${unit}`.trimEnd()])
  const wide = breadth === null ? [] : [
    [`memory of a front for each node that it knows, of ${number(breadth.nodes)}`, `${number(breadth.kibPerKnown)} KiB`],
    ['and more for each that somebody watches', `${number(breadth.kibPerWatched)} KiB`],
  ]
  return [
    source(record), '', table(['what', 'cost'], [...rows, ...wide]), '',
    ...(isKnown(costs) ? reckonedRows(costs, sides.aloneMany.viewers) : ['Some of these were lost in noise: nothing is reckoned. Measure again, on a machine that does nothing else.']),
  ].join('\n')
}

function isKnown(costs: Costs): costs is Costs & Known {
  return costs.frontPerMessageUs !== null && costs.frontPerUpdateUs !== null && costs.brokerPerMessageUs !== null && costs.edgeIdlePerNodeMs !== null
}

function reckonedRows(costs: Known, most: number): string[] {
  const all = STEPS.map((step) => ({ step, of: reckon(costs, step, most) }))
  const cells = (of: (reckoned: Reckoned, step: Step) => string | number) => all.map(({ of: reckoned, step }) => (reckoned === null ? 'more than a core reads' : of(reckoned, step)))
  const percent = (share: number) => `${number(100 * share)} %`
  const withBroker = (of: (reckoned: Reckoned) => string | number) => cells((reckoned, { broker }) => (broker === null ? '' : of(reckoned)))
  return [
    table(['', ...STEPS.map(({ name }) => name)], [
      ['gateways beside Asterisks', ...STEPS.map(({ sites }) => sites)],
      ['nodes', ...STEPS.map(({ nodes }) => nodes)],
      ['viewers', ...STEPS.map(({ viewers }) => viewers)],
      ['key-ups and releases of a node a minute', ...STEPS.map(({ changesPerNode }) => changesPerNode)],
      ['of the node that a viewer looks at', ...STEPS.map(({ changesSeen }) => changesSeen)],
      ['broker', ...STEPS.map(({ broker }) => broker?.name ?? 'none')],
      ['a front is, or the gateway itself', ...STEPS.map(({ front }) => front.name)],
      ['CPU of each gateway beside Asterisk, of a core of a Pi', ...cells(({ edgeCores }) => percent(edgeCores))],
      ['**fronts**', ...cells(({ fronts }, { broker }) => (broker === null ? 'the gateway itself' : fronts))],
      ['viewers of each', ...cells(({ fronts }, { viewers }) => Math.ceil(viewers / fronts))],
      ['messages that each reads a second', ...withBroker(({ frontReads }) => frontReads)],
      ['CPU of each, of a core', ...cells(({ frontCores }) => percent(frontCores))],
      ['memory of each for its viewers, MiB', ...cells(({ frontMib }) => frontMib)],
      ['to all viewers, Mbit/s', ...cells(({ viewerMegabits }) => viewerMegabits)],
      ['messages into the broker a second', ...withBroker(({ brokerIn }) => brokerIn)],
      ['out of it', ...withBroker(({ brokerOut }) => brokerOut)],
      ['CPU of the broker, of a core', ...withBroker(({ brokerCores }) => percent(brokerCores))],
      ['out of the broker, Mbit/s', ...withBroker(({ brokerMegabits }) => brokerMegabits)],
      ['**what saturates first**', ...cells(({ first, share }) => `${first}, at ${percent(share)}`)],
    ]),
  ]
}
