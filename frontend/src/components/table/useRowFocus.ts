import { onBeforeUpdate, onUpdated, shallowReadonly, shallowRef } from 'vue'
import type { Ref } from 'vue'

/** Rows are found by this attribute of theirs. */
const ROW = '[data-link]'

export interface RowFocus {
  /** The link whose row has the focus. */
  readonly focused: Readonly<Ref<string | null>>
  readonly onFocusIn: (event: FocusEvent) => void
  /** Tells whether the focus stays in the rows. */
  readonly onFocusOut: (event: FocusEvent) => boolean
  /** Something takes the focus for a while, whatever becomes of the rows. @returns gives it back */
  readonly lend: () => () => void
}

interface Held {
  readonly element: HTMLElement
  readonly id: string
  readonly place: number
}

/**
 * Keeps the focus where it was while rows are moved, redrawn or taken out under it: browsers drop it. A row that is gone
 * leaves it to the one in its place, and where there is none to `home`, if that is still there.
 */
export function useRowFocus(home: () => HTMLElement | null): RowFocus {
  const focused = shallowRef<string | null>(null)
  let held: Held | null = null

  const rows = () => [...(home()?.querySelectorAll<HTMLElement>(ROW) ?? [])]

  function look(): Held | null {
    const active = home()?.ownerDocument.activeElement
    const row = active?.closest<HTMLElement>(ROW)
    if (row == null || home()?.contains(row) !== true) return null
    return { element: active as HTMLElement, id: row.dataset['link'] ?? '', place: rows().indexOf(row) }
  }

  onBeforeUpdate(() => {
    // Losing the focus may itself cause another update before this one is done.
    held ??= look()
  })
  onUpdated(() => {
    const was = held
    held = null
    if (was === null) return
    const document = home()?.ownerDocument
    if (document === undefined || (document.activeElement !== document.body && document.activeElement !== null)) return
    giveBack(was)
  })

  function giveBack({ element, id, place }: Held): void {
    if (element.isConnected) {
      element.focus({ preventScroll: true })
      return
    }
    const left = rows()
    const row = left.find((each) => each.dataset['link'] === id) ?? left[Math.min(place, left.length - 1)]
    const next = row?.querySelector<HTMLElement>('button, a, input') ?? home()
    next?.focus({ preventScroll: true })
  }

  return {
    focused: shallowReadonly(focused),
    onFocusIn(event) {
      focused.value = (event.target as Element).closest<HTMLElement>(ROW)?.dataset['link'] ?? null
    },
    onFocusOut(event) {
      const stays = event.relatedTarget instanceof Node && home()?.contains(event.relatedTarget) === true
      if (!stays) focused.value = null
      return stays
    },
    lend() {
      const was = look()
      return () => { if (was !== null) giveBack(was) }
    },
  }
}
