/**
 * `npm run bench -- fleet`: edges, a broker and fronts against one gateway without a broker, with the same stations and as many viewers,
 * in turn; then a front is killed, the broker is away, and what a message, a viewer and a node cost is worked out. Mosquitto is
 * real, Asterisks are simulated; each is a process of its own, and all share this machine's cores.
 */
import { availableParallelism } from 'node:os'
import { addedBy, cpuAddedBy, measureArm } from './arm.ts'
import type { Arm, Heard, Plan } from './arm.ts'
import { edgeBreadth, frontBreadth } from './breadth.ts'
import type { FrontBreadth } from './breadth.ts'
import { median, solve, sum } from './figures.ts'
import { killFront, loseBroker } from './outages.ts'
import type { BrokerAway, FrontKilled } from './outages.ts'
import { LAYERS } from './reading.ts'
import type { Flow, Layer } from './reading.ts'
import { brokerVersion, Crowd, seatsOf, Sites, startAlone, startFleet } from './world.ts'
import type { Between, Size } from './world.ts'

export interface FleetOptions extends Plan {
  readonly size: Size
  /** At most so many; fewer when they do not go. */
  readonly viewers: number
  /** Pairs, of which each figure is the median. */
  readonly rounds: number
  /** So many at most have the library's own client while things fail: one takes the time of ten others, here and not at a front. */
  readonly clients: number
  /** The broker is away for so long, ms. */
  readonly awayMs: number
  /** Edges that a front hears of, as large as the others; null = not looked at. */
  readonly breadth: { readonly edges: number; readonly changesPerSecond: number; readonly seconds: number; readonly settleMs: number } | null
  readonly say: (line: string) => void
}

/** Three sites, three fronts, and as many viewers as two cores may bear. */
export const FLEET: FleetOptions = {
  size: { sites: 3, nodes: 20, links: 20, fronts: 3, crowds: 3 },
  viewers: 6_000, rounds: 3, seconds: 24, settleMs: 5_000, clients: 1_500, awayMs: 10_000,
  breadth: { edges: 500, changesPerSecond: 500, seconds: 20, settleMs: 15_000 },
  say: (line) => { console.log(line) },
}

/** One way of watching, with few viewers or many. */
export interface Side {
  readonly viewers: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly missed: number
  readonly firstP50Ms: number
  readonly perChange: Readonly<Record<Layer, Flow>>
  readonly quietPerMinute: Readonly<Record<Layer, Flow>>
  /** By kind of process: how many, of a core each while stations talk, and memory each at the end. */
  readonly processes: Readonly<Record<string, { readonly count: number; readonly cores: number; readonly kib: number }>>
}

/** For docs/scaling.md; null = could not be told apart from noise. */
export interface Costs {
  /** CPU of a front for each message that it reads from the broker while few come, and for each that it writes to a viewer, µs. */
  readonly frontPerRareMessageUs: number | null
  readonly frontPerUpdateUs: number | null
  /** The first of these while hundreds come a second, one viewer included, µs. */
  readonly frontPerMessageUs: number | null
  /** CPU of the broker for each message in or out meanwhile, µs. */
  readonly brokerPerMessageUs: number | null
  /** CPU of an edge for each key-up or release, µs. */
  readonly edgePerChangeUs: number
  /** CPU of a front for each viewer and minute in which nothing happens, ms. */
  readonly idlePerViewerMs: number
  readonly kibPerViewer: number
  readonly bytesPerUpdate: number
  readonly bytesPerMessage: number
  /** Messages that one key-up or release is, between edge and broker. */
  readonly messagesPerChange: number
  readonly edgeKibPerNode: number | null
  /** CPU of an edge for each node and minute in which nothing happens and nobody watches, ms. */
  readonly edgeIdlePerNodeMs: number | null
}

export interface FleetFigures {
  readonly cores: number
  readonly broker: string
  readonly size: Size
  readonly rounds: number
  readonly seconds: number
  readonly asked: number
  /** Key-ups and releases in each round, with many viewers. */
  readonly changes: number
  readonly sides: Readonly<Record<'aloneFew' | 'fleetFew' | 'aloneMany' | 'fleetMany', Side>>
  /** Of the medians of delays, fleet by gateway alone, pair by pair; the median of these. */
  readonly ratio: { readonly few: number; readonly many: number; readonly manyP99: number }
  readonly killed: { readonly quiet: FrontKilled; readonly net: FrontKilled }
  readonly away: BrokerAway
  readonly breadth: FrontBreadth | null
  readonly costs: Costs
}

