/**
 * The stores, by the types that Supermon-NG's pages are written against. Those say a number for `node_number`, a text or nothing where
 * their server sends null, and nothing at all for names: what fits in both ways is `any` here. The stores are the same ones, and their
 * own types stay strict.
 */
import type { StoreDefinition } from 'pinia'
import type { ComputedRef } from 'vue'
import { useAstDbStore as useStrictAstDbStore } from '../stores/astdb.ts'
import type { Node as StrictNode } from '../stores/node.ts'
import { useRealTimeStore as useStrictRealTimeStore } from '../stores/realTime.ts'

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- nothing else is a string here and a number there
type Either = any

/** A node as Supermon-NG's components read it; `node_number` is a string, and what is not known is `null`. */
export type Node = { readonly [Field in keyof StrictNode]: Field extends 'node_number' ? Either : null extends StrictNode[Field] ? Either : StrictNode[Field] }

/** A store with other types for some of its getters and actions. */
type Retyped<Strict, Getters, Actions> = Strict extends StoreDefinition<infer Id, infer State, infer G, infer A>
  ? StoreDefinition<Id, State, Getters & Omit<G, keyof Getters>, Actions & Omit<A, keyof Actions>>
  : never

/** @returns resolves with an `AstDbEntry`, or null */
type GetNodeInfo = (nodeId: string) => Promise<Either>
export const useAstDbStore: Retyped<typeof useStrictAstDbStore, object, { getNodeInfo: GetNodeInfo }> = useStrictAstDbStore

interface Getters {
  nodes: ComputedRef<Node[]>
  getNodeById: ComputedRef<(nodeId: string | number) => Node | undefined>
  astdbStore: ComputedRef<ReturnType<typeof useAstDbStore>>
}
export const useRealTimeStore: Retyped<typeof useStrictRealTimeStore, Getters, object> = useStrictRealTimeStore
