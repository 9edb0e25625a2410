import { getCurrentScope, ref, shallowReactive, shallowRef } from 'vue'
import type { Ref, ShallowRef } from 'vue'
import type { ListedNode } from '../services/gatewayApi.ts'
import type { WatchedNode } from './watchedNode.ts'

/** The node list, and when it was read, server ms. */
export interface Listing {
  readonly nodes: readonly ListedNode[]
  readonly at: number
}

export const NO_LISTING: Listing = { nodes: [], at: 0 }

/**
 * What one `realTime` store of one Pinia holds besides its state. It outlives the store's setup, which hot reload runs
 * again while the page goes on showing nodes.
 */
export interface Memory {
  readonly listing: ShallowRef<Listing>
  readonly watched: Map<string, WatchedNode>
  /** When news last came, this browser's ms; 0 = never. */
  readonly lastUpdateTime: Ref<number>
  /** Are nodes behind the adjacent ones left out of `remote_nodes`? */
  readonly adjacentOnly: Ref<boolean>
  /** Nodes that the page was told to monitor, and those that components show, with how many do. */
  readonly chosen: Set<string>
  readonly holds: Map<string, number>
}

const memories = new WeakMap<object, Map<string, Memory>>()

/**
 * To be called in a store's setup. Which Pinia it runs for is told by the scope around it alone: an app with two of them
 * injects the newer one into both.
 */
export function memoryOf(id: string): { readonly memory: Memory; readonly forget: () => void } {
  const { parent } = (getCurrentScope() ?? {}) as { parent?: object }
  const stores = (parent && memories.get(parent)) ?? new Map<string, Memory>()
  if (parent) memories.set(parent, stores)
  const memory = stores.get(id) ?? {
    listing: shallowRef(NO_LISTING), watched: shallowReactive(new Map()), lastUpdateTime: ref(0), adjacentOnly: ref(false), chosen: new Set(), holds: new Map(),
  }
  stores.set(id, memory)
  return { memory, forget: () => { if (stores.get(id) === memory) stores.delete(id) } }
}
