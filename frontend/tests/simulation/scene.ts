/** What those who watch a run can see of it. */
import type { LiveClient } from '../../src/services/liveClient.ts'
import type { Truth } from './truth.ts'
import type { VirtualHttp } from './virtualHttp.ts'
import type { Link } from './link.ts'
import type { VirtualNetwork } from './virtualNetwork.ts'
import type { VirtualPage } from './virtualPage.ts'
import type { ServerKind, VirtualServer } from './virtualServer.ts'
import type { VirtualTime } from './virtualTime.ts'

export interface Violation {
  readonly invariant: string
  readonly text: string
  /** From the start of the run, ms. */
  readonly at: number
}

export type Trace = (text: string) => void
export type Fail = (invariant: string, text: string) => void

export interface Scene {
  readonly time: VirtualTime
  readonly page: VirtualPage
  readonly truth: Truth
  network(): VirtualNetwork
  http(): VirtualHttp
  client(): LiveClient
  readonly server: VirtualServer
  readonly kind: ServerKind
  readonly hasGarbage: boolean
  /** Timers of a page that is hidden for long fire once a minute. */
  readonly hasIntensive: boolean
  /** Where the node's socket goes: its own path, or the one that all share. */
  endpointOf(node: string): string
}

/** The newest connection that the node hangs on. */
export function linkOf(scene: Scene, node: string): Link | undefined {
  return scene.network().newest.get(scene.endpointOf(node))
}

/** A beat every 20 s, at a turn of the server's sweep. */
export const LONGEST_SILENCE = 26_000
