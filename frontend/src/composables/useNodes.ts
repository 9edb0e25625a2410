import { computed, toValue } from 'vue'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { Node } from '../stores/node.ts'
import { nodeIdsOf } from '../stores/nodeId.ts'
import { storeOf } from './fromStore.ts'
import type { FromStore } from './fromStore.ts'
import { useHeld } from './useHeld.ts'

/** Nodes in the order asked for, monitored while the calling scope lives. One that nothing is known of is left out. */
export function useNodes(nodeIds: MaybeRefOrGetter<readonly (string | number)[]>, options: FromStore = {}): ComputedRef<readonly Node[]> {
  const store = storeOf(options)
  useHeld(store, () => toValue(nodeIds))
  return computed(() => nodeIdsOf(toValue(nodeIds)).flatMap((id) => store.getNodeById(id) ?? []))
}
