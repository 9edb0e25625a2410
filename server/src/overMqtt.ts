/** Nodes of other gateways, heard over a broker. */
import type { KeyObject } from 'node:crypto'
import type { AppLog } from './app.ts'
import type { Behind } from './behind.ts'
import type { NodeConfig } from './config/allmonIni.ts'
import type { ControlDeskOptions } from './control/controlDesk.ts'
import type { Clock } from './env/clock.ts'
import type { Broker } from './fleet/broker.ts'
import { FrontHouse } from './fleet/frontHouse.ts'
import { OrderDesk } from './fleet/orderDesk.ts'
import { NO_FLEET } from './http/fleetMetrics.ts'
import type { HostHealth } from './http/health.ts'
import { publicNode } from './http/nodes.ts'
import type { PublicNode } from './http/nodes.ts'

export interface FrontSetup {
  /** What this gateway is called on the broker. */
  readonly name: string
  readonly connect: () => Broker
  /** Ed25519, private: signs what users order; left out, they can order nothing. */
  readonly signKey?: KeyObject
}

export interface OverMqttOptions {
  readonly front: FrontSetup
  /** Those of the configuration, of which no Asterisk is asked; null = there is none, and all that are heard of are shown. */
  readonly nodes: readonly NodeConfig[] | null
  readonly clock: Clock
  readonly log: AppLog
  /** Differs from that of every earlier run. */
  readonly run: string
  readonly lingerMs?: number
  readonly meter: NonNullable<ControlDeskOptions['meter']>
  /** The nodes are others than before. */
  readonly onNodes: () => void
}

/** A viewer that comes before it is known which nodes there are would be told that his is none, ms. */
const READY_MS = 3_000

export async function overMqtt({ front, nodes, clock, log, run, lingerMs, meter, onNodes }: OverMqttOptions): Promise<Behind> {
  const broker = front.connect()
  const house = new FrontHouse({
    name: front.name, broker, clock,
    only: nodes === null ? null : idsOf(nodes),
    epoch: `${front.name}-${run}`.slice(-48),
    warn: (fields, message) => { log.warn(fields, message) },
    ...(lingerMs === undefined ? {} : { lingerMs }),
  })
  await house.ready(READY_MS)
  house.onNodes(onNodes)
  const { name, signKey } = front
  const orders = signKey === undefined ? null : new OrderDesk({ name, key: signKey, broker, clock, edgeOf: (node) => house.edgeOf(node), log, meter })
  let configured = nodes
  const list = (): readonly PublicNode[] => {
    if (configured === null) return house.nodes
    const heard = new Map(house.nodes.map((node) => [node.id, node]))
    return configured.map((node) => publicNode(node, (id) => heard.get(id) ?? null))
  }
  return {
    configure(next) {
      if (configured === null) return
      configured = next
      house.configure(idsOf(next))
    },
    nodes: house,
    voters: house.voters,
    desk: orders ?? {
      run: () => Promise.resolve({
        outcome: 'not-sent', code: 'no-orders', response: null,
        message: 'This gateway shows nodes of other gateways and may not command them: use the dashboard beside the node, or give this one --mqtt-sign-key.',
      }),
    },
    list,
    fleet: () => ({ ...NO_FLEET, up: broker.up, traffic: broker.traffic, edges: house.edges, missed: house.missed }),
    hosts: () => house.edges.map((edge): HostHealth => ({
      nodes: edge.nodes.map(({ id }) => id),
      status: broker.up ? (edge.up ? 'up' : 'down') : 'connecting',
      code: edge.up ? null : edge.silent ? 'edge-silent' : 'edge-away',
      since: edge.since,
      ...(house.behind(edge.name) === 0 ? {} : { clockBehind: house.behind(edge.name) }),
    })),
    stopOrders: () => { orders?.dispose() },
    async dispose() {
      house.dispose()
      await broker.close()
    },
  }
}

function idsOf(nodes: readonly NodeConfig[]): ReadonlySet<string> {
  return new Set(nodes.map(({ id }) => id))
}