export async function measureFleet(options: FleetOptions): Promise<FleetFigures> {
  const { size, rounds, say } = options
  const broker = await brokerVersion()
  const sites = await Sites.start(size)
  const crowd = new Crowd(size)
  const pairs: { readonly alone: Arm; readonly fleet: Arm }[] = []
  let outages: Pick<FleetFigures, 'killed' | 'away'> | null = null
  let viewers = options.viewers
  try {
    for (let i = 0; i < rounds; i += 1) {
      const world = await startFleet(sites, size)
      try {
        const fleet = await measureArm(sites, world, crowd, viewers, options)
        if (fleet.many.viewers < viewers) say(`${fleet.many.viewers} viewers of ${viewers} were told anything within 10 s: that is as far as it goes here`)
        viewers = fleet.many.viewers
        await crowd.leave()
        if (i === rounds - 1) outages = await measureOutages(sites, world, crowd, Math.min(viewers, options.clients), options)
        await crowd.leave()
        await world.stop()
        const alone = await startAlone(sites)
        pairs.push({ fleet, alone: await measureArm(sites, alone, crowd, viewers, options).finally(() => alone.stop()) })
        await crowd.leave()
        say(`round ${i + 1}: key-up to viewer ${fleet.many.p50Ms.toFixed(1)} ms over the fleet, ${pairs.at(-1)?.alone.many.p50Ms.toFixed(1) ?? ''} ms over one gateway, ${viewers} viewers`)
      } finally {
        await world.stop()
      }
    }
  } finally {
    await crowd.stop()
    await sites.stop()
  }
  if (outages === null) throw new Error('no round was measured')
  const wide = options.breadth === null ? null : await measureBreadth(options.breadth, size.nodes, say)
  const all = <T>(of: (arm: Arm) => T, side: 'alone' | 'fleet') => pairs.map((pair) => of(pair[side]))
  const ratio = (of: (arm: Arm) => number) => median(pairs.map(({ alone, fleet }) => of(fleet) / of(alone)))
  return tidy({
    cores: availableParallelism(), broker, size, rounds, seconds: options.seconds, asked: options.viewers, changes: pairs[0]?.fleet.many.changes ?? 0,
    sides: {
      aloneFew: sideOf(all(({ few, firstP50Ms }) => ({ ...few, firstP50Ms }), 'alone')), fleetFew: sideOf(all(({ few, firstP50Ms }) => ({ ...few, firstP50Ms }), 'fleet')),
      aloneMany: sideOf(all(({ many, firstP50Ms }) => ({ ...many, firstP50Ms }), 'alone')), fleetMany: sideOf(all(({ many, firstP50Ms }) => ({ ...many, firstP50Ms }), 'fleet')),
    },
    ratio: { few: ratio(({ few }) => few.p50Ms), many: ratio(({ many }) => many.p50Ms), manyP99: ratio(({ many }) => many.p99Ms) },
    ...outages,
    breadth: wide?.front ?? null,
    costs: {
      ...costsOf(pairs.map(({ fleet }) => fleet)), frontPerMessageUs: wide?.front.cpuPerChangeUs ?? null, brokerPerMessageUs: wide?.front.brokerPerMessageUs ?? null,
      edgeKibPerNode: wide?.edgeKibPerNode ?? null, edgeIdlePerNodeMs: wide?.edgeIdlePerNodeMs ?? null,
    },
  })
}

async function measureOutages(sites: Sites, world: Between, crowd: Crowd, clients: number, { awayMs, say }: FleetOptions): Promise<Pick<FleetFigures, 'killed' | 'away'>> {
  const kill = async (net: boolean) => {
    const figures = await killFront(sites, world, crowd, clients, net)
    say(`a front killed${net ? ' during a net' : ''}: ${figures.back} of ${figures.hit} back, the last after ${Math.round(figures.lastMs)} ms, ${figures.current} told "current"`)
    return figures
  }
  const quiet = await kill(false)
  await crowd.leave()
  await world.doors[0]?.start()
  const net = await kill(true)
  await crowd.leave()
  await world.doors[0]?.start()
  await crowd.openClients(seatsOf(clients, sites.nodes, world.doors), world.doors)
  const away = await loseBroker(sites, world, crowd, awayMs)
  say(`the broker away for ${Math.round(away.awayMs)} ms: ${away.right.viewers} of ${away.viewers} right again, the last ${Math.round(away.right.lastMs)} ms after it`)
  return { killed: { quiet, net }, away }
}

