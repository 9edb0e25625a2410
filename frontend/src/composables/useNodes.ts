import { computed, toValue } from 'vue'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import { useRealTimeStore } from '../stores/realTime.ts'
import type { Node } from '../stores/node.ts'
import { useHeld } from './useHeld.ts'

/** Nodes in the order asked for, monitored while the calling scope lives. One that nothing is known of is left out. */
export function useNodes(nodeIds: MaybeRefOrGetter<readonly string[]>): ComputedRef<readonly Node[]> {
  const store = useRealTimeStore()
  const ids = () => [...new Set(toValue(nodeIds))]
  useHeld(ids)
  return computed(() => ids().flatMap((id) => store.getNodeById(id) ?? []))
}
