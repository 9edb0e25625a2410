/**
 * A server that speaks Asterisk's manager interface as a node of AllStarLink does: Asterisk 22 with app_rpt 3.10.4, for
 * demos and tests. It shares no code with the client side, or both would make the same mistake.
 */
import { systemClock } from '../env/clock.ts'
import type { Clock } from '../env/clock.ts'
import { Accounts } from './accounts.ts'
import type { UserSpec } from './accounts.ts'
import { answer } from './amiActions.ts'
import { channelEvent, rptEvent, varSetEvent } from './amiEvents.ts'
import { AmiPort } from './amiPort.ts'
import { Control } from './control.ts'
import { ControlHttp } from './controlHttp.ts'
import { EXAMPLE_DIRECTORY } from './echolink.ts'
import type { EchoLinkDirectory } from './echolink.ts'
import type { FakeLinkState, FakeNodeState, FakeState } from './fakeState.ts'
import { FaultBook } from './faultBook.ts'
import { readKnobs } from './knobInput.ts'
import { makeKnobs } from './knobs.ts'
import type { Knobs } from './knobs.ts'
import type { LinkSpec } from './link.ts'
import { NodeCommands } from './nodeCommands.ts'
import { DEFAULT_TIMING } from './nodeTiming.ts'
import type { NodeTiming } from './nodeTiming.ts'
import { localNodes, Population } from './population.ts'
import { RptServer } from './rptServer.ts'
import { Scenario } from './scenario.ts'
import type { ScenarioName } from './scenario.ts'
import { seededRandom } from './seededRandom.ts'
import { TimerSet } from './timers.ts'
import { exampleReceivers, Voter } from './voter.ts'
import type { ReceiverSpec } from './voter.ts'

export type {
  FakeLinkState,
  FakeNodeState,
  FakeState,
  Knobs,
  LinkSpec,
  NodeTiming,
  ReceiverSpec,
  ScenarioName,
  UserSpec,
}

/** A server that has been up for nine days has room for links of any age. */
const UPTIME_MS = 9 * 86_400_000

export interface FakeAsteriskOptions {
  /** Address to listen on. Default 127.0.0.1, and there is rarely a reason for another. */
  readonly host?: string
  /** AMI port. Default 0 = any free one; the result tells which. */
  readonly port?: number
  /** Port of the control server. 0 = any free one, null (default) = none. */
  readonly controlPort?: number | null
  /** How many local nodes, or which. Default 3: 546051, 546055, 546056. */
  readonly nodes?: number | readonly string[]
  /** How many adjacent links each node has, or which ones by node. Default 5. */
  readonly links?: number | Readonly<Record<string, readonly LinkSpec[]>>
  /** `quiet`: nothing keys. `idle`: now and then. `net`: somebody talks most of the time. Default quiet. */
  readonly scenario?: ScenarioName
  /** Same seed, same stations and same order of things. Default 1. */
  readonly seed?: number
  /** The account with all rights. Default admin/demo. */
  readonly user?: string
  readonly secret?: string
  /** Classes of events and actions of that account. Default all. */
  readonly read?: string
  readonly write?: string
  /** Further accounts. */
  readonly users?: readonly UserSpec[]
  readonly clock?: Clock
  /** Status variables (cpu_temp, ALERT, …) as a cron script sets them. Default true. */
  readonly telemetry?: boolean
  /** Receivers of the third node, which is a voter. 0 = no voter. Default 6. */
  readonly voterReceivers?: number
  /** Voters by node, instead of the third node. */
  readonly voters?: Readonly<Record<string, readonly ReceiverSpec[]>>
  /** Hubs without a radio: their transmitter never keys. */
  readonly radioless?: readonly string[]
  /** Numbers that nobody knows: dialling them does nothing. */
  readonly unknownTargets?: readonly string[]
  /** Numbers that ring and never answer. */
  readonly unreachableTargets?: readonly string[]
  /** Numbers that lead to TheLinkBox: by their names they are like nodes. */
  readonly tlb?: readonly string[]
  /** How long the server has been up at the start, ms. */
  readonly uptimeMs?: number
  /** Call signs by EchoLink number, e.g. `{ '101425': 'W5GLE-L' }`. Default: those of the demo's stations. */
  readonly echoLink?: EchoLinkDirectory
  readonly timing?: Partial<NodeTiming>
  readonly knobs?: Partial<Knobs>
}

export interface FakeAsterisk extends Pick<Control, keyof Control> {
  readonly port: number
  readonly controlPort: number | null
  readonly nodes: readonly string[]
  readonly user: string
  /** Turns knobs while it runs; what isn't named stays. */
  setKnobs(knobs: Partial<Knobs>): void
  state(): FakeState
  /** Drops every connection and timer. */
  close(): Promise<void>
}

