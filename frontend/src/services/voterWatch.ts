/**
 * One watched voter: its socket, else one question a second, and back. A page that cannot be seen is told nothing after a while,
 * as Asterisk would be asked for nobody.
 */
import type { VoterState } from '../../../protocol/voter.ts'
import type { Env, PageSignal, TimerHandle } from '../env/env.ts'
import { isMissing } from './connectionState.ts'
import type { ConnectionState } from './connectionState.ts'
import { FALLBACK_AFTER, isSwitchedOff, STALE_AFTER } from './fallback.ts'
import { ApiError } from './gatewayApi.ts'
import type { GatewayApi } from './gatewayApi.ts'
import { PollingService } from './PollingService.ts'
import { RetryAfterError } from './retryAfter.ts'
import { isPollable } from './TransportLadder.ts'
import type { Transport } from './TransportLadder.ts'
import { isMarkupOnly, readingOf, readingsOf } from './voterReading.ts'
import type { VoterReading } from './voterReading.ts'
import { VoterSocket } from './VoterSocket.ts'
import type { HeldVoter } from './VoterSocket.ts'
import type { WebSocketService } from './WebSocketService.ts'

export interface VoterUpdate {
  /** Empty = the node is no voter, or nothing was told yet. */
  readonly voters: readonly VoterReading[]
  /** Why there is no news, for people; null = there is. What is shown is older then. */
  readonly error: string | null
  /** The permanent code of that error, if it has one. */
  readonly code: string | null
  /** When the voter was last heard of, this browser's ms; null = never. */
  readonly at: number | null
  /** Where news come from. */
  readonly transport: Transport
  /** What is shown may no longer be true. */
  readonly stale: boolean
  readonly connection: ConnectionState
}

/** Of a voter that nobody watches. */
export const NOTHING: VoterUpdate = {
  voters: [], error: null, code: null, at: null, transport: 'none', stale: false, connection: { status: 'idle' },
}

export interface VoterWatchOptions {
  readonly node: string
  readonly env: Env
  readonly api: Pick<GatewayApi, 'get'>
  /** Left out, the voter is asked for by HTTP alone. */
  readonly sockets?: Pick<WebSocketService, 'openEndpoint'>
  tell(update: VoterUpdate): void
}

const PERIOD_MS = 1_000
/** A page that is not seen for so long gives its socket back, ms. */
const UNSEEN_MS = 60_000
const OTHER_SHAPE = "The server's answer is not in the expected form."
const MARKUP_ONLY = 'This server sends voter data only in a form for its own page. A Supermon Live gateway beside it would show it here.'

type Why = Pick<VoterUpdate, 'error' | 'code'>
const FINE: Why = { error: null, code: null }

export class VoterWatch {
  readonly #options: VoterWatchOptions
  readonly #poller: PollingService
  readonly #stopListening: () => void
  #socket: VoterSocket | null = null
  #held: HeldVoter | null = null
  /** The socket was live once: a blip is worth waiting for. */
  #served = false
  /** Without a socket since, ms. */
  #downSince: number
  /** The page is not seen since, ms; null = it is. */
  #unseenSince: number | null = null
  /** What is shown was true until then, ms: for as long as Asterisk tells of it on a socket, and when a question was answered. */
  #trueUntil = Number.NEGATIVE_INFINITY
  /** A timer for what comes next: falling back, growing stale, or giving up the socket of an unseen page. */
  #timer: TimerHandle
  #pollWhy: Why = FINE
  #last: VoterUpdate = NOTHING

