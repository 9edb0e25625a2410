/** What stands behind the gateway: Asterisks, asked over AMI, or a broker that other gateways feed. */
import type { NodeConfig } from './config/allmonIni.ts'
import type { Order } from './control/order.ts'
import type { Asker, ControlResult } from './control/pendingOrder.ts'
import type { NodeSource, VoterSource } from './feed/source.ts'
import type { FleetFigures } from './http/fleetMetrics.ts'
import type { HostHealth } from './http/health.ts'
import type { PublicNode } from './http/nodes.ts'

export interface Behind {
  readonly nodes: NodeSource
  readonly voters: VoterSource
  /** Carries out orders, and never rejects. */
  readonly desk: { run(order: Order, asker: Asker): Promise<ControlResult> }
  /** Those that there are now, as menus need them. */
  list(): readonly PublicNode[]
  hosts(): readonly HostHealth[]
  /** Of the broker, where there is one. */
  fleet(): FleetFigures
  /** These are the configured nodes from now on; what is the same as before notices nothing. */
  configure(nodes: readonly NodeConfig[]): void
  /** No more orders: answers those that wait. */
  stopOrders(): void
  dispose(): Promise<void>
}
