/** An edge's memory of orders: each is carried out once and in its time, whatever is played to the edge again, and whenever. */
import type { OrderCode } from '../../../protocol/commandCodes.ts'
import type { Clock } from '../env/clock.ts'
import type { OrderToken } from './orderToken.ts'

/** An order is good for no longer, ms. Clocks of front and edge that differ by half of it leave the other half for the way. */
export const ORDER_LIFE_MS = 10_000
/** So far the front's clock may be ahead of the edge's, ms. */
export const CLOCK_LEAD_MS = 5_000
/** An order that has ended is remembered for so long, ms: it may still be carried out, and who plays it again gets no answer in its place. */
const AFTER_MS = 5_000
/** Orders that are remembered. One front is looked at 20 times a second at most, and an order is remembered for 20 s. */
const MOST = 2_000

export class OrderBook {
  readonly #clock: Clock
  readonly #most: number
  /** Orders given before could have been carried out by an earlier run, which nobody remembers. */
  readonly #from: number
  /** When each ends, by front and nonce. */
  readonly #used = new Map<string, number>()
  /** The latest end of an order that was forgotten: if the clock is set back, what ends before does not come to life again. */
  #forgotten = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, most = MOST) {
    this.#clock = clock
    this.#most = most
    // An earlier run took orders of a clock that was ahead by so much.
    this.#from = clock.now() + CLOCK_LEAD_MS
  }

  /** Why this order is not, or no more, to be carried out; null = it is, and is used up now. */
  use({ front, nonce, issued, expires }: OrderToken): OrderCode | null {
    const now = this.#clock.now()
    this.#forget(now)
    const key = `${front}/${nonce}`
    if (this.#used.has(key)) return 'order-used'
    if (expires <= now || expires <= issued || expires <= this.#forgotten) return 'order-expired'
    if (issued > now + CLOCK_LEAD_MS) return 'order-from-future'
    if (expires - issued > ORDER_LIFE_MS) return 'order-lasts-too-long'
    if (issued <= this.#from) return 'order-before-start'
    if (this.#used.size >= this.#most) return 'order-book-full'
    this.#used.set(key, expires)
    return null
  }

  #forget(now: number): void {
    for (const [key, expires] of this.#used) {
      if (expires + AFTER_MS > now) continue
      this.#used.delete(key)
      this.#forgotten = Math.max(this.#forgotten, expires)
    }
  }
}