async function measureBreadth({ edges, changesPerSecond, seconds, settleMs }: NonNullable<FleetOptions['breadth']>, nodesEach: number, say: (line: string) => void) {
  const front = await frontBreadth(edges, nodesEach, changesPerSecond, seconds)
  say(`a front of ${front.nodes} nodes: ${front.kibPerWatched.toFixed(1)} KiB and ${Math.round(front.cpuPerChangeUs)} µs a change each`)
  const narrow = await edgeBreadth(nodesEach, seconds, settleMs)
  const broad = await edgeBreadth(nodesEach * 20, seconds, settleMs)
  const more = broad.nodes - narrow.nodes
  return {
    front,
    edgeKibPerNode: (broad.residentKib - narrow.residentKib) / more,
    edgeIdlePerNodeMs: (1000 * (broad.cpuSecondsPerMinute - narrow.cpuSecondsPerMinute)) / more,
  }
}

/** Figure by figure, the median; of what was missed, all. */
function sideOf(rounds: readonly (Heard & { readonly firstP50Ms: number })[]): Side {
  const of = (figure: (heard: Heard & { readonly firstP50Ms: number }) => number) => median(rounds.map(figure))
  const flows = (flowsOf: (heard: Heard) => Readonly<Record<Layer, Flow>>) => Object.fromEntries(LAYERS.map((layer) => [layer, {
    messages: of((heard) => flowsOf(heard)[layer].messages), bytes: of((heard) => flowsOf(heard)[layer].bytes),
  }])) as Record<Layer, Flow>
  const kinds = Object.entries(rounds[0]?.busy.residentKib ?? {})
  return {
    viewers: of(({ viewers }) => viewers), p50Ms: of(({ p50Ms }) => p50Ms), p99Ms: of(({ p99Ms }) => p99Ms), missed: sum(rounds.map(({ missed }) => missed)), firstP50Ms: of(({ firstP50Ms }) => firstP50Ms),
    perChange: flows(addedBy),
    quietPerMinute: flows(({ quiet }) => Object.fromEntries(LAYERS.map((layer) => [layer, {
      messages: (60 * quiet.flows[layer].messages) / quiet.seconds, bytes: (60 * quiet.flows[layer].bytes) / quiet.seconds,
    }])) as Record<Layer, Flow>),
    processes: Object.fromEntries(kinds.map(([kind, { length }]) => [kind, {
      count: length, cores: of(({ busy }) => (busy.cpuSeconds[kind] ?? 0) / busy.seconds / length), kib: of(({ busy }) => sum(busy.residentKib[kind] ?? []) / length),
    }])),
  }
}

/** What pairs tell. */
type Narrow = Omit<Costs, 'frontPerMessageUs' | 'brokerPerMessageUs' | 'edgeKibPerNode' | 'edgeIdlePerNodeMs'>

function costsOf(arms: readonly Arm[]): Narrow {
  const each = arms.map((arm): Narrow => {
    const [few, many] = [arm.few, arm.many].map((heard) => ({ added: addedBy(heard), heard }))
    if (few === undefined || many === undefined) throw new Error('unreachable')
    const equation = ({ added, heard }: typeof few) => ({ x: added.fromBroker.messages * heard.changes, y: added.toViewers.messages * heard.changes, sum: cpuAddedBy('front', heard) })
    const front = solve(equation(few), equation(many))
    const { added, heard } = many
    const idle = (one: Heard) => (60_000 * (one.quiet.cpuSeconds['front'] ?? 0)) / one.quiet.seconds
    return {
      frontPerRareMessageUs: front?.a ?? null, frontPerUpdateUs: front?.b ?? null,
      edgePerChangeUs: cpuAddedBy('edge', heard) / heard.changes,
      idlePerViewerMs: (idle(many.heard) - idle(few.heard)) / (many.heard.viewers - few.heard.viewers),
      kibPerViewer: arm.kibPerViewer,
      bytesPerUpdate: added.toViewers.bytes / added.toViewers.messages,
      bytesPerMessage: added.fromBroker.bytes / added.fromBroker.messages,
      messagesPerChange: added.toBroker.messages,
    }
  })
  const keys = Object.keys(each[0] ?? {}) as (keyof Narrow)[]
  const known = (name: keyof Narrow) => each.flatMap((costs) => costs[name] ?? [])
  return Object.fromEntries(keys.map((name) => [name, known(name).length === 0 ? null : median(known(name))])) as unknown as Narrow
}

/** Four figures that count, as nobody reads more; whole numbers stay what they are. */
function tidy<T>(value: T): T {
  if (typeof value === 'number') return (Number.isInteger(value) ? value : Number(value.toPrecision(4))) as T
  if (Array.isArray(value)) return value.map(tidy) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, tidy(each as unknown)])) as T
}
