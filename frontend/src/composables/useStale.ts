import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
import type { ConnectionState } from '../services/connectionState.ts'
import type { RealTimeStore } from '../stores/realTime.ts'

/** A blip shorter than this is not worth dimming a page for, ms. */
const STALE_AFTER = 3_000

/**
 * May what is shown of a node no longer be true: the socket is gone, and polling brings nothing either? Counted from the loss
 * and not from the last news: a quiet node was current until then, however long ago it spoke.
 * @param now estimated server ms
 */
export function useStale(store: RealTimeStore, id: () => string, now: Readonly<Ref<number>>): ComputedRef<boolean> {
  /** Server ms; null = nobody here saw the node lose a socket that had told of it. */
  const lostAt = shallowRef<number | null>(null)
  const { client } = store
  /** A socket that has greeted and no more says nothing of the node. */
  const isFed = (connection: ConnectionState) =>
    connection.status === 'live' && (client.sockets.heardAt(id()) ?? Number.NEGATIVE_INFINITY) >= connection.since
  watch(
    [id, () => store.connectionOf(id())] as const,
    ([node, connection], [nodeBefore, before]) => {
      if (node !== nodeBefore) lostAt.value = null
      else if (connection.status !== 'live' && isFed(before)) lostAt.value = client.env.now() + store.clockOffset()
    },
    // At once: what comes a moment later must not be taken for the loss.
    { flush: 'sync' },
  )
  return computed(() => {
    // What a socket tells is known at once by the state, or by the second.
    const heardAt = store.heardAt(id())
    if (store.stateOf(id()) === undefined || isFed(store.connectionOf(id()))) return false
    const patience = store.transportOf(id()) === 'polling' ? store.pollingState.lastInterval : 0
    const current = Math.max(heardAt ?? Number.NEGATIVE_INFINITY, lostAt.value ?? Number.NEGATIVE_INFINITY)
    return now.value - current > STALE_AFTER + patience
  })
}
