/** Supermon-NG 4.3's `services/WebSocketService`, by its signatures, over our connections. */
import { toStatusRow } from '../../../protocol/statusRow.ts'
import type { StatusRow } from '../../../protocol/statusRow.ts'
import type { Env } from '../env/env.ts'
import { wallClock } from '../env/steadyClock.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import type { LiveClient } from '../services/liveClient.ts'
import { compatClient } from './client.ts'

/** The flat message of Supermon-NG's server. */
export interface WebSocketMessage extends StatusRow {
  /** Unix seconds, server clock. */
  readonly timestamp: number
}

export interface WebSocketState {
  readonly connected: boolean
  readonly connecting: boolean
  readonly error: string | null
  readonly reconnectAttempts: number
  /** This browser's ms, by the clock as it is set now; 0 = never. */
  readonly lastMessageTime: number
}

/** What was connected here, by client: one of several who may have a node watched. */
const held = new WeakMap<LiveClient, Set<string>>()

function heldOf(client: LiveClient): Set<string> {
  const known = held.get(client)
  if (known !== undefined) return known
  const made = new Set<string>()
  held.set(client, made)
  client.onDispose(() => {
    for (const nodeId of made) client.ladder.unwatch(nodeId)
    made.clear()
  })
  return made
}

class CompatWebSocketService {
  /**
   * Counts like one more viewer: the node stays connected until this viewer and all others have left. While its socket is down it is
   * polled, and its messages go on.
   * @param _url where Supermon-NG's page would connect to; the address is our business
   */
  async connectToNode(nodeId: string, _url?: string): Promise<void> {
    const client = compatClient()
    const id = idOf(nodeId)
    if (id === '') return
    const mine = heldOf(client)
    if (mine.has(id)) return client.sockets.connectToNode(id)
    mine.add(id)
    return client.ladder.watch(id)
  }

  /** A node that the store or a component still shows stays connected. */
  disconnectFromNode(nodeId: string): void {
    const client = compatClient()
    const id = idOf(nodeId)
    if (heldOf(client).delete(id)) client.ladder.unwatch(id)
  }

  /** Of all nodes that were connected here. */
  disconnectAll(): void {
    for (const id of [...heldOf(compatClient())]) this.disconnectFromNode(id)
  }

  /** Calls `handler` with the whole row on each change, as that server sends it. Acks and pongs are no messages. */
  onNodeMessage(nodeId: string, handler: (message: WebSocketMessage) => void): () => void {
    const { sockets } = compatClient()
    const id = idOf(nodeId)
    return sockets.onNodeMessage(id, ({ state }) => {
      const now = sockets.serverNow()
      handler({ ...toStatusRow(id, state, now), timestamp: Math.floor(now / 1000) })
    })
  }

  onNodeStateChange(nodeId: string, handler: (state: WebSocketState) => void): () => void {
    const { env, sockets } = compatClient()
    const id = idOf(nodeId)
    return sockets.onNodeStateChange(id, (state) => { handler(compatState(state, sockets.heardAt(id), env)) })
  }

  isNodeConnected(nodeId: string): boolean {
    return compatClient().sockets.isNodeConnected(idOf(nodeId))
  }

  getNodeState(nodeId: string): WebSocketState {
    const { env, sockets } = compatClient()
    const id = idOf(nodeId)
    return compatState(sockets.getNodeState(id), sockets.heardAt(id), env)
  }

  getAllConnectedNodes(): string[] {
    return [...compatClient().sockets.getAllConnectedNodes()]
  }

  retryConnection(nodeId: string): void {
    compatClient().sockets.retryConnection(idOf(nodeId))
  }

  /** The next try comes at once; nothing else is counted that a page could see. */
  resetReconnectAttempts(nodeId: string): void {
    this.retryConnection(nodeId)
  }
}

/** Supermon-NG's own lists hold numbers. */
function idOf(nodeId: string | number): string {
  return String(nodeId).trim()
}

function compatState(state: ConnectionState, heardAt: number | null, env: Env): WebSocketState {
  return {
    connected: state.status === 'live',
    connecting: state.status === 'connecting',
    error: 'reason' in state ? state.reason.message : null,
    reconnectAttempts: 'attempt' in state ? state.attempt - 1 : 0,
    lastMessageTime: heardAt === null ? 0 : heardAt + wallClock(env) - env.now(),
  }
}

export type { CompatWebSocketService as WebSocketService }
/** Nothing is opened by importing it. */
export const webSocketService = new CompatWebSocketService()
