import { computed, shallowRef } from 'vue'
import type { ComputedRef, ShallowRef } from 'vue'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { fromStatusRow } from '../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { Transport } from '../services/TransportLadder.ts'
import { clockOf } from './clock.ts'
import { toNode } from './node.ts'
import type { Asked, Listed, Node } from './node.ts'
import { connectionView, modeOf, problemOf } from './nodeConnection.ts'
import type { MonitoringMode, NodeConnection } from './nodeConnection.ts'

/** One monitored node: everything the page shows of it, each in a ref of its own. */
export interface WatchedNode {
  readonly state: ShallowRef<NodeState | undefined>
  readonly connection: ShallowRef<ConnectionState>
  readonly transport: ShallowRef<Transport>
  readonly row: ComputedRef<Node>
  readonly view: ComputedRef<NodeConnection>
  readonly mode: ComputedRef<MonitoringMode>
  /** Why it is not current, in a sentence; null = it is. */
  readonly problem: ComputedRef<string | null>
  /** Opens what feeds it; a second call changes nothing. @returns settles when the socket's first try succeeded or failed */
  resume(): Promise<void>
  /** Closes what feeds it, and keeps what is known. */
  pause(): void
  /** A row that somebody asked for. @param place as for `WebSocketService.offerPoll` */
  offer(row: LooseStatusRow, place: { readonly at: number | null; readonly askedAt: number }): void
  /** Closes it for good. */
  stop(): void
}

/**
 * @param listed what the node list says of it, if it does
 * @param onNews is called after each change of the node's state
 */
export function watchNode(client: LiveClient, id: string, asked: Asked, listed: () => Listed | undefined, onNews: () => void): WatchedNode {
  const { sockets, ladder } = client
  const clock = clockOf(client)
  const since = sockets.serverNow()
  // Another store of this page may have heard of the node already.
  const state = shallowRef<NodeState | undefined>(sockets.currentState(id) ?? undefined)
  /** Server time of the newest news; moves with `state`. */
  let newsAt = since
  const connection = shallowRef(sockets.getNodeState(id))
  const transport = shallowRef(ladder.transportOf(id))
  const pollFailure = shallowRef(ladder.failureOf(id))
  const feed = () => ({ connection: connection.value, transport: transport.value, pollFailure: pollFailure.value })
  const problem = computed(() => problemOf(feed(), state.value))
  function tell(next: NodeState, at: number): void {
    newsAt = at
    state.value = next
    onNews()
  }
  const offs = [
    sockets.onNodeMessage(id, (update) => { tell(update.state, update.at) }),
    sockets.onNodeStateChange(id, (next) => { connection.value = next }),
    ladder.onTransport((nodeId, next) => {
      if (nodeId !== id) return
      transport.value = next
      pollFailure.value = ladder.failureOf(id)
    }),
    ladder.onPolling(() => { pollFailure.value = ladder.failureOf(id) }),
  ]
  /** The way out of what feeds it; null = nothing does. */
  let leave: (() => void) | null = null
  function pause(): void {
    if (leave === null) return
    leave()
    leave = null
    ladder.unwatch(id)
    connection.value = sockets.getNodeState(id)
    transport.value = ladder.transportOf(id)
  }
  return {
    state,
    connection,
    transport,
    row: computed(() => {
      const news = state.value && { state: state.value, at: newsAt }
      // What is wrong says nothing of news that are there: they stay the same object.
      return toNode(id, { listed: listed(), since, news, problem: news ? null : problem.value }, asked)
    }),
    view: computed(() => connectionView(feed())),
    mode: computed(() => modeOf(feed())),
    problem,
    resume() {
      if (leave !== null) return sockets.connectToNode(id)
      leave = clock.follow()
      return ladder.watch(id)
    },
    pause,
    offer(row, place) {
      if (leave !== null) sockets.offerPoll(id, row, place)
      else {
        const at = place.at ?? sockets.serverNow()
        tell(fromStatusRow(row, at, state.value), at)
      }
    },
    stop() {
      for (const off of offs) off()
      pause()
    },
  }
}
