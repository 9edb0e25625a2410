/**
 * The server's time, estimated in the browser. Each frame carries the time it was sent; it arrived later, so
 * `sent - received` is never more than the true offset, and the largest value of the last minutes is the best estimate. Not the
 * largest ever: clocks drift, and are set.
 */
export class ServerClock {
  readonly #now: () => number
  /** Server minus browser as estimated, ms: the best of this half of the window, and of the one before. */
  #offset = 0
  #best = NONE
  #before = NONE
  #halfSince = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** A frame sent at server time `at` (ms) has just arrived. */
  observe(at: number): void {
    const now = this.#now()
    const sample = at - now
    // A sample far below the estimate is a stepped clock, on either side, and not a slow frame.
    if (this.#offset - sample > STEP_MS) this.startAfresh()
    if (now - this.#halfSince > HALF_MS) {
      this.#before = this.#best
      this.#best = NONE
      this.#halfSince = now
    }
    this.#best = Math.max(this.#best, sample)
    this.#offset = Math.max(this.#best, this.#before)
  }

  /** This browser's clock was perhaps set: what was heard before says nothing any more, once something is heard. */
  startAfresh(): void {
    this.#best = this.#before = NONE
  }

  /** Estimated server time, ms; the browser's own while nothing was heard. */
  now(): number {
    return this.#now() + this.#offset
  }
}

const NONE = Number.NEGATIVE_INFINITY
const STEP_MS = 5_000
const HALF_MS = 300_000
