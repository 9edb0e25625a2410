import { getCurrentInstance, onMounted, onScopeDispose, watch } from 'vue'
import { useRealTimeStore } from '../stores/realTime.ts'

/** Monitors these nodes while the calling scope lives: in a component from its mounting on, so that nothing is opened on a server. */
export function useHeld(ids: () => readonly string[]): void {
  const store = useRealTimeStore()
  const held = new Map<string, () => void>()
  const follow = () => {
    watch(
      () => ids().map((id) => id.trim()).filter((id) => id !== ''),
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
  }
  if (getCurrentInstance() === null) follow()
  else onMounted(follow)
  onScopeDispose(() => {
    for (const release of held.values()) release()
    held.clear()
  })
}
