import { onBeforeUpdate, onUpdated, shallowReadonly, shallowRef } from 'vue'
import type { Ref } from 'vue'

/** Rows are found by this attribute of theirs. */
const ROW = '[data-link]'
/** A link is away for a moment while its mode is changed, as app_rpt calls anew, ms. */
const MOMENT_MS = 5_000

export interface RowFocus {
  /** The link whose row has the focus. */
  readonly focused: Readonly<Ref<string | null>>
  readonly onFocusIn: () => void
  /** Tells whether the focus stays in the rows. */
  readonly onFocusOut: (event: FocusEvent) => boolean
  /** Something takes the focus for a while, whatever becomes of the rows. @returns gives it back */
  readonly lend: () => () => void
}

interface Held {
  readonly element: HTMLElement
  readonly id: string
  readonly place: number
  /** When it was seen last, ms. */
  readonly at: number
}

/**
 * Keeps the focus where it was while rows are moved, redrawn or taken out under it: browsers drop it. A row that is gone
 * leaves it to the one in its place, and where there is none to `home`, if that is still there; it has it back if it comes back at once and
 * nobody has moved it meanwhile.
 * @param now ms
 */
export function useRowFocus(home: () => HTMLElement | null, now: Readonly<Ref<number>>): RowFocus {
  const focused = shallowRef<string | null>(null)
  let held: Held | null = null
  /** The row that is gone, until the focus leaves what has it now. */
  let gone: Held | null = null

  const rows = () => [...(home()?.querySelectorAll<HTMLElement>(ROW) ?? [])]
  const rowOf = (id: string) => rows().find((row) => row.dataset['link'] === id)

  function look(): Held | null {
    const element = home()?.ownerDocument.activeElement as HTMLElement | null | undefined
    const row = element?.closest<HTMLElement>(ROW)
    return element && row && home()?.contains(row) === true ? { element, id: row.dataset['link'] ?? '', place: rows().indexOf(row), at: now.value } : null
  }

  onBeforeUpdate(() => {
    // Losing the focus may itself cause another update before this one is done.
    held ??= look()
  })
  onUpdated(() => {
    const was = held
    held = null
    if (was !== null && was.element.ownerDocument.activeElement?.tagName === 'BODY') giveBack(was)
    else if (gone !== null && now.value - gone.at < MOMENT_MS && rowOf(gone.id)) giveBack(gone)
  })

  function giveBack(was: Held): void {
    const left = rows()
    const row = rowOf(was.id)
    const next = was.element.isConnected ? was.element : ((row ?? left[was.place] ?? left.at(-1))?.querySelector<HTMLElement>('button, a, input') ?? home())
    next?.focus({ preventScroll: true })
    gone = row || !next ? null : was
  }

  return {
    focused: shallowReadonly(focused),
    onFocusIn() {
      focused.value = look()?.id ?? null
    },
    onFocusOut(event) {
      gone = null
      const stays = home()?.contains(event.relatedTarget as Node | null) === true
      if (!stays) focused.value = null
      return stays
    },
    lend() {
      const was = look()
      return () => { if (was !== null) giveBack(was) }
    },
  }
}
