/**
 * The server's time, estimated in the browser. Each frame carries the time it was sent; it arrived later, so
 * `sent - received` is never more than the true offset, and the largest value seen is the best estimate.
 */
export class ServerClock {
  readonly #now: () => number
  #offset: number | null = null

  constructor(now: () => number) {
    this.#now = now
  }

  /** A frame sent at server time `at` (ms) has just arrived. */
  observe(at: number): void {
    const sample = at - this.#now()
    // A sample far below the estimate is a stepped clock, on either side, and not a slow frame.
    if (this.#offset === null || sample > this.#offset || this.#offset - sample > STEP) this.#offset = sample
  }

  /** Estimated server time, ms; the browser's own while nothing was heard. */
  now(): number {
    return this.#now() + (this.#offset ?? 0)
  }
}

const STEP = 5_000
