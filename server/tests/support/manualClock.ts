import type { Clock, Timer } from '../../src/env/clock.ts'

/** Time that moves when the test says so. Timers fire in order of their due time. */
export class ManualClock implements Clock {
  #now: number
  #next = 1
  readonly #timers = new Map<number, { at: number; fn: () => void }>()

  constructor(now = 1_800_000_000_000) {
    this.#now = now
  }
  now(): number {
    return this.#now
  }
  setTimeout(fn: () => void, ms: number): Timer {
    const id = this.#next++
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), fn })
    return id
  }
  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer as number)
  }
  get pending(): number {
    return this.#timers.size
  }
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0]
      if (due === undefined) break
      this.#timers.delete(due[0])
      this.#now = Math.max(this.#now, due[1].at)
      due[1].fn()
    }
    this.#now = end
  }
}
