/**
 * The way back for pages that the server sent away as switched off, and that have nobody who reads the flag for them: the polled
 * answers say when it is on again. Where nothing polls, it is tried.
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
  /** Returns since the flag was last said to be off, or since one that held. */
  #times = 0
  #cameBackAt = 0
  #stopListening: (() => void) | undefined

  constructor(options: FlagReturnOptions) {
    this.#options = options
  }

  onAnswer(answer: StatusAnswer | null): void {
    const enabled = answer?.realtime?.enabled
    if (enabled === true) this.#wait()
    else if (enabled === false && this.#stopListening === undefined) {
      this.#times = 0
      this.#clear()
    }
  }

  /** Sent away, and no answer will say when to come back: tried less and less often, and anew when something happens to the page. */
  tryOut(): void {
    const { page } = this.#options.env
    this.#stopListening ??= page.listen(() => {
      this.#times = 0
      this.#clear()
      this.tryOut()
    })
    if (page.visible()) this.#wait()
  }

  stop(): void {
    this.#clear()
    this.#stopListening?.()
    this.#stopListening = undefined
  }

  #clear(): void {
    this.#options.env.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #wait(): void {
    const { env, isSentAway, comeBack } = this.#options
    if (this.#timer !== undefined || !isSentAway()) return
    if (env.now() - this.#cameBackAt > MOST_MS) this.#times = 0
    const ms = env.random() * Math.min(MOST_MS, SPREAD_MS * 2 ** this.#times)
    this.#times += 1
    this.#timer = env.setTimeout(() => {
      this.#timer = undefined
      this.#cameBackAt = env.now()
      comeBack()
    }, ms)
  }
}
