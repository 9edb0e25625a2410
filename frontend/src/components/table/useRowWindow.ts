import { computed, getCurrentInstance, onBeforeUnmount, onMounted, shallowRef } from 'vue'
import type { ComputedRef } from 'vue'
import { usePageEnv } from '../../composables/usePageEnv.ts'

/** More links than this are a big table. */
export const BIG = 60
/** A big table stays one until it has fewer than this, or a link that comes and goes would rebuild it each time. */
const BIG_STILL = 50
/** Rows that are drawn, or left out, together. */
const CHUNK = 12
/** What is this near to the screen is drawn. */
const NEAR = '400px 0px'
/** Until one was measured, px. */
const ROW_HEIGHT = 41

export interface RowChunk {
  readonly index: number
  /** Place of its first row, from 0. */
  readonly from: number
  readonly ids: readonly string[]
  readonly drawn: boolean
  /** Room to leave while it is not drawn, px. */
  readonly height: number
}

export interface RowWindow {
  /** Are rows left out? */
  readonly big: ComputedRef<boolean>
  readonly chunks: ComputedRef<readonly RowChunk[]>
  /** To be told of each chunk's element: `:ref="(element) => watchChunk(index, element)"`. */
  readonly watchChunk: (index: number, element: unknown) => void
}

/**
 * Of a big table only what is near the screen is drawn; the rest is room of the right height. Rows may be of any height
 * and the page itself may scroll: the browser tells which chunks are near. Printed, all are drawn.
 * @param total links there are, whether shown or not
 * @param pinned is always drawn: it has the focus
 */
export function useRowWindow(ids: () => readonly string[], total: () => number, pinned: () => string | null): RowWindow {
  const big = computed<boolean>((was) => total() > (was === true ? BIG_STILL : BIG))
  const near = shallowRef<ReadonlySet<number>>(new Set([0, 1]))
  const heights = new Map<number, number>()
  const elements = new Map<number, Element>()
  const indexes = new WeakMap<Element, number>()
  let rowHeight = ROW_HEIGHT
  let observer: IntersectionObserver | null = null
  /** On a server, and in browsers that cannot tell, a big table is drawn like any other once it is mounted. */
  const all = shallowRef(false)
  /** On paper nobody scrolls. */
  const printing = shallowRef(false)
  const page = usePageEnv()
  const table = getCurrentInstance()
  let stopPrinting: (() => void) | null = null

  const chunks = computed<readonly RowChunk[]>(() => {
    const rows = ids()
    const size = big.value ? CHUNK : Math.max(rows.length, 1)
    const focused = pinned()
    return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) => {
      const part = rows.slice(index * size, (index + 1) * size)
      const drawn = !big.value || all.value || printing.value || near.value.has(index) || (focused !== null && part.includes(focused))
      return { index, from: index * size, ids: part, drawn, height: heights.get(index) ?? Math.round(rowHeight * part.length) }
    })
  })

  function onSight(entries: readonly IntersectionObserverEntry[]): void {
    const next = new Set(near.value)
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      const index = indexes.get(target)
      if (index === undefined || elements.get(index) !== target) continue
      if (isIntersecting) next.add(index)
      else if (next.delete(index)) measure(index, boundingClientRect.height)
    }
    if (next.size !== near.value.size || [...next].some((index) => !near.value.has(index))) near.value = next
  }

  function measure(index: number, height: number): void {
    const rows = chunks.value[index]?.ids.length ?? 0
    if (height === 0 || rows === 0) return
    heights.set(index, height)
    rowHeight = height / rows
  }

  /** The browser prints what is there when this is done: no time for the next tick. */
  function onPrint(is: boolean): void {
    printing.value = is
    if (is && big.value) table?.update()
  }

  onMounted(() => {
    stopPrinting = page.onPrint(onPrint)
    if (typeof IntersectionObserver === 'undefined') {
      all.value = true
      return
    }
    observer = new IntersectionObserver(onSight, { rootMargin: NEAR })
    for (const element of elements.values()) observer.observe(element)
  })
  onBeforeUnmount(() => {
    observer?.disconnect()
    stopPrinting?.()
  })

  return {
    big,
    chunks,
    watchChunk(index, element) {
      const before = elements.get(index)
      if (element === before) return
      if (before !== undefined) {
        observer?.unobserve(before)
        elements.delete(index)
      }
      if (!(element instanceof Element)) return
      elements.set(index, element)
      indexes.set(element, index)
      observer?.observe(element)
    },
  }
}
