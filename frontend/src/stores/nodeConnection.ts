import type { NodeState } from '../../../protocol/nodeState.ts'
import type { ConnectionState, Reason } from '../services/connectionState.ts'
import type { Transport } from '../services/TransportLadder.ts'

/** Supermon-NG's word for how a node is kept current. */
export type MonitoringMode = 'live' | 'polling' | 'connecting' | 'offline'

/** How one node is kept current. */
export interface NodeConnection {
  readonly state: ConnectionState['status']
  readonly reason: Reason | null
  /** This browser's ms; null unless it waits for its next try. */
  readonly nextTryAt: number | null
  readonly transport: Transport
}

/** What feeds a node: its socket, where news come from, and why polling brings none (null = it does, or is not needed). */
export interface Feed {
  readonly connection: ConnectionState
  readonly transport: Transport
  readonly pollFailure: string | null
}

export function connectionView({ connection, transport }: Feed): NodeConnection {
  return {
    state: connection.status,
    reason: 'reason' in connection ? connection.reason : null,
    nextTryAt: connection.status === 'waiting' ? connection.until : null,
    transport,
  }
}

/** Polling that brings nothing keeps no node current: that is `offline`. */
export function modeOf({ connection, transport, pollFailure }: Feed): MonitoringMode {
  if (transport === 'polling') return pollFailure === null ? 'polling' : 'offline'
  switch (connection.status) {
    case 'live':
      return 'live'
    case 'connecting':
    case 'waiting':
      return 'connecting'
    case 'idle':
    case 'paused':
    case 'closed':
      return 'offline'
  }
}

/** Why a node is not current, in a sentence; null = it is, or it is too early to tell. */
export function problemOf({ connection, transport, pollFailure }: Feed, state: NodeState | undefined): string | null {
  if (transport === 'polling' && pollFailure !== null) return pollFailure
  if (transport === 'none' && 'reason' in connection) return connection.reason.message
  return state?.reach === 'down' ? (state.reachReason?.message ?? 'Asterisk does not answer.') : null
}
