import type { Clock, Timer } from '../../src/env/clock.ts'

interface Due {
  readonly at: number
  readonly fn: () => void
}

/** Time that moves when the test says so. Timers run in the order of their time, within `advance`. */
export class ManualClock implements Clock {
  /** What timers count by, ms. */
  #elapsed = 0
  #wall = 1_800_000_000_000
  readonly #timers = new Set<Due>()

  now(): number {
    return this.#wall + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  setTimeout(fn: () => void, ms: number): Timer {
    const due: Due = { at: this.#elapsed + Math.max(0, ms), fn }
    this.#timers.add(due)
    return due
  }

  clearTimeout(timer: Timer): void {
    this.#timers.delete(timer as Due)
  }

  /** Timers that are armed. */
  get pending(): number {
    return this.#timers.size
  }

  /** ms until the next timer, Infinity without one. */
  get nextIn(): number {
    return Math.min(...[...this.#timers].map(({ at }) => at - this.#elapsed))
  }

  advance(ms: number): void {
    const end = this.#elapsed + ms
    for (;;) {
      let next: Due | null = null
      for (const due of this.#timers) if (due.at <= end && (next === null || due.at < next.at)) next = due
      if (next === null) break
      this.#timers.delete(next)
      this.#elapsed = Math.max(this.#elapsed, next.at)
      next.fn()
    }
    this.#elapsed = end
  }

  /** The wall clock is set forward or back; timers don't care. */
  jump(ms: number): void {
    this.#wall += ms
  }
}

/**
 * Lets time run by itself, 20 ms at a turn of the event loop: ten times as fast as it is, and never faster than what is
 * said on loopback is heard. Returns the end of that.
 */
export function letRun(clock: ManualClock): () => void {
  const running = setInterval(() => { clock.advance(20) }, 2)
  return () => { clearInterval(running) }
}
