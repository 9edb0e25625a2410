import type { Clock } from '../../src/env/clock.ts'

interface Entry {
  readonly at: number
  readonly fn: () => void
}

/** A clock that stands still until told. Timers run in the order of their time, within `advance`. */
export class ManualClock implements Clock {
  #now = 0
  #wall = 1_800_000_000_000
  readonly #timers = new Set<Entry>()

  now = (): number => this.#wall + this.#now

  setTimeout = (fn: () => void, ms: number): Entry => {
    const entry = { at: this.#now + ms, fn }
    this.#timers.add(entry)
    return entry
  }

  clearTimeout = (timer: unknown): void => {
    this.#timers.delete(timer as Entry)
  }

  /** Timers that are armed. */
  get armed(): number {
    return this.#timers.size
  }

  /** ms until the next timer, Infinity without one. */
  get nextIn(): number {
    return Math.min(...[...this.#timers].map((entry) => entry.at - this.#now))
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.#timers.delete(due)
      this.#now = Math.max(this.#now, due.at)
      due.fn()
    }
    this.#now = end
  }

  /** The wall clock is set forward or back; timers don't care. */
  jump(ms: number): void {
    this.#wall += ms
  }
}
