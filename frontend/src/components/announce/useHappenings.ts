import { effectScope, onScopeDispose, watch } from 'vue'
import { useNow } from '../../composables/useNow.ts'
import { useStale } from '../../composables/useStale.ts'
import type { SocketObserver } from '../../services/nodeEvents.ts'
import type { RealTimeStore } from '../../stores/realTime.ts'
import { useSettledConnection } from '../settledConnection.ts'
import { linkHappenings } from './happenings.ts'
import type { Happening } from './happenings.ts'
import { useLossHappenings } from './lossHappenings.ts'

/**
 * Tells what happens to nodes while the calling scope lives. It watches them and holds none: whoever shows a node does.
 * @param ids the nodes to look at
 */
export function useHappenings(store: RealTimeStore, ids: () => readonly string[], tell: (happening: Happening) => void): void {
  const now = useNow({ store })
  const { observers } = store.client.sockets
  /** Is what comes just now a patch? It goes on from the state that is held: between the two nothing was missed. */
  let patched = false
  const onSocket: SocketObserver = (_node, news) => { patched = 'type' in news && news.type === 'patch' }
  observers.add(onSocket)
  const watched = new Map<string, ReturnType<typeof effectScope>>()
  watch(
    () => [...new Set(ids())],
    (wanted) => {
      for (const [id, scope] of watched) {
        if (wanted.includes(id)) continue
        scope.stop()
        watched.delete(id)
      }
      for (const id of wanted) {
        if (watched.has(id)) continue
        const scope = effectScope(true)
        scope.run(() => { watchOne(store, id, now, () => patched, tell) })
        watched.set(id, scope)
      }
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    observers.delete(onSocket)
    for (const scope of watched.values()) scope.stop()
  })
}

function watchOne(
  store: RealTimeStore, id: string, now: ReturnType<typeof useNow>, patched: () => boolean, tell: (happening: Happening) => void,
): void {
  const node = () => id
  const stale = useStale(store, node)
  const connection = useSettledConnection(node, () => store.connectionOf(id), () => now.value)
  const facts = () => {
    const state = store.stateOf(id)
    return { reach: state?.reach ?? 'unknown', reachReason: state?.reachReason ?? null } as const
  }
  useLossHappenings(node, () => connection.value, () => stale.value, facts, (happenings) => { for (const each of happenings) tell(each) })
  /** Something may have happened that nobody saw: a whole state is a new beginning, until the one that is held proves right. */
  let missed = false
  // Not at once: the state that ends it is still judged as the first one after it.
  watch(stale, (isStale) => { missed = isStale })
  watch(
    () => store.stateOf(id),
    (after, before) => {
      const begins = (missed && !patched()) || before?.reach !== 'up' || after?.reach !== 'up'
      missed = stale.value
      if (begins || before === undefined || after === undefined) return
      for (const each of linkHappenings(id, before, after, store.client.env.now() + store.clockOffset())) tell(each)
    },
    // Two states of one moment are two pieces of news.
    { flush: 'sync' },
  )
}
