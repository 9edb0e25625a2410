import { getCurrentInstance, onMounted, shallowRef } from 'vue'
import type { Ref } from 'vue'

/**
 * True while a component takes over what a server wrote: its first rendering has to be the same, so what only the page knows is asked afterwards.
 * False from the start where no server wrote anything.
 */
export function useTakenOver(): Readonly<Ref<boolean>> {
  // A component that is rendered anew has no element yet.
  const takenOver = shallowRef(getCurrentInstance()?.vnode.el != null)
  if (takenOver.value) onMounted(() => { takenOver.value = false })
  return takenOver
}
