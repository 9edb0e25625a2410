import { computed, shallowReadonly, shallowRef, watch } from 'vue'
import type { Ref } from 'vue'

/** A touch, a key or a pointer that left holds the rows for this long, ms. */
const TOUCHED_MS = 4_000
/** A pointer, focus or caret that stays and does nothing holds them for this long, ms: a forgotten mouse is nobody. */
const RESTING_MS = 30_000

type Part = 'pointer' | 'focus' | 'caret' | 'question'

export interface HeldRowsOptions {
  /** The ids in the order they should have. */
  readonly rows: () => readonly string[]
  /** Is there such a link, whether it should be shown or not? */
  readonly has: (id: string) => boolean
  /** What the reader chose; when it changes, rows are sorted at once. */
  readonly chosen: () => unknown
  /** Moves once a second, ms. */
  readonly now: Readonly<Ref<number>>
}

export interface HeldRows {
  /** The ids in the order they are shown in. The same array until it changes. */
  readonly shown: Readonly<Ref<readonly string[]>>
  /** The order is held, and another one is due. */
  readonly waiting: Readonly<Ref<boolean>>
  readonly sortNow: () => void
  /** Somebody is at the rows. @param stays is (true), or is no longer (false), over them, in them or asked about one of them */
  readonly touch: (part?: Part, stays?: boolean) => void
}

/**
 * Rows that move under nobody's finger. Links that come are added at the end and links that go are taken out at once; the
 * order itself changes only while nobody is at the rows, and at most once a second, so that it can be read.
 */
export function useHeldRows({ rows, has, chosen, now }: HeldRowsOptions): HeldRows {
  const shown = shallowRef<readonly string[]>(rows())
  const waiting = shallowRef(false)
  const there = new Set<Part>()
  let touchedAt: number | null = null
  let sortedAt: number | null = null
  /** The shown order is not the due one. */
  let behind = false

  // A question waits for its answer: whoever gives it is back at the row that he left.
  const isHeld = () => there.has('question') || (touchedAt !== null && Math.abs(now.value - touchedAt) < (there.size > 0 ? RESTING_MS : TOUCHED_MS))

  function settle(atOnce: boolean): void {
    const due = rows()
    const held = !atOnce && isHeld()
    const sorts = !held && (atOnce || sortedAt !== now.value)
    const next = sorts ? due : merged(shown.value, due, has)
    behind = !same(next, due)
    waiting.value = held && behind
    if (same(next, shown.value)) return
    if (sorts && !atOnce && !same(next, merged(shown.value, due, has))) sortedAt = now.value
    shown.value = next
  }

  watch(computed(rows), () => { settle(false) })
  watch(now, () => { if (behind) settle(false) })
  watch(chosen, () => { settle(true) })

  return {
    shown: shallowReadonly(shown),
    waiting: shallowReadonly(waiting),
    sortNow: () => { settle(true) },
    touch(part, stays) {
      touchedAt = now.value
      if (part !== undefined && stays === true) there.add(part)
      if (part !== undefined && stays === false) there.delete(part)
    },
  }
}

/** What is shown, less what has gone, and what is new at the end. */
function merged(shown: readonly string[], due: readonly string[], has: (id: string) => boolean): readonly string[] {
  const known = new Set(shown)
  return [...shown.filter(has), ...due.filter((id) => !known.has(id))]
}

const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((id, i) => id === b[i])
