import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'

/**
 * Is a button that tries again there? While it is wanted; and where it has the focus, also while it is tried, as it may be wanted again
 * the next moment. Drawn as `aria-disabled` then.
 */
export function useRetryButton(button: () => HTMLElement | null, wanted: () => boolean, trying: () => boolean): ComputedRef<boolean> {
  const kept = shallowRef(false)
  // Before the render: the button is still there.
  watch(trying, (is) => { kept.value = is && button()?.matches(':focus') === true })
  return computed(() => wanted() || (kept.value && trying()))
}
