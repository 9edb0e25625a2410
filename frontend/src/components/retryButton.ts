import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'

/**
 * Is a button that tries again there? While it is wanted; and where it has the focus, also while it is tried, as it may be wanted again
 * the next moment. Drawn as `aria-disabled` then.
 */
export function useRetryButton({ button, wanted, trying, send, inVain }: {
  readonly button: () => HTMLElement | null
  readonly wanted: () => boolean
  readonly trying: () => boolean
  /** Tries. */
  readonly send: () => void
  /** What was pressed has failed: what stands there is as before, and whoever does not look hears of nothing. Not told of tries by themselves. */
  readonly inVain: () => void
}): { readonly hasRetry: ComputedRef<boolean>; readonly retry: () => void } {
  const kept = shallowRef(false)
  let pressed = false
  // Before the render: the button is still there.
  watch(trying, (is) => {
    kept.value = is && button()?.matches(':focus') === true
    if (is) return
    if (pressed && wanted()) inVain()
    pressed = false
  })
  return {
    hasRetry: computed(() => wanted() || (kept.value && trying())),
    retry() {
      if (!wanted()) return
      pressed = true
      send()
    },
  }
}
