import { computed, toValue } from 'vue'
import type { ComputedRef, MaybeRefOrGetter } from 'vue'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { isMissing } from '../services/connectionState.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import { NOT_ANSWERED } from '../services/fallback.ts'
import type { Transport } from '../services/TransportLadder.ts'
import { nodeIdOf } from '../stores/nodeId.ts'
import { storeOf } from './fromStore.ts'
import type { FromStore } from './fromStore.ts'
import { useHeld } from './useHeld.ts'
import { useStale } from './useStale.ts'

export interface NodeView {
  /** undefined before the first news. */
  readonly state: ComputedRef<NodeState | undefined>
  /** Its times are server times, like all others on the page. */
  readonly connection: ComputedRef<ConnectionState>
  /** Server ms; null = never heard. */
  readonly heardAt: ComputedRef<number | null>
  readonly transport: ComputedRef<Transport>
  /** The server's silence says nothing of the node (Supermon-NG): data may be as old as its last word. */
  readonly ageUnknown: ComputedRef<boolean>
  /** What is shown may no longer be true: the socket is gone, and polling brings nothing either. */
  readonly stale: ComputedRef<boolean>
  /** The server will not give this node: the reason is in `connection`, or it is left out of what is polled. */
  readonly refused: ComputedRef<boolean>
  retry(): void
}

/** One node as a component shows it: monitored while the calling scope lives. Reads only that node's refs. */
export function useNode(nodeId: MaybeRefOrGetter<string | number>, options: FromStore = {}): NodeView {
  const store = storeOf(options)
  const id = () => nodeIdOf(toValue(nodeId))
  useHeld(store, () => [id()])
  const transport = computed(() => store.transportOf(id()))
  const heardAt = computed(() => store.heardAt(id()))
  return {
    state: computed(() => store.stateOf(id())),
    connection: computed(() => inServerTime(store.connectionOf(id()), store.clockOffset())),
    heardAt,
    transport,
    ageUnknown: computed(() => !store.isAgeKnown(id())),
    stale: useStale(store, id),
    refused: computed(() => {
      const state = store.connectionOf(id())
      if (transport.value === 'polling') return store.errors[id()] === NOT_ANSWERED
      return (isMissing(state) || (state.status === 'paused' && state.why === 'refused')) && transport.value === 'none'
    }),
    retry: () => { store.retry(id()) },
  }
}

/** The machine counts in this browser's time; a page that shows one clock shows the server's. */
function inServerTime(state: ConnectionState, offset: number): ConnectionState {
  switch (state.status) {
    case 'connecting':
    case 'live':
      return { ...state, since: state.since + offset }
    case 'waiting':
      return { ...state, until: state.until + offset }
    case 'idle':
    case 'paused':
    case 'closed':
      return state
  }
}
