import type { Clock, Timer } from '../../src/env/clock.ts'

/** A clock that moves when it is told to. */
export class ManualClock implements Clock {
  #now: number
  #count = 0
  readonly #timers = new Map<number, { at: number; fn: () => void }>()

  constructor(now = 1_795_425_300_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  setTimeout(fn: () => void, ms: number): Timer {
    this.#count += 1
    this.#timers.set(this.#count, { at: this.#now + Math.max(0, ms), fn })
    return this.#count
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer as number)
  }

  get pending(): number {
    return this.#timers.size
  }

  /** Lets `ms` pass; what falls due runs in order, at its time. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      let next: [number, { at: number; fn: () => void }] | null = null
      for (const entry of this.#timers)
        if (entry[1].at <= end && (next === null || entry[1].at < next[1].at)) next = entry
      if (next === null) break
      this.#timers.delete(next[0])
      this.#now = next[1].at
      next[1].fn()
    }
    this.#now = end
  }
}
