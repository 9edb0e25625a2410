import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { WatchedNode } from './watchedNode.ts'

/**
 * A record by node id whose values are read where they are looked at: who shows one node is not woken by another's news, only
 * when nodes come or go.
 */
export function perNode<T>(watched: ReadonlyMap<string, WatchedNode>, valueOf: (entry: WatchedNode) => T): ComputedRef<Readonly<Record<string, T>>> {
  return computed(() => {
    const record: Record<string, T> = {}
    for (const [id, entry] of watched) Object.defineProperty(record, id, { enumerable: true, get: () => valueOf(entry) })
    return record
  })
}
