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
  /** Server ms; null = nobody here saw the node lose its socket. */
  const lostAt = shallowRef<number | null>(null)
  watch(
    [id, () => store.transportOf(id())] as const,
    ([node, transport], [nodeBefore, before]) => {
      if (node !== nodeBefore) lostAt.value = null
      else if (before === 'socket' && transport !== 'socket') lostAt.value = store.client.env.now() + store.clockOffset()
    },
    // At once: what comes a moment later must not be taken for the loss.
    { flush: 'sync' },
  )
  return computed(() => {
    const transport = store.transportOf(id())
    if (transport === 'socket' || store.stateOf(id()) === undefined) return false
    const patience = transport === 'polling' ? store.pollingState.lastInterval : 0
    const current = Math.max(store.heardAt(id()) ?? Number.NEGATIVE_INFINITY, lostAt.value ?? Number.NEGATIVE_INFINITY)
    return now.value - current > STALE_AFTER + patience
  })
}
