import type { Clock } from '../env/clock.ts'

/** What the access room says about itself; pino's logger fits. */
export interface AccessLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface TroubleOptions {
  readonly clock: Clock
  readonly log: AccessLog
  /** Of which it is said that it began and ended, e.g. `Supermon-NG at http://127.0.0.1:8000`. */
  readonly what: string
  /** What it means for people. */
  readonly effect: string
}

/** It is over when something worked and for so long nothing failed, ms: who makes one request fail on purpose writes no log. */
const QUIET_MS = 10_000

/** Says once that something fails, and once that it works again. */
export class Trouble {
  readonly #options: TroubleOptions
  #lastAt: number | null = null

  constructor(options: TroubleOptions) {
    this.#options = options
  }

  failed(code: string, reason: string): void {
    const { clock, log, what, effect } = this.#options
    const isNew = this.#lastAt === null
    this.#lastAt = clock.monotonic()
    if (isNew) log.warn({ code }, `${what} does not answer: ${reason}; ${effect}`)
  }

  worked(): void {
    const { clock, log, what } = this.#options
    if (this.#lastAt === null || clock.monotonic() - this.#lastAt < QUIET_MS) return
    this.#lastAt = null
    log.info({}, `${what} answers again`)
  }
}
