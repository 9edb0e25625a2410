import type { Limits } from '../../../server/src/gateway/limits.ts'
import type { LiveClient } from '../../src/services/liveClient.ts'
import type { Topology } from '../../src/services/WebSocketService.ts'
import type { Trace } from './scene.ts'
import type { VirtualAccess } from './virtualAccess.ts'
import type { VirtualHttp } from './virtualHttp.ts'
import type { VirtualNetwork } from './virtualNetwork.ts'
import type { VirtualPage } from './virtualPage.ts'
import type { ServerKind, VirtualServer } from './virtualServer.ts'
import type { VirtualTime } from './virtualTime.ts'
import type { Watchman } from './watchman.ts'
import type { Weather } from './weather.ts'

/** Everything in a run that an act can touch. */
export interface Stage {
  readonly time: VirtualTime
  readonly page: VirtualPage
  readonly network: VirtualNetwork
  readonly http: VirtualHttp
  readonly server: VirtualServer
  readonly kind: ServerKind
  readonly topology: Topology
  readonly access: VirtualAccess
  /** Are there accounts? Then somebody signs in, when the faults are over at the latest. */
  readonly guarded: boolean
  readonly limits: { -readonly [K in keyof Limits]: Limits[K] }
  readonly weather: Weather
  readonly client: LiveClient
  readonly watchman: Watchman
  readonly endpointOf: (node: string) => string
  /** The client may have chosen anew which nodes share a socket. */
  rewired(): void
  /** Absent where nobody reads: making the text costs more than what it tells of. */
  readonly trace: Trace | undefined
}
