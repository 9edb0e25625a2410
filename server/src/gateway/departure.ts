import type { Clock, Random, Timer } from '../env/clock.ts'

/** How often somebody goes, ms. */
const STEP_MS = 20
/** Timers of a busy machine are late, and what they are late by counts. More than this is a clock that was set, and does not. */
const MOST_LATE_MS = 500

/** Sends many away one after the other, in random order and evenly over a time, so that where they go next is not asked by all at once. */
export class Departure<T> {
  readonly #clock: Clock
  readonly #random: Random
  readonly #send: (one: T) => void
  #queue: T[] = []
  #timer: Timer = null

  constructor(clock: Clock, random: Random, send: (one: T) => void) {
    this.#clock = clock
    this.#random = random
    this.#send = send
  }

  /** The first goes now, the last before `spreadMs` have passed. Replaces a departure that is under way. */
  begin(all: readonly T[], spreadMs: number): void {
    this.stop()
    this.#queue = shuffled(all, this.#random)
    this.#step({ total: all.length, spreadMs, passed: STEP_MS, at: this.#clock.now() })
  }

  /** Who has not gone yet stays. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#queue = []
  }

  #step({ total, spreadMs, passed, at }: Progress): void {
    const left = passed >= spreadMs ? 0 : total - Math.ceil((total * passed) / spreadMs)
    while (this.#queue.length > left) this.#send(this.#queue.pop() as T)
    if (this.#queue.length === 0) return
    this.#timer = this.#clock.setTimeout(() => {
      const now = this.#clock.now()
      const late = now - at
      this.#step({ total, spreadMs, passed: passed + (late > STEP_MS && late <= MOST_LATE_MS ? late : STEP_MS), at: now })
    }, STEP_MS)
  }
}

/** Who has gone by now: `passed` of `spreadMs` of them. */
interface Progress {
  readonly total: number
  readonly spreadMs: number
  readonly passed: number
  /** When the last step was taken, ms. */
  readonly at: number
}

function shuffled<T>(all: readonly T[], random: Random): T[] {
  const order = [...all]
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1))
    const [one, other] = [order[i] as T, order[j] as T]
    order[i] = other
    order[j] = one
  }
  return order
}
