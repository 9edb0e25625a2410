import { inject, provide, toRef, watch } from 'vue'
import type { InjectionKey, Ref } from 'vue'
import { useNow } from '../composables/useNow.ts'

/** What all timers of a panel go by. */
export interface CellClock {
  /** Estimated server ms, moving once a second. */
  readonly now: Readonly<Ref<number>>
  /** The same, and whoever reads it is not woken when it moves. */
  at(): number
  /** Calls `write` each time it has moved, after everything else was drawn. Returns the way out. */
  follow(write: () => void): () => void
}

const CLOCK: InjectionKey<CellClock> = Symbol('supermon-live-cell-clock')

/**
 * Hands one clock to all timer cells below: the one given, else the page's ticker. A second that passes is one pass over
 * the cells, which write their text themselves: a hub's 512 timers cost no render.
 * @param given estimated server ms, or undefined throughout
 */
export function provideCellClock(given: () => number | undefined): CellClock {
  const fixed = given()
  const clock = cellClock(fixed === undefined ? useNow() : toRef(() => given() ?? fixed))
  provide(CLOCK, clock)
  return clock
}

/** The clock of the panel around; a cell that stands alone has its own. */
export function useCellClock(): CellClock {
  return inject(CLOCK, () => cellClock(useNow()), true)
}

function cellClock(now: Readonly<Ref<number>>): CellClock {
  const cells = new Set<() => void>()
  let at = now.value
  watch(now, (moved) => { at = moved }, { flush: 'sync' })
  watch(now, () => { for (const write of cells) write() }, { flush: 'post' })
  return {
    now,
    at: () => at,
    follow(write) {
      cells.add(write)
      return () => { cells.delete(write) }
    },
  }
}
