import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'
import type { ConnectionState } from '../services/connectionState.ts'

/**
 * A dropped socket is often back before anyone could read that it was gone. Two seconds of patience, and half a tick
 * more because `now` is up to a second old when it is read.
 */
export const BLIP_MS = 2_500
/** A node that was refused is tried again now and then, and mostly refused at once: nobody reads what stands there for a tenth of a second. */
export const REFUSED_MS = 1_000
const PATIENCE = { live: BLIP_MS, 'flag-off': BLIP_MS, refused: REFUSED_MS, 'needs-auth': REFUSED_MS, offline: 0, hidden: 0 } as const

/**
 * The connection as it should be told: one that was live, needed no socket or was refused keeps being told so while it tries, until the
 * blip is over. A pause is told at once: it does not end by itself. No timers: it is `now` that ends the patience.
 * @param node id of the node; another node starts with no memory
 * @param now ms, any clock that moves; where it is set by more than the patience, that is over
 */
export function useSettledConnection(
  node: () => string,
  connection: () => ConnectionState,
  now: () => number,
): ComputedRef<ConnectionState> {
  const held = shallowRef<{ readonly before: ConnectionState; readonly leftAt: number; readonly forMs: number } | null>(null)
  // Before the render and not at once: props arrive one by one, and the node must be seen together with its connection.
  watch([node, connection] as const, ([id, to], [oldId, from]) => {
    const trying = to.status === 'connecting' || to.status === 'waiting'
    if (id !== oldId || !trying) held.value = null
    else if (from.status === 'live' || from.status === 'paused') held.value = { before: from, leftAt: now(), forMs: PATIENCE[from.status === 'live' ? 'live' : from.why] }
  })
  return computed(() => (held.value !== null && Math.abs(now() - held.value.leftAt) < held.value.forMs ? held.value.before : connection()))
}
