import { computed, toValue } from 'vue'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { NodeConnection } from '../stores/realTime.ts'
import { useRealTimeStore } from '../stores/realTime.ts'
import { useHeld } from './useHeld.ts'

/** How a node is kept current: undefined until it is monitored, which it is while the calling scope lives. */
export function useConnection(nodeId: MaybeRefOrGetter<string>): ComputedRef<NodeConnection | undefined> {
  const store = useRealTimeStore()
  useHeld(() => [toValue(nodeId)])
  return computed(() => store.connections[toValue(nodeId)])
}
