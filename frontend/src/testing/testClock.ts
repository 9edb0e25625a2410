import type { TimerHandle } from '../env/env.ts'

interface Due {
  readonly at: number
  readonly fn: () => void
}

/** Taken at import: whoever fakes timers later does not stop the breath between two steps. */
const realSetTimeout = globalThis.setTimeout

/** Time that moves when the test says so. */
export class TestClock {
  #now: number
  readonly #timers = new Set<Due>()

  /** @param now epoch ms */
  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.size
  }

  setTimeout(fn: () => void, ms: number): TimerHandle {
    const due: Due = { at: this.#now + Math.max(0, ms), fn }
    this.#timers.add(due)
    return due
  }

  clearTimeout(handle: TimerHandle): void {
    this.#timers.delete(handle as Due)
  }

  /** Lets `ms` pass: every timer due by then runs at its time, and promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settle()
    for (;;) {
      const next = this.#first()
      if (next === null || next.at > end) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.fn()
      await settle()
    }
    this.#now = end
    await settle()
  }

  #first(): Due | null {
    let first: Due | null = null
    for (const due of this.#timers) if (first === null || due.at < first.at) first = due
    return first
  }
}

const rest = () => new Promise<void>((resolve) => realSetTimeout(resolve, 1))

/**
 * Lets everything happen that takes no time: promises, Vue's flush, and the millisecond that the socket library rests. Timers of one length
 * run in the order they were set in: whatever rests by the end of the first rest is awake before the end of the second, also on a busy machine.
 */
export async function settle(): Promise<void> {
  await rest()
  await rest()
}
