/** Nodes of other gateways, heard over a broker. */
import type { AppLog } from './app.ts'
import type { Behind } from './behind.ts'
import type { Clock } from './env/clock.ts'
import type { Broker } from './fleet/broker.ts'
import { FrontHouse } from './fleet/frontHouse.ts'
import type { HostHealth } from './http/health.ts'

export interface FrontSetup {
  /** What this gateway is called on the broker. */
  readonly name: string
  readonly connect: () => Broker
}

export interface OverMqttOptions {
  readonly front: FrontSetup
  readonly clock: Clock
  readonly log: AppLog
  /** Differs from that of every earlier run. */
  readonly run: string
  readonly lingerMs?: number
  /** The nodes are others than before. */
  readonly onNodes: () => void
}

/** A viewer that comes before it is known which nodes there are would be told that his is none, ms. */
const READY_MS = 3_000

export async function overMqtt({ front, clock, log, run, lingerMs, onNodes }: OverMqttOptions): Promise<Behind> {
  const broker = front.connect()
  const house = new FrontHouse({
    name: front.name, broker, clock,
    epoch: `${front.name}-${run}`.slice(-48),
    warn: (fields, message) => { log.warn(fields, message) },
    ...(lingerMs === undefined ? {} : { lingerMs }),
  })
  await house.ready(READY_MS)
  house.onNodes(onNodes)
  return {
    nodes: house,
    voters: house.voters,
    desk: {
      run: () => Promise.resolve({
        outcome: 'not-sent', code: 'no-orders', response: null,
        message: 'This gateway shows nodes of others and may not command them: use the dashboard beside the node.',
      }),
    },
    list: () => house.nodes,
    hosts: () => house.edges.map((edge): HostHealth => ({
      nodes: edge.nodes.map(({ id }) => id),
      status: broker.up ? (edge.up ? 'up' : 'down') : 'connecting',
      code: edge.up ? null : 'edge-away',
      since: edge.since,
    })),
    stopOrders: () => undefined,
    async dispose() {
      house.dispose()
      await broker.close()
    },
  }
}
