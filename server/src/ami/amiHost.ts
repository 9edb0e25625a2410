import type { Clock, Random, Timer } from '../env/clock.ts'
import { nudgeGapMs, retryDelayMs } from './backoff.ts'
import { AmiClosedError } from './closeReason.ts'
import type { AmiCloseReason } from './closeReason.ts'
import type { Connect } from './connect.ts'
import type { AmiFields } from './encode.ts'
import type { AmiMessage } from './message.ts'
import { Listeners } from './listeners.ts'
import type { Turn } from './requestQueue.ts'
import { isRptEvent } from './rptEvents.ts'
import { AmiSession } from './session.ts'

/**
 * - `idle`: not started, or stopped;
 * - `connecting`: a try is under way; `reason` is how the one before failed, if it did;
 * - `up`: logged in, requests are answered;
 * - `down`: waiting for `nextTryAt`; goes on by itself, for ever.
 *
 * `since` and `nextTryAt` are epoch ms.
 */
export type AmiHostStatus =
  | { readonly status: 'idle'; readonly reason: null; readonly since: number; readonly nextTryAt: null }
  | {
      readonly status: 'connecting'
      readonly reason: AmiCloseReason | null
      readonly since: number
      readonly nextTryAt: null
    }
  | { readonly status: 'up'; readonly reason: null; readonly since: number; readonly nextTryAt: null }
  | { readonly status: 'down'; readonly reason: AmiCloseReason; readonly since: number; readonly nextTryAt: number }

export interface AmiHostOptions {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly secret: string
  readonly clock: Clock
  readonly random: Random
  /** Default: TCP by node:net. */
  readonly connect?: Connect
  /**
   * Silence after which a Ping is sent, ms. With `requestDeadlineMs` it bounds how long a dead Asterisk looks alive.
   * Default 2500.
   */
  readonly pingIdleMs?: number
  /** For each answer, Ping included, ms. Default 2200: silence is told within 5 s, a busy machine's delays included. */
  readonly requestDeadlineMs?: number
  /** From the beginning of a try to its login, ms: whatever fails on the way is told within 5 s. Default 4500. */
  readonly loginDeadlineMs?: number
  /** A session that lived this long, ms, starts the backoff anew. Default 10 000. */
  readonly stableMs?: number
}

/**
 * Keeps one session alive to one Asterisk, for all its nodes and viewers. Never gives up, never hammers.
 * After `stop()` it holds no timer and no socket; `start()` begins anew.
 */
export class AmiHost {
  readonly #options: AmiHostOptions
  readonly #eventListeners = new Listeners<AmiMessage>()
  readonly #statusListeners = new Listeners<AmiHostStatus>()
  #session: AmiSession | null = null
  #status: AmiHostStatus
  #timer: Timer = undefined
  /** Tries that failed in a row, in the same way as far as {@link retryDelayMs} tells ways apart. */
  #failures = 0
  #loginRefused = false
  #lastTryAt = 0
  #eventsSeen = false

  constructor(options: AmiHostOptions) {
    this.#options = options
    this.#status = { status: 'idle', reason: null, since: options.clock.now(), nextTryAt: null }
  }

  get status(): AmiHostStatus {
    return this.#status
  }

  /**
   * Has an event of app_rpt come in this session? False in a new session until the first one: the AMI user's rights may
   * have changed with the restart, and a poller is wrong in the safe direction.
   */
  get eventsSeen(): boolean {
    return this.#eventsSeen
  }

  /** Requests that wait for their answer. */
  get pending(): number {
    return this.#session?.pending ?? 0
  }

