/** Nodes of Asterisks that this gateway asks itself; it may tell a broker of them as well. */
import { limitedConnect } from './ami/limitedConnect.ts'
import type { AppLog } from './app.ts'
import type { Behind } from './behind.ts'
import type { NodeConfig } from './config/allmonIni.ts'
import type { OrderFronts } from './config/orderFronts.ts'
import { ControlDesk } from './control/controlDesk.ts'
import type { ControlDeskOptions } from './control/controlDesk.ts'
import type { Arrival } from './env/arrival.ts'
import type { Clock, Random } from './env/clock.ts'
import { FeedHouse } from './feed/feedHouse.ts'
import type { NameLookup } from './feed/names.ts'
import { VoterHouse } from './feed/voterHouse.ts'
import type { Broker } from './fleet/broker.ts'
import { Edge, edgeWill } from './fleet/edge.ts'
import { HomeAssistant } from './fleet/homeAssistant.ts'
import { OrderDoor } from './fleet/orderDoor.ts'
import type { OrderRights } from './fleet/orderDoor.ts'
import { feedNodes, hostHealth, hostKey, marking, openHost } from './hosts.ts'
import { NO_FLEET } from './http/fleetMetrics.ts'
import type { FleetFigures } from './http/fleetMetrics.ts'
import { publicNode } from './http/nodes.ts'
import type { PublicNode } from './http/nodes.ts'

export interface EdgeSetup {
  /** What this gateway is called on the broker. */
  readonly name: string
  /** Where a Home Assistant on that broker looks for what there is; null or left out = it is told nothing. */
  readonly homeAssistant?: string | null
  readonly connect: (will: { readonly topic: string; readonly payload: string }) => Broker
  /** Whose orders are taken, as of now; left out, nobody's. */
  readonly fronts?: () => OrderFronts
}

export interface OverAmiOptions {
  readonly nodes: readonly NodeConfig[]
  readonly names: NameLookup
  readonly clock: Clock
  readonly random: Random
  readonly log: AppLog
  /** Differs from that of every earlier run; begins the epoch of every feed. */
  readonly run: string
  readonly version: string
  readonly arrival: Arrival
  readonly amiSessions: number
  /** There are too many sessions for this one. */
  readonly oneTooMany: () => void
  readonly meter: NonNullable<ControlDeskOptions['meter']>
  readonly lingerMs?: number
  /** null = no broker is told. */
  readonly edge: EdgeSetup | null
  /** What those may who order over it; null = there are no accounts. */
  readonly rights: OrderRights | null
}

export interface OverAmi extends Behind {
  /** The node list says something else now. */
  refreshNames(): void
}

export function overAmi(options: OverAmiOptions): OverAmi {
  const { clock, random, names, log, run } = options
  let nodes = options.nodes
  const connect = marking(limitedConnect(options.amiSessions), options.arrival)
  const house = new FeedHouse({
    nodes: feedNodes(nodes),
    clock,
    names,
    warn: (node, message) => { log.warn({ node }, message) },
    epoch: run,
    openHost: (key) => {
      const node = nodes.find((each) => hostKey(each) === key) as NodeConfig
      return openHost(node, log, { clock, random, connect }, options.oneTooMany)
    },
    ...(options.lingerMs === undefined ? {} : { lingerMs: options.lingerMs }),
  })
  const voters = new VoterHouse(clock, house)
  const desk = new ControlDesk({ clock, feeds: house, log, meter: options.meter })
  const list = () => nodes.map((node) => publicNode(node, names))
  const edge = options.edge === null ? null : openEdge(options.edge, options, { house, voters, desk, list })

  return {
    nodes: house,
    voters,
    desk,
    list,
    hosts: () => house.hosts.map(hostHealth),
    fleet: () => edge?.figures() ?? NO_FLEET,
    configure(next) {
      nodes = next
      house.configure(feedNodes(next))
      edge?.configure()
    },
    refreshNames() {
      house.refreshNames()
      edge?.configure()
    },
    stopOrders() {
      desk.dispose()
    },
    async dispose() {
      await edge?.close()
      voters.dispose()
      house.dispose()
    },
  }
}

interface Shown {
  readonly house: FeedHouse
  readonly voters: VoterHouse
  readonly desk: ControlDesk
  readonly list: () => readonly PublicNode[]
}

/** All that this gateway does on a broker: tells of its nodes, there and to a Home Assistant, and takes orders. */
function openEdge({ name, homeAssistant = null, connect, fronts }: EdgeSetup, { clock, random, run, version, log, rights }: OverAmiOptions, { house, voters, desk, list }: Shown) {
  const broker = connect(edgeWill(name, run))
  const home = new HomeAssistant({ name, prefix: homeAssistant, version, broker, clock, random, nodes: house, list })
  const edge = new Edge({ name, run, broker, clock, nodes: house, voters, list })
  const door = new OrderDoor({ edge: name, broker, clock, fronts: fronts ?? null, rights, desk, log })
  return {
    figures: (): FleetFigures => ({ ...NO_FLEET, up: broker.up, traffic: broker.traffic, fronts: edge.fronts }),
    configure() {
      edge.configure()
      home.configure()
    },
    async close(): Promise<void> {
      door.close()
      home.close()
      edge.close()
      await broker.close()
    },
  }
}
