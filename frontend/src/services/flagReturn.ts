/**
 * The way back for pages that the server sent to polling as switched off, and that have nobody who reads the flag for them: the
 * polled answers say when it is on again.
 */
import type { Env, TimerHandle } from '../env/env.ts'
import type { StatusAnswer } from './gatewayApi.ts'

/** Thousands may be told in the same second: they come back over so long, ms. */
const SPREAD_MS = 6_000
/** A server that says on and sends away all the same is tried less and less often, down to this, ms. */
const MOST_MS = 300_000

export interface FlagReturnOptions {
  readonly env: Env
  readonly isSentAway: () => boolean
  readonly comeBack: () => void
}

export class FlagReturn {
  readonly #options: FlagReturnOptions
  #timer: TimerHandle
  #isWaiting = false
  /** Returns since the flag was last said to be off. */
  #times = 0

  constructor(options: FlagReturnOptions) {
    this.#options = options
  }

  onAnswer(answer: StatusAnswer | null): void {
    const news = answer?.realtime ?? null
    if (news === null) return
    if (!news.enabled) {
      this.#times = 0
      this.stop()
    } else if (!this.#isWaiting && this.#options.isSentAway()) {
      this.#wait()
    }
  }

  stop(): void {
    this.#options.env.clearTimeout(this.#timer)
    this.#isWaiting = false
  }

  #wait(): void {
    const { env, comeBack } = this.#options
    this.#isWaiting = true
    const ms = env.random() * Math.min(MOST_MS, SPREAD_MS * 2 ** this.#times)
    this.#times += 1
    this.#timer = env.setTimeout(() => {
      this.#isWaiting = false
      comeBack()
    }, ms)
  }
}
