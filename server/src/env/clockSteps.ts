import type { Clock } from './clock.ts'

/**
 * Notices that the clock was set, when somebody asks: nothing ticks. Smaller steps count once they come to as much together, and what was dated
 * between them by the system's own clock would then move too far: who moves times by it has one that is `steady`, see clock.ts.
 */
export class ClockSteps {
  readonly #clock: Clock
  readonly #leastMs: number
  #ahead: number

  /** @param leastMs less than this is let be */
  constructor(clock: Clock, leastMs: number) {
    this.#clock = clock
    this.#leastMs = leastMs
    this.#ahead = this.#now()
  }

  /** By how much it was set since the last answer that was not 0, ms: less than 0 = back, 0 = it was not. */
  taken(): number {
    const step = Math.round(this.#now() - this.#ahead)
    if (Math.abs(step) < this.#leastMs) return 0
    this.#ahead += step
    return step
  }

  /** A moment by the time of day, as that was set at the last answer that was not 0. @param at by the clock that nobody sets, ms */
  dated(at: number): number {
    return this.#ahead + at
  }

  /** By how much the time of day is more than what has passed: the same until that is set. */
  #now(): number {
    return this.#clock.now() - this.#clock.monotonic()
  }
}
