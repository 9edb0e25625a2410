import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef, Ref } from 'vue'
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
  /** This browser's ms; null = nobody here saw it get its socket. */
  let foundAt: number | null = null
  const { client } = store
  /** A socket that has greeted and no more says nothing of the node. */
  const vouched = (node: string) => foundAt === null || (client.sockets.heardAt(node) ?? Number.NEGATIVE_INFINITY) >= foundAt
  watch(
    [id, () => store.transportOf(id())] as const,
    ([node, transport], [nodeBefore, before]) => {
      if (node !== nodeBefore) {
        lostAt.value = null
        foundAt = null
      } else if (transport === 'socket') foundAt = client.env.now()
      else if (before === 'socket' && vouched(node)) lostAt.value = client.env.now() + store.clockOffset()
    },
    // At once: what comes a moment later must not be taken for the loss.
    { flush: 'sync' },
  )
  return computed(() => {
    const transport = store.transportOf(id())
    // What a socket tells is known at once by the state, or by the second.
    const heardAt = store.heardAt(id())
    if (store.stateOf(id()) === undefined || (transport === 'socket' && vouched(id()))) return false
    const patience = transport === 'polling' ? store.pollingState.lastInterval : 0
    const current = Math.max(heardAt ?? Number.NEGATIVE_INFINITY, lostAt.value ?? Number.NEGATIVE_INFINITY)
    return now.value - current > STALE_AFTER + patience
  })
}
