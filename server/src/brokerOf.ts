/** The broker that the options name: a way to connect to it, as edge or as front. */
import type { AppLog } from './app.ts'
import { brokerName, readBrokerAccess, readSignKey } from './config/brokerAccess.ts'
import type { Options } from './config/options.ts'
import { systemClock } from './env/clock.ts'
import { MqttBroker } from './fleet/broker.ts'
import { OrderFrontsWatch } from './orderFrontsWatch.ts'
import type { EdgeSetup } from './overAmi.ts'
import type { FrontSetup } from './overMqtt.ts'

export interface BrokerSetup {
  readonly edge: EdgeSetup | null
  readonly front: FrontSetup | null
  /** Whose orders the edge takes; null = nobody's. */
  readonly orders: OrderFrontsWatch | null
}

/** @throws UsageError when a file that the options name cannot be used */
export async function brokerOf(options: Options, log: AppLog): Promise<BrokerSetup> {
  const [access, signKey, orders] = await Promise.all([
    readBrokerAccess(options),
    readSignKey(options.mqttSignKey),
    options.mqttOrders === null ? null : OrderFrontsWatch.open(options.mqttOrders, log),
  ])
  if (access === null) return { edge: null, front: null, orders: null }
  const name = brokerName(options)
  const common = { ...access, log, clock: systemClock, random: Math.random }
  // Two of the same name would throw each other out for ever, and none of another kind.
  const front: FrontSetup | null = options.fromMqtt === null ? null : {
    name,
    connect: () => new MqttBroker({ ...common, clientId: `supermon-live-front-${name}` }),
    ...(signKey === null ? {} : { signKey }),
  }
  const edge: EdgeSetup | null = options.mqtt === null ? null : {
    name,
    homeAssistant: options.mqttHomeAssistant,
    connect: (will) => new MqttBroker({ ...common, clientId: `supermon-live-edge-${name}`, will }),
    ...(orders === null ? {} : { fronts: () => orders.fronts }),
  }
  return { edge, front, orders }
}