  /** Connects, and from now on keeps connected. Repeats do nothing. */
  start(): void {
    if (this.#status.status === 'idle') this.#try(null)
  }

  /** Ends the session and all tries. Pending requests reject. Repeats do nothing. */
  stop(): void {
    if (this.#status.status === 'idle') return
    const session = this.#session
    this.#session = null
    this.#stopTimer()
    this.#failures = 0
    this.#eventsSeen = false
    this.#set({ status: 'idle', reason: null, since: this.#now(), nextTryAt: null })
    session?.close()
  }

  /**
   * Somebody new is waiting: while down, the backoff starts anew and the next try comes at once, but no sooner than 0.5 s
   * after the last one began. Refused logins stay counted: whoever comes cannot make them right, and shortens the wait
   * only to the least it could be by chance. In any other status it does nothing.
   */
  nudge(): void {
    if (this.#status.status !== 'down') return
    const { reason, nextTryAt } = this.#status
    const now = this.#now()
    // At most one gap, also when the clock was set back since the last try.
    const gap = nudgeGapMs(this.#failures, reason.code)
    if (reason.code !== 'login-refused') this.#failures = 0
    const wait = Math.min(gap, Math.max(0, this.#lastTryAt + gap - now))
    if (wait === 0) {
      this.#try(reason)
      return
    }
    if (now + wait >= nextTryAt) return
    this.#tryAfter(wait, reason)
    this.#set({ ...this.#status, nextTryAt: now + wait })
  }

  /**
   * Sends an action on the living session.
   * @throws AmiWithdrawnError (as rejection) when `turn.go` said no as its turn came
   * @throws AmiClosedError (as rejection) when the host is not up or goes down before the reply; `reason` says why
   * @throws AmiEncodeError (as rejection) when the request itself can't be sent
   */
  async request(action: string, fields: AmiFields = {}, turn: Turn = {}): Promise<AmiMessage> {
    if (this.#session) return this.#session.request(action, fields, turn)
    throw new AmiClosedError(
      this.#status.reason ?? { code: 'closed', message: 'The connection to Asterisk is not started: start it first.' },
    )
  }

  /** Every event of every session, as it comes. @returns how to stop listening */
  onEvent(listener: (message: AmiMessage) => void): () => void {
    return this.#eventListeners.add(listener)
  }

  /** Every change of {@link status}, after it happened. @returns how to stop listening */
  onStatus(listener: (status: AmiHostStatus) => void): () => void {
    return this.#statusListeners.add(listener)
  }

  #try(reason: AmiCloseReason | null): void {
    this.#stopTimer()
    this.#eventsSeen = false
    this.#lastTryAt = this.#now()
    const { pingIdleMs: _ping, stableMs: _stable, random: _random, requestDeadlineMs = 2200, ...rest } = this.#options
    const session = new AmiSession({
      ...rest,
      requestDeadlineMs,
      onEvent: (message) => {
        if (this.#session === session) this.#deliver(message)
      },
      onClose: (why) => {
        if (this.#session === session) this.#down(why)
      },
    })
    this.#session = session
    this.#set({ status: 'connecting', reason, since: this.#now(), nextTryAt: null })
    // A status listener may have stopped the host meanwhile.
    if (this.#session !== session) return
    session.open().then(
      () => {
        if (this.#session === session) this.#up(session)
      },
      () => {
        // onClose has told it.
      },
    )
  }

  #up(session: AmiSession): void {
    this.#set({ status: 'up', reason: null, since: this.#now(), nextTryAt: null })
    if (this.#session === session) this.#watch(session)
  }

  #down(reason: AmiCloseReason): void {
    const { clock, random, stableMs = 10_000 } = this.#options
    this.#session = null
    this.#stopTimer()
    const stable = this.#status.status === 'up' && clock.now() - this.#status.since >= stableMs
    // Logins that are refused are counted by themselves: what fell before them is no reason to wait longer.
    const refused = reason.code === 'login-refused'
    this.#failures = stable || refused !== this.#loginRefused ? 1 : this.#failures + 1
    this.#loginRefused = refused
    const delay = retryDelayMs(this.#failures, reason.code, random)
    this.#tryAfter(delay, reason)
    this.#set({ status: 'down', reason, since: this.#now(), nextTryAt: this.#now() + delay })
  }

  #tryAfter(ms: number, reason: AmiCloseReason): void {
    this.#stopTimer()
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#try(reason)
    }, ms)
  }

  /** Waits for silence and answers it with a Ping; a Ping without an answer ends the session by its deadline. */
  #watch(session: AmiSession): void {
    const { clock, pingIdleMs = 2500 } = this.#options
    const silence = Math.max(0, clock.now() - session.lastReceivedAt)
    // A request under way is itself the question, and has its own deadline.
    const ms = session.pending > 0 ? pingIdleMs : Math.max(1, pingIdleMs - silence)
    this.#stopTimer()
    this.#timer = clock.setTimeout(() => {
      this.#timer = undefined
      if (this.#session !== session) return
      // Negative: the clock was set back, and nobody knows how long it was silent.
      const sinceLast = clock.now() - session.lastReceivedAt
      const silent = sinceLast >= pingIdleMs || sinceLast < 0
      if (!silent || session.pending > 0) {
        this.#watch(session)
        return
      }
      session.ping().then(
        () => {
          if (this.#session === session) this.#watch(session)
        },
        () => {
          // onClose has told it.
        },
      )
    }, ms)
  }

  #deliver(message: AmiMessage): void {
    if (isRptEvent(message)) this.#eventsSeen = true
    this.#eventListeners.tell(message)
  }

  #set(status: AmiHostStatus): void {
    this.#status = status
    this.#statusListeners.tell(status)
  }

  #now(): number {
    return this.#options.clock.now()
  }

  #stopTimer(): void {
    this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
