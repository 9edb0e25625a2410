import { computed, toValue } from 'vue'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { NodeConnection } from '../stores/nodeConnection.ts'
import { nodeIdOf } from '../stores/nodeId.ts'
import { storeOf } from './fromStore.ts'
import type { FromStore } from './fromStore.ts'
import { useHeld } from './useHeld.ts'

/** How a node is kept current: undefined until it is monitored, which it is while the calling scope lives. */
export function useConnection(nodeId: MaybeRefOrGetter<string | number>, options: FromStore = {}): ComputedRef<NodeConnection | undefined> {
  const store = storeOf(options)
  useHeld(store, () => [toValue(nodeId)])
  return computed(() => store.connections[nodeIdOf(toValue(nodeId))])
}
