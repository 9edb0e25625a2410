import type { Env } from '../env/env.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import type { GatewayApi, StatusAnswer } from './gatewayApi.ts'
import type { PollingConfig } from './pace.ts'
import type { PollingState } from './PollingService.ts'
import type { WebSocketService } from './WebSocketService.ts'

/** Where a node's news come from right now; `none` = from nowhere, for the reason in its connection state. */
export type Transport = 'socket' | 'polling' | 'none'

export interface LadderOptions {
  readonly env: Env
  readonly sockets: WebSocketService
  readonly api: GatewayApi
  readonly onDiagnostic?: DiagnosticHook
  readonly polling?: Partial<PollingConfig>
  /** To be told by a ladder that does not poll: the server let go of a socket as switched off. */
  readonly onSwitchedOff?: () => void
}

/** What keeps watched nodes current, by whatever serves. */
export interface Ladder {
  /** Keeps the node current until `unwatch` was called as often. @returns settles when its socket's first try has succeeded or failed */
  watch(nodeId: string): Promise<void>
  unwatch(nodeId: string): void
  transportOf(nodeId: string): Transport
  /** Calls `watcher` when a node's transport changes. Returns the way out. */
  onTransport(watcher: (nodeId: string, transport: Transport) => void): () => void
  pollingState(): PollingState
  /** Why polling brings nothing for a node that lives on it, a sentence; null = it does, or the node does not need it. */
  failureOf(nodeId: string): string | null
  /** Calls `watcher` when what `pollingState` or `failureOf` say may have changed. Returns the way out. */
  onPolling(watcher: () => void): () => void
  /**
   * Asks once, now, for those of the nodes that no socket feeds; those that have one are current.
   * @returns the rows of nodes that are not watched here; those of the others have reached whoever watches them
   * @throws ApiError or RetryAfterError when the question fails
   */
  refresh(nodeIds: readonly string[]): Promise<StatusAnswer>
  /** Somebody signed in or out: what was refused may be granted now. */
  userChanged(): void
  dispose(): void
  /** After `dispose`: may be used again. */
  revive(): void
}

export type MakeLadder = (options: LadderOptions) => Ladder