  constructor(options: VoterWatchOptions) {
    const { env } = options
    this.#options = options
    this.#downSince = env.now()
    this.#poller = new PollingService({
      env,
      // Whoever shows a voter looks at it, whether he moves the mouse or not.
      config: { activeInterval: PERIOD_MS, inactiveInterval: PERIOD_MS },
      job: (signal) => this.#ask(signal),
      onError: (error) => {
        this.#pollWhy = whyOf(error)
        this.#review()
      },
    })
    this.#stopListening = env.page.listen((signal) => { this.#onSignal(signal) })
    this.#open()
    this.#review()
  }

  get last(): VoterUpdate {
    return this.#last
  }

  /** The user's Retry. */
  retry(): void {
    this.#socket?.retry()
    this.#poller.askNow()
  }

  close(): void {
    this.#stopListening()
    this.#options.env.clearTimeout(this.#timer)
    this.#poller.stop()
    const socket = this.#socket
    this.#socket = null
    socket?.close()
  }

  #open(): void {
    const { env, node, sockets } = this.#options
    if (this.#socket !== null || sockets === undefined || !env.page.visible()) return
    this.#downSince = env.now()
    // Its first try begins before it can be told from any other.
    let opened: VoterSocket | null = null
    const mine = () => (opened === this.#socket ? opened : null)
    opened = new VoterSocket({
      env, node, sockets, held: this.#held,
      onConnection: () => { if (mine() !== null) this.#onConnection() },
      onHeard: (news) => { this.#onHeard(mine(), news) },
    })
    this.#socket = opened
  }

  #onSignal(signal: PageSignal): void {
    if (signal === 'hidden' || signal === 'online' || signal === 'offline') this.#review()
    else if (signal === 'visible' || signal === 'pageshow' || signal === 'resume') {
      // What nobody could tell a page that was not seen is given the time of a blip to be told.
      if (!this.#last.stale) this.#trueUntil = this.#options.env.now()
      this.#open()
      this.#review()
    }
  }

  #onConnection(): void {
    if (this.#socket?.connection.status === 'live') this.#served = true
    else if (this.#last.transport === 'socket') this.#downSince = this.#options.env.now()
    this.#review()
  }

  #onHeard(socket: VoterSocket | null, news: boolean): void {
    if (!socket?.held) return
    this.#held = socket.held
    const { state } = socket.held
    // An Asterisk that does not answer tells nothing of the voter, however lively the socket is.
    const at = state.reach === 'up' ? this.#options.env.now() : this.#last.at
    if (!news) this.#last = { ...this.#last, at }
    // Asterisk is being asked: what was known before stands until it answers.
    else this.#review(isAsking(state) ? {} : { voters: readingOf(this.#options.node, state), at })
  }

  /** Where do news come from now, is what is shown still true, and when is that looked at again? One timer for all. */
  #review(news: Partial<VoterUpdate> = {}): void {
    const { env } = this.#options
    const now = env.now()
    const connection = this.#socket?.connection ?? NOTHING.connection
    let transport: Transport = 'none'
    let due = Number.POSITIVE_INFINITY
    if (this.#socket?.held) transport = 'socket'
    else if (env.page.visible() && this.#isPollable(connection)) {
      const fallback = this.#downSince + this.#patience(connection)
      if (fallback <= now || this.#last.transport === 'polling') transport = 'polling'
      else due = fallback
    }
    if (this.#last.transport !== 'polling') this.#pollWhy = FINE
    if (transport === 'polling') this.#poller.start()
    else this.#poller.stop()
    const isTold = transport === 'socket' && this.#held?.state.reach === 'up'
    this.#trueUntil = isTold ? Number.POSITIVE_INFINITY : Math.min(this.#trueUntil, now)
    const staleAt = this.#trueUntil + STALE_AFTER + (transport === 'polling' ? this.#pace : 0)
    const next = { ...this.#last, ...news, transport, connection }
    const isOld = next.at !== null && staleAt <= now
    if (next.at !== null && !isOld) due = Math.min(due, staleAt)
    this.#lookAgain(due - now)
    const why = this.#why(next, isOld)
    this.#last = { ...next, ...why, stale: isOld || (next.at !== null && why.error !== null) }
    this.#options.tell(this.#last)
  }

  /** A silence of polling no longer than that says nothing, ms: the pace after an earlier outage is not that of a first question. */
  get #pace(): number {
    const { isConnected, lastInterval } = this.#poller.getState()
    return isConnected ? lastInterval : PERIOD_MS
  }

  /** @param ms until a page that is seen looks again; one that is not looks when its socket is to be given back */
  #lookAgain(ms: number): void {
    const { env } = this.#options
    const now = env.now()
    env.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#unseenSince = env.page.visible() ? null : this.#unseenSince ?? now
    if (this.#unseenSince === null) {
      if (ms < Number.POSITIVE_INFINITY) this.#timer = env.setTimeout(() => { this.#review() }, ms)
    } else if (this.#socket !== null) {
      this.#timer = env.setTimeout(() => { this.#rest() }, this.#unseenSince + UNSEEN_MS - now)
    }
  }

  /** A socket that served may be back in a moment; one that failed at its first try may not be served here at all. */
  #patience(connection: ConnectionState): number {
    const untried = !this.#served && connection.status !== 'connecting'
    return this.#socket === null || untried || isSwitchedOff(connection) ? 0 : FALLBACK_AFTER
  }

  #isPollable(connection: ConnectionState): boolean {
    const { env } = this.#options
    return this.#socket === null ? env.page.online() : isPollable(connection, env)
  }

  #rest(): void {
    const socket = this.#socket
    this.#socket = null
    this.#downSince = this.#options.env.now()
    socket?.close()
    this.#review()
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { api, node, env } = this.#options
    const answer = await api.get(`nodes/voter/status?node=${encodeURIComponent(node)}`)
    if (signal.aborted) return
    const voters = readingsOf(answer)
    if (voters === null) throw new Error(isMarkupOnly(answer) ? MARKUP_ONLY : OTHER_SHAPE)
    this.#socket?.admitted()
    this.#pollWhy = FINE
    this.#trueUntil = env.now()
    this.#review({ voters, at: this.#trueUntil })
  }

  #why({ transport, connection, error, code }: VoterUpdate, isOld: boolean): Why {
    if (transport === 'polling') return this.#pollWhy
    if (transport === 'socket') {
      const state = this.#held?.state
      const reason = state?.reachReason ?? null
      // Being asked just now is no trouble, unless it takes long.
      return reason === null || (isAsking(state) && !isOld) ? FINE : { error: reason.message, code: reason.code }
    }
    if (connection.status === 'paused') return { error: connection.reason.message, code: connection.reason.code }
    // A node that is not there is asked for again without a word of it.
    return isMissing(connection) ? { error, code } : FINE
  }
}

/** Asterisk is being asked just now, and has not answered yet. */
function isAsking(state: VoterState | undefined): boolean {
  return state?.reachReason?.code === 'not-watched'
}

function whyOf(error: unknown): Why {
  if (error instanceof ApiError) return { error: error.message, code: error.serverCode ?? error.code }
  if (error instanceof RetryAfterError) return { error: error.message, code: error.code }
  return { error: error instanceof Error ? error.message : OTHER_SHAPE, code: 'not-understood' }
}
