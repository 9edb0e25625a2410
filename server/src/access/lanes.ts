import type { Clock, Timer } from '../env/clock.ts'

export interface LanesOptions {
  readonly clock: Clock
  /** Jobs that run at once. */
  readonly lanes: number
  /** Jobs that may wait; those that go first are not counted. */
  readonly maxWaiting: number
  /** How long a job waits for its turn at most, ms. */
  readonly waitMs: number
}

interface Waiting {
  readonly timer: Timer
  go(turn: boolean): void
}

/** Lets a few jobs run at once; others wait in line, and not for ever. */
export class Lanes {
  readonly #options: LanesOptions
  readonly #first = new Set<Waiting>()
  readonly #line = new Set<Waiting>()
  #running = 0

  constructor(options: LanesOptions) {
    this.#options = options
  }

  /**
   * The job's result once it had its turn; throws what it throws. Null when it got no turn in time.
   *
   * @param goesFirst before all that do not
   */
  async run<T>(job: () => Promise<T>, goesFirst: boolean): Promise<T | null> {
    if (this.#running < this.#options.lanes) this.#running += 1
    else if (!(await this.#turn(goesFirst))) return null
    try {
      return await job()
    } finally {
      this.#leave()
    }
  }

  #turn(goesFirst: boolean): Promise<boolean> {
    const { clock, maxWaiting, waitMs } = this.#options
    if (!goesFirst && this.#line.size >= maxWaiting) return Promise.resolve(false)
    const line = goesFirst ? this.#first : this.#line
    return new Promise((resolve) => {
      const waiting: Waiting = {
        timer: clock.setTimeout(() => { waiting.go(false) }, waitMs),
        go: (turn) => {
          clock.clearTimeout(waiting.timer)
          line.delete(waiting)
          resolve(turn)
        },
      }
      line.add(waiting)
    })
  }

  /** The lane passes to the next in line, or is free. */
  #leave(): void {
    const [next] = this.#first.size > 0 ? this.#first : this.#line
    if (next === undefined) this.#running -= 1
    else next.go(true)
  }
}
