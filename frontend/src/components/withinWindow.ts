import { onBeforeUnmount, watch } from 'vue'

/** Room that is left at the edges of the window, px. */
const EDGE = 8

/**
 * Shifts what opens sideways until it is within the window: lines wrap, so no style sheet knows where its button stands. Looked
 * at when it opens, before it is painted, and while it is open at each change of its size and of the page's.
 */
export function useWithinWindow(element: () => HTMLElement | null, open: () => boolean): void {
  let observer: ResizeObserver | null = null

  function shift(): void {
    const shown = element()
    if (shown === null) return
    shown.style.translate = ''
    const { left, right } = shown.getBoundingClientRect()
    const beyond = shown.ownerDocument.documentElement.clientWidth - EDGE - right
    shown.style.translate = `${Math.max(EDGE - left, Math.min(0, beyond))}px`
  }

  watch(open, (is) => {
    observer?.disconnect()
    const shown = element()
    if (!is || shown === null) return
    observer ??= new ResizeObserver(shift)
    observer.observe(shown)
    observer.observe(shown.ownerDocument.documentElement)
  }, { flush: 'post' })
  onBeforeUnmount(() => { observer?.disconnect() })
}
