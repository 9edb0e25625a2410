/**
 * Asks again and again, at a pace that fits: 1 s while somebody uses the page, 5 s while nobody does, 10 s while it is
 * hidden. One question at a time; stop aborts it; errors slow it down; an offline page does not ask.
 */
import type { Env, TimerHandle } from '../env/env.ts'
import { backoffDelay } from './backoff.ts'
import { paceOf, POLLING } from './pace.ts'
import type { PollingConfig } from './pace.ts'
import { RetryAfterError } from './retryAfter.ts'

export type { PollingConfig } from './pace.ts'

export interface PollingState {
  /** Started and not stopped. */
  readonly isActive: boolean
  readonly isVisible: boolean
  /** The newest answer was good. */
  readonly isConnected: boolean
  /** When the user last did something, ms. */
  readonly lastActivity: number
  /** The pace in force, ms. */
  readonly currentInterval: number
  /** The pace that the newest good answer was followed by, ms: a silence no longer than that says nothing. */
  readonly lastInterval: number
  /** Failures in a row. */
  readonly retryCount: number
  /** Failures since the start. */
  readonly errorCount: number
}

/** One question. Rejects on failure; may carry how long the server wants to be left alone. */
export type PollJob = (signal: AbortSignal) => Promise<void>

/**
 * At least the pace in force; jitter, so that pages do not come back in step.
 * @param failures in a row before this one
 */
export function waitAfterError(failures: number, interval: number, random: number, capMs = POLLING.maxBackoffInterval): number {
  return backoffDelay(failures, random, { baseMs: 2_000, capMs, floorMs: interval })
}

/**
 * A server that was down and answers again is not asked by everybody at full pace at once: the wait comes down by halves.
 * @param failures in a row before this answer
 */
export function waitAfterAnswer(failures: number, interval: number, random: number, capMs = POLLING.maxBackoffInterval): number {
  return failures >> 1 === 0 ? interval : waitAfterError(failures >> 1, interval, random, capMs)
}

export class PollingService {
  readonly #env: Env
  readonly #job: PollJob
  readonly #config: PollingConfig
  readonly #onError: (error: unknown) => void
  readonly #onChange: () => void
  #timer: TimerHandle
  #running: AbortController | null = null
  #off: (() => void)[] = []
  #active = false
  #connected = false
  #lastActivity = 0
  #lastInterval: number
  /** The server asked to be left alone until then, ms; outlasts stop and start. */
  #notBefore = 0
  #retryCount = 0
  /** Failures, less half of them with each good answer: the pace comes back as it went. */
  #strain = 0
  #errorCount = 0

  constructor(options: {
    env: Env
    job: PollJob
    config?: Partial<PollingConfig>
    onError?: (error: unknown) => void
    /** What `getState` says may be something else now: after each question, and when the pace changes. */
    onChange?: () => void
  }) {
    this.#env = options.env
    this.#job = options.job
    this.#config = { ...POLLING, ...options.config }
    this.#onError = options.onError ?? (() => undefined)
    this.#onChange = options.onChange ?? (() => undefined)
    this.#lastInterval = this.#config.activeInterval
  }

  /** Asks at once, and from now on. Starting twice changes nothing. */
  start(): void {
    if (this.#active) return
    this.#active = true
    this.#lastActivity = this.#env.now()
    const { page } = this.#env
    this.#off = [
      page.listen((signal) => {
        if (signal === 'online' || signal === 'visible' || signal === 'pageshow') this.#askSoon(0)
        else if (signal === 'offline' || signal === 'pagehide') this.#pause()
        if (signal === 'visible' || signal === 'hidden') this.#onChange()
      }),
      page.onActivity(() => { this.#onActivity() }),
    ]
    this.#askSoon(0)
    this.#onChange()
  }

  /** Stops: no question is asked any more, the running one is aborted and its answer goes nowhere. */
  stop(): void {
    if (!this.#active) return
    this.#active = false
    this.#connected = false
    this.#retryCount = 0
    this.#strain = 0
    this.#pause()
    for (const off of this.#off) off()
    this.#off = []
    this.#onChange()
  }

  /** There is something new to ask for: asks at once unless a question is on its way. */
  askNow(): void {
    if (this.#active && this.#retryCount === 0) this.#askSoon(0)
  }

  /**
   * Somebody else asks from now on: the question on its way is withdrawn, and the next one put at once, however many
   * failed, unless the server wants to be left alone.
   */
  wake(): void {
    if (!this.#active) return
    this.#pause()
    this.#askSoon(0)
  }

  getState(): PollingState {
    return {
      isActive: this.#active,
      isVisible: this.#env.page.visible(),
      isConnected: this.#connected,
      lastActivity: this.#lastActivity,
      currentInterval: this.#interval(),
      lastInterval: this.#lastInterval,
      retryCount: this.#retryCount,
      errorCount: this.#errorCount,
    }
  }

  #interval(): number {
    return paceOf(this.#env.page.visible(), this.#env.now() - this.#lastActivity, this.#config)
  }

  #onActivity(): void {
    const idle = this.#interval() !== this.#config.activeInterval
    this.#lastActivity = this.#env.now()
    if (!idle) return
    // Whoever comes back to the page sees fresh data now and not in five seconds.
    if (this.#retryCount === 0) this.#askSoon(0)
    this.#onChange()
  }

  #pause(): void {
    this.#env.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running?.abort()
    this.#running = null
  }

  #askSoon(ms: number): void {
    if (!this.#active || this.#running !== null) return
    this.#env.clearTimeout(this.#timer)
    const wait = Math.max(ms, this.#notBefore - this.#env.now())
    this.#timer = this.#env.setTimeout(() => void this.#ask(), wait)
  }

  async #ask(): Promise<void> {
    this.#timer = undefined
    if (!this.#env.page.online()) return
    const running = new AbortController()
    this.#running = running
    let wait: number
    try {
      await this.#byDeadline(this.#job(running.signal), running)
      if (this.#running !== running) return
      this.#connected = true
      this.#retryCount = 0
      wait = this.#lastInterval = waitAfterAnswer(this.#strain, this.#interval(), this.#env.random(), this.#config.maxBackoffInterval)
      this.#strain >>= 1
    } catch (error) {
      if (this.#running !== running) return
      this.#connected = false
      this.#errorCount += 1
      wait = this.#waitAfter(error)
      this.#retryCount += 1
      this.#strain += 1
      this.#onError(error)
    }
    this.#running = null
    this.#askSoon(wait)
    this.#onChange()
  }

  /** An answer that never comes must not end the asking. */
  async #byDeadline(answer: Promise<void>, running: AbortController): Promise<void> {
    let timer: TimerHandle
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = this.#env.setTimeout(() => {
        reject(Object.assign(new Error('The server did not answer in time.'), { code: 'no-answer' }))
        running.abort()
      }, this.#config.requestDeadline)
      running.signal.addEventListener('abort', () => {
        this.#env.clearTimeout(timer)
        reject(running.signal.reason as Error)
      })
    })
    try {
      await Promise.race([answer, deadline])
    } finally {
      this.#env.clearTimeout(timer)
      // Whichever comes second is nobody's business any more.
      answer.catch(() => undefined)
      deadline.catch(() => undefined)
    }
  }

  #waitAfter(error: unknown): number {
    const backoff = waitAfterError(this.#strain, this.#interval(), this.#env.random(), this.#config.maxBackoffInterval)
    if (!(error instanceof RetryAfterError)) return backoff
    this.#notBefore = this.#env.now() + error.retryAfterMs
    return Math.max(backoff, error.retryAfterMs)
  }
}