/** Rejects with the error of `listen` (code EADDRINUSE, …) when a port cannot be had. */
export async function startFakeAsterisk(options: FakeAsteriskOptions = {}): Promise<FakeAsterisk> {
  const {
    host = '127.0.0.1',
    clock = systemClock,
    seed = 1,
    scenario = 'quiet',
    user = 'admin',
    secret = 'demo',
  } = options
  const timers = new TimerSet(clock)
  const random = seededRandom(seed)
  let knobs = makeKnobs(options.knobs ?? {})
  const nodes = typeof options.nodes === 'object' ? options.nodes : localNodes(options.nodes ?? 3, random)
  const population = new Population(random, nodes)

  const server = new RptServer({
    clock,
    timers,
    timing: { ...DEFAULT_TIMING, ...(scenario === 'net' ? { dialMs: 1_500 } : {}), ...options.timing },
    startedAt: clock.now() - (options.uptimeMs ?? UPTIME_MS),
    nodes,
    voters: makeVoters(options, nodes, clock, seed),
    radioless: new Set(options.radioless),
    unknownTargets: new Set(options.unknownTargets),
    unreachableTargets: new Set(options.unreachableTargets),
    tlb: new Set(options.tlb),
    redialsAll: () => knobs.redialsAll,
    farewellsLost: () => knobs.farewellsLost,
    announce: (node, name, value) => {
      port.publish('dialplan', () => varSetEvent(node, name, value))
      port.publish('call', () => rptEvent(node, name, value, knobs))
    },
    moved: (node, link, move) => {
      // Asterisk 1.4 names no node by them.
      if (knobs.dialect !== 'asl2') port.publish('call', () => channelEvent(node, link, move))
    },
  })
  const world = {
    server,
    commands: new NodeCommands(server),
    echoLink: options.echoLink ?? EXAMPLE_DIRECTORY,
    accounts: new Accounts([
      { name: user, secret, read: options.read ?? 'all', write: options.write ?? 'all' },
      ...(options.users ?? []),
    ]),
    knobs: () => knobs,
    challenge: () => String(100_000_000 + Math.floor(random() * 899_999_999)),
  }
  const port = new AmiPort(host, options.port ?? 0, timers, {
    random,
    knobs: () => knobs,
    faults: new FaultBook(() => knobs.faults),
    answer: (request, session) => answer(request, session, world),
  })
  populate(server, population, options.links ?? 5, random)
  const control = new Control(server, port)
  const setKnobs = (wanted: Partial<Knobs>) => {
    knobs =
      wanted.dialect !== undefined && wanted.dialect !== knobs.dialect ? makeKnobs(wanted) : { ...knobs, ...wanted }
  }

  await port.listen()
  let http: ControlHttp | null = null
  let controlPort: number | null = null
  if (options.controlPort !== undefined && options.controlPort !== null) {
    http = new ControlHttp(control, (input) => {
      setKnobs(readKnobs(input))
    })
    try {
      controlPort = await http.listen(host, options.controlPort)
    } catch (error) {
      await port.close()
      throw error
    }
  }
  new Scenario(server, population).start(scenario, seed, options.telemetry ?? true)

  return {
    port: port.port,
    controlPort,
    nodes,
    user,
    setKnobs,
    key: (r) => control.key(r),
    linkKey: (r) => control.linkKey(r),
    connect: (r) => control.connect(r),
    disconnect: (r) => control.disconnect(r),
    lose: (r) => control.lose(r),
    outage: (r) => control.outage(r),
    mute: (r) => control.mute(r),
    setVar: (r) => control.setVar(r),
    setReceiver: (r) => control.setReceiver(r),
    state: () => control.state(),
    close: async () => {
      timers.close()
      await Promise.all([port.close(), http?.close()])
    },
  }
}

/** The third node votes, unless voters are named. */
function makeVoters(
  options: FakeAsteriskOptions,
  nodes: readonly string[],
  clock: Clock,
  seed: number,
): Map<string, Voter> {
  const third = nodes[2]
  const count = options.voterReceivers ?? 6
  const specs = options.voters ?? (third === undefined || count === 0 ? {} : { [third]: exampleReceivers(count) })
  return new Map(Object.entries(specs).map(([id, receivers], i) => [id, new Voter(receivers, clock, seed + i)]))
}

/** The links there are at the start, and when each was last heard. */
function populate(
  server: RptServer,
  population: Population,
  links: number | Readonly<Record<string, readonly LinkSpec[]>>,
  random: () => number,
): void {
  const now = server.clock.now()
  for (const [id, node] of server.nodes) {
    const specs = typeof links === 'number' ? population.links(links) : (links[id] ?? [])
    for (const spec of specs) {
      // Told from the other end already.
      if (node.link(spec.name) !== undefined) continue
      const far = server.nodes.get(spec.name) ?? null
      const link = node.add(spec, far)
      if (link.connected)
        far?.add({ name: id, direction: link.direction === 'OUT' ? 'IN' : 'OUT', ageMs: now - link.since }, node)
      if (typeof links !== 'number' || random() < 0.3) continue
      const ago = Math.floor(random() * Math.min(3_600_000, now - link.since))
      link.lastKeyAt = now - ago
      link.lastUnkeyAt = now - Math.floor(ago / 2)
    }
  }
  for (const node of server.nodes.values()) if (node.links.length > 0) node.updateLinks()
}
