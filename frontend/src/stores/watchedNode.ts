import { computed, shallowRef } from 'vue'
import type { ComputedRef, ShallowRef } from 'vue'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import type { ListedNode } from '../services/gatewayApi.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { Transport } from '../services/TransportLadder.ts'
import { toNode } from './node.ts'
import type { Node } from './node.ts'

/** One monitored node: everything the page shows of it, each in a ref of its own. */
export interface WatchedNode {
  readonly state: ShallowRef<NodeState | undefined>
  readonly connection: ShallowRef<ConnectionState>
  readonly transport: ShallowRef<Transport>
  readonly row: ComputedRef<Node>
  /** Opens what feeds it; a second call changes nothing. @returns settles when the socket's first try succeeded or failed */
  resume(): Promise<void>
  /** Closes what feeds it, and keeps what is known. */
  pause(): void
  /** Closes it for good. */
  stop(): void
}

/** @param onNews is called after each change of the node's state */
export function watchNode(client: LiveClient, id: string, listed: () => ListedNode | undefined, onNews: () => void): WatchedNode {
  const { sockets, ladder } = client
  // Another store of this page may have heard of the node already.
  const state = shallowRef<NodeState | undefined>(sockets.currentState(id) ?? undefined)
  const connection = shallowRef(sockets.getNodeState(id))
  const transport = shallowRef(ladder.transportOf(id))
  const offs = [
    sockets.onNodeMessage(id, (update) => {
      state.value = update.state
      onNews()
    }),
    sockets.onNodeStateChange(id, (next) => { connection.value = next }),
    ladder.onTransport((nodeId, next) => {
      if (nodeId === id) transport.value = next
    }),
  ]
  let fed = false
  function pause(): void {
    if (!fed) return
    fed = false
    ladder.unwatch(id)
    transport.value = ladder.transportOf(id)
  }
  return {
    state,
    connection,
    transport,
    row: computed(() => toNode(id, listed(), state.value, sockets.serverNow())),
    resume() {
      if (fed) return sockets.connectToNode(id)
      fed = true
      return ladder.watch(id)
    },
    pause,
    stop() {
      for (const off of offs) off()
      pause()
    },
  }
}
