import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'
import type { ConnectionState } from '../services/connectionState.ts'
import { STALE_AFTER } from '../services/fallback.ts'
import type { RealTimeStore } from '../stores/realTime.ts'
import { useNow } from './useNow.ts'

/**
 * May what is shown of a node no longer be true: the socket is gone, and polling brings nothing either? Counted from the loss
 * and not from the last news: a quiet node was current until then, however long ago it spoke.
 */
export function useStale(store: RealTimeStore, id: () => string): ComputedRef<boolean> {
  /** By this browser's clock, ms, as the server's may be set meanwhile; null = nobody here saw the node lose a socket that had told of it. */
  const lostAt = shallowRef<number | null>(null)
  const { client } = store
  // Ages move for as long as somebody follows the clock.
  useNow({ store })
  /** A socket that has greeted and no more says nothing of the node. */
  const isFed = (connection: ConnectionState) =>
    connection.status === 'live' && (client.sockets.heardAt(id()) ?? Number.NEGATIVE_INFINITY) >= connection.since
  watch(
    [id, () => store.connectionOf(id())] as const,
    ([node, connection], [nodeBefore, before]) => {
      if (node !== nodeBefore) lostAt.value = null
      else if (connection.status !== 'live' && isFed(before)) lostAt.value = client.env.now()
    },
    // At once: what comes a moment later must not be taken for the loss.
    { flush: 'sync' },
  )
  return computed(() => {
    // What a socket tells is known at once by the state, or by the second.
    const age = store.ageOf(id())
    if (store.stateOf(id()) === undefined || isFed(store.connectionOf(id()))) return false
    const patience = store.transportOf(id()) === 'polling' ? store.pollingState.lastInterval : 0
    const sinceLoss = client.env.now() - (lostAt.value ?? Number.NEGATIVE_INFINITY)
    return Math.min(age ?? Number.POSITIVE_INFINITY, sinceLoss) > STALE_AFTER + patience
  })
}
