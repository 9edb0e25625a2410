import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'
import type { ConnectionState } from '../services/connectionState.ts'

/**
 * A dropped socket is often back before anyone could read that it was gone. Two seconds of patience, and half a tick
 * more because `now` is up to a second old when it is read.
 */
export const BLIP_MS = 2_500

/**
 * The connection as it should be told: one that was live, or needed no socket, keeps being told so while it tries, until the blip
 * is over. A pause is told at once: it does not end by itself. No timers: it is `now` that ends the patience.
 * @param node id of the node; another node starts with no memory
 * @param now ms, any clock that moves; where it is set by more than the patience, that is over
 */
export function useSettledConnection(
  node: () => string,
  connection: () => ConnectionState,
  now: () => number,
): ComputedRef<ConnectionState> {
  const held = shallowRef<{ readonly well: ConnectionState; readonly leftAt: number } | null>(null)
  // Before the render and not at once: props arrive one by one, and the node must be seen together with its connection.
  watch([node, connection] as const, ([id, to], [oldId, from]) => {
    const trying = to.status === 'connecting' || to.status === 'waiting'
    if (id !== oldId || !trying) held.value = null
    else if (from.status === 'live' || (from.status === 'paused' && from.why === 'flag-off')) held.value = { well: from, leftAt: now() }
  })
  return computed(() => (held.value !== null && Math.abs(now() - held.value.leftAt) < BLIP_MS ? held.value.well : connection()))
}
