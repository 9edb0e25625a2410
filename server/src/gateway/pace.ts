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

/** Beyond the pace, so many messages are dropped before their sender is sent away. */
const DROPPED = 200

/** `told`: the first of those that are too many. `enough`: their sender is to be sent away. */
export type Heard = 'heard' | 'told' | 'ignored' | 'enough'

/** What becomes of each message of one who talks. */
export class Attention {
  readonly #pace: Pace
  #dropped = 0

  constructor(pace: Pace) {
    this.#pace = pace
  }

  /** @param reads does he take what he is sent? Who does not is not answered: each answer would be one more to keep for him */
  hear(now: number, reads: boolean): Heard {
    if (reads && this.#pace.take(now)) {
      this.#dropped = 0
      return 'heard'
    }
    this.#dropped += 1
    if (this.#dropped > DROPPED) return 'enough'
    return this.#dropped === 1 && reads ? 'told' : 'ignored'
  }
}
