import type { Clock, Timer } from '../env/clock.ts'

/** Timers that can be dropped together, so that closing leaves none behind. */
export class TimerSet {
  readonly #clock: Clock
  readonly #running = new Set<{ timer: Timer }>()
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `fn` once after `ms`. Returns a function that cancels it. */
  after(ms: number, fn: () => void): () => void {
    if (this.#closed) return () => {}
    const entry: { timer: Timer } = { timer: undefined }
    this.#running.add(entry)
    entry.timer = this.#clock.setTimeout(() => {
      this.#running.delete(entry)
      fn()
    }, ms)
    return () => {
      this.#running.delete(entry)
      this.#clock.clearTimeout(entry.timer)
    }
  }

  /** Cancels everything and takes nothing new. */
  close(): void {
    this.#closed = true
    for (const { timer } of this.#running) this.#clock.clearTimeout(timer)
    this.#running.clear()
  }
}
