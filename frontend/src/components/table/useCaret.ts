import { watch } from 'vue'
import type { Ref } from 'vue'

/**
 * Tells of the page's caret in an element: a screen reader's place in Firefox, as Orca moves it to each cell that it reads. A click leaves one as well.
 * @param told is it inside (true, with each move), or not any more (false, once)
 */
export function useCaret(element: Readonly<Ref<Element | null>>, told: (inside: boolean) => void): void {
  watch(element, (home, _, onCleanup) => {
    const page = home?.ownerDocument
    let was = false
    const look = () => {
      const is = home?.contains(page?.getSelection()?.anchorNode ?? null) === true
      if (is || was) told(is)
      was = is
    }
    page?.addEventListener('selectionchange', look)
    onCleanup(() => { page?.removeEventListener('selectionchange', look) })
  }, { immediate: true, flush: 'post' })
}
