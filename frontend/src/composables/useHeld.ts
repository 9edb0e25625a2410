import { watch } from 'vue'
import { nodeIdsOf } from '../stores/nodeId.ts'
import type { RealTimeStore } from '../stores/realTime.ts'
import { whileInUse } from './whileInUse.ts'

/** Monitors these nodes while the calling scope lives: in a component from its mounting on, so that nothing is opened on a server. */
export function useHeld(store: RealTimeStore, ids: () => readonly (string | number)[]): void {
  const held = new Map<string, () => void>()
  whileInUse(store.client, () => {
    watch(
      () => nodeIdsOf(ids()),
      (wanted) => {
        for (const id of wanted) if (!held.has(id)) held.set(id, store.hold(id))
        for (const [id, release] of held) {
          if (wanted.includes(id)) continue
          held.delete(id)
          release()
        }
      },
      { immediate: true },
    )
    return () => {
      for (const release of held.values()) release()
      held.clear()
    }
  })
}
