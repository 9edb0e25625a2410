/** Supermon-NG 4.3's `services/WebSocketService`, by its signatures, over our connections. */
import { toStatusRow } from '../../../protocol/statusRow.ts'
import type { StatusRow } from '../../../protocol/statusRow.ts'
import type { ConnectionState } from '../services/connectionState.ts'
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
  /** This browser's ms; 0 = never. */
  readonly lastMessageTime: number
}

class CompatWebSocketService {
  /** @param _url where Supermon-NG's page would connect to; the address is our business */
  async connectToNode(nodeId: string, _url?: string): Promise<void> {
    await compatClient().sockets.connectToNode(nodeId)
  }

  disconnectFromNode(nodeId: string): void {
    compatClient().sockets.disconnectFromNode(nodeId)
  }

  disconnectAll(): void {
    compatClient().sockets.disconnectAll()
  }

  /** Calls `handler` with the whole row on each change, as that server sends it. Acks and pongs are no messages. */
  onNodeMessage(nodeId: string, handler: (message: WebSocketMessage) => void): () => void {
    const { sockets } = compatClient()
    return sockets.onNodeMessage(nodeId, ({ state }) => {
      const now = sockets.serverNow()
      handler({ ...toStatusRow(nodeId, state, now), timestamp: Math.floor(now / 1000) })
    })
  }

  onNodeStateChange(nodeId: string, handler: (state: WebSocketState) => void): () => void {
    const { sockets } = compatClient()
    return sockets.onNodeStateChange(nodeId, (state) => { handler(compatState(state, sockets.heardAt(nodeId))) })
  }

  isNodeConnected(nodeId: string): boolean {
    return compatClient().sockets.isNodeConnected(nodeId)
  }

  getNodeState(nodeId: string): WebSocketState {
    const { sockets } = compatClient()
    return compatState(sockets.getNodeState(nodeId), sockets.heardAt(nodeId))
  }

  getAllConnectedNodes(): string[] {
    return [...compatClient().sockets.getAllConnectedNodes()]
  }

  retryConnection(nodeId: string): void {
    compatClient().sockets.retryConnection(nodeId)
  }

  /** The next try comes at once; nothing else is counted that a page could see. */
  resetReconnectAttempts(nodeId: string): void {
    this.retryConnection(nodeId)
  }
}

function compatState(state: ConnectionState, heardAt: number | null): WebSocketState {
  return {
    connected: state.status === 'live',
    connecting: state.status === 'connecting',
    error: 'reason' in state ? state.reason.message : null,
    reconnectAttempts: 'attempt' in state ? state.attempt - 1 : 0,
    lastMessageTime: heardAt ?? 0,
  }
}

export type { CompatWebSocketService as WebSocketService }
/** Nothing is opened by importing it. */
export const webSocketService = new CompatWebSocketService()
