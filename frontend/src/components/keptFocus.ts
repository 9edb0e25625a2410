import { onBeforeUpdate, onUpdated } from 'vue'

/**
 * What has the focus and is taken out leaves it to `heir`: browsers drop it, and the next Tab would start at the top of the page.
 * @param within looked after in it; only what this component itself draws
 * @param heir has a tabindex
 */
export function useKeptFocus(within: () => HTMLElement | null, heir = within): void {
  let held: Element | null = null

  onBeforeUpdate(() => {
    const active = within()?.ownerDocument.activeElement ?? null
    // Losing the focus may itself cause another update before this one is done.
    held ??= active !== null && within()?.contains(active) === true ? active : null
  })
  onUpdated(() => {
    const lost = held?.isConnected === false && held.ownerDocument.activeElement === held.ownerDocument.body
    held = null
    if (lost) heir()?.focus({ preventScroll: true })
  })
}
