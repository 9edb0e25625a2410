import type { Clock, Random, Timer } from '../env/clock.ts'

/** How often somebody goes, ms. */
const STEP_MS = 20

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
    const steps = Math.max(1, Math.floor(spreadMs / STEP_MS))
    // By steps and not by the hour: a clock that is set meanwhile must not send everybody at once.
    this.#step(1, steps, all.length)
  }

  /** Who has not gone yet stays. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#queue = []
  }

  #step(step: number, steps: number, total: number): void {
    const left = total - Math.ceil((total * step) / steps)
    while (this.#queue.length > left) this.#send(this.#queue.pop() as T)
    if (this.#queue.length > 0) this.#timer = this.#clock.setTimeout(() => { this.#step(step + 1, steps, total) }, STEP_MS)
  }
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
