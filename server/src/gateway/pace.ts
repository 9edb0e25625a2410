/**
 * How fast somebody talks: `burst` messages at once after a rest, then `perSecond`. No timers; counts when asked.
 */
export class Pace {
  readonly #burst: number
  readonly #perSecond: number
  #spent = 0
  #at: number

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst
    this.#perSecond = perSecond
    this.#at = now
  }

  /** Counts one message: is it within the limit? One beyond is not counted, so that who slows down is heard again. */
  take(now: number): boolean {
    // A clock set back must not fill or drain anything.
    const rested = (Math.max(0, now - this.#at) / 1000) * this.#perSecond
    this.#spent = Math.max(0, this.#spent - rested)
    this.#at = now
    if (this.#spent + 1 > this.#burst) return false
    this.#spent += 1
    return true
  }
}
