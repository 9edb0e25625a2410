/**
 * Socket, else polling, and back, per node. A node whose socket has been without a word for a while (`fallback.ts`) is
 * polled, together with all others in that case; the first valid frame of its socket ends that.
 */
import type { Env, PageSignal, TimerHandle } from '../env/env.ts'
import { isMissing } from './connectionState.ts'
import type { ConnectionState } from './connectionState.ts'
import { tellAll } from './diagnostics.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { FALLBACK_AFTER, fallbackAfter, isSwitchedOff, NOT_ANSWERED, notBefore } from './fallback.ts'
import type { GatewayApi, StatusAnswer } from './gatewayApi.ts'
import type { Ladder, LadderOptions, Transport } from './ladder.ts'
import { PollingService } from './PollingService.ts'
import type { PollingState } from './PollingService.ts'
import type { WebSocketService } from './WebSocketService.ts'

export type { Transport } from './ladder.ts'

/** Nodes that fall within this time of each other fall together, into one request, ms. */
const GATHER = 100

interface Rung {
  transport: Transport
  /** Without a socket since, ms; null = it has one. */
  downSince: number | null
  /** Polled this long after that, ms. */
  after: number
  /** Watched so often: two stores may show the same node. */
  watchers: number
  /** Why the newest question brought nothing for this node, a sentence; null = it did, or none was asked. */
  failure: string | null
  /** The newest question that was answered for it: an older one's answer comes too late. */
  answered: number
  readonly off: () => void
}

export class TransportLadder implements Ladder {
  readonly #env: Env
  readonly #sockets: WebSocketService
  readonly #api: GatewayApi
  readonly #poller: PollingService
  readonly #onDiagnostic: DiagnosticHook
  readonly #rungs = new Map<string, Rung>()
  readonly #watchers = new Set<(nodeId: string, transport: Transport) => void>()
  readonly #pollWatchers = new Set<() => void>()
  /** Counts the questions. */
  #asked = 0
  /** The poller's newest. */
  #polled = 0
  #fall = { at: Number.NEGATIVE_INFINITY, luck: 0 }
  #timer: TimerHandle
  #stopListening: (() => void) | null = null
  /** The page is put away: it asks for nothing until it is shown again. */
  #away = false
  #disposed = false

  constructor(options: LadderOptions) {
    this.#env = options.env
    this.#sockets = options.sockets
    this.#api = options.api
    this.#onDiagnostic = options.onDiagnostic ?? (() => undefined)
    this.#poller = new PollingService({
      env: options.env,
      job: (signal) => this.#poll(signal),
      ...(options.polling === undefined ? {} : { config: options.polling }),
      onError: (error) => {
        this.#onDiagnostic({ code: 'poll-failed', message: messageOf(error) })
        this.#onFailure(error, this.#polled)
      },
      onChange: () => { this.#tellPolling() },
    })
  }

  watch(nodeId: string): Promise<void> {
    if (this.#disposed) return Promise.resolve()
    // Before the sockets listen: what they make of a signal is reviewed here, and must be judged by the same signal.
    this.#stopListening ??= this.#env.page.listen((signal) => { this.#onSignal(signal) })
    const held = this.#rungs.get(nodeId)
    if (held === undefined) {
      const off = this.#sockets.onNodeStateChange(nodeId, (state) => { this.#onState(nodeId, state) })
      this.#rungs.set(nodeId, {
        transport: 'none', downSince: this.#env.now(), after: FALLBACK_AFTER, watchers: 1, failure: null, answered: 0, off,
      })
    } else {
      held.watchers += 1
    }
    const settled = this.#sockets.connectToNode(nodeId)
    this.#onState(nodeId, this.#sockets.getNodeState(nodeId))
    return settled
  }

  unwatch(nodeId: string): void {
    const rung = this.#rungs.get(nodeId)
    if (rung === undefined) return
    rung.watchers -= 1
    if (rung.watchers > 0) return
    this.#rungs.delete(nodeId)
    rung.off()
    this.#sockets.disconnectFromNode(nodeId)
    this.#review()
    if (this.#rungs.size > 0) return
    this.#stopListening?.()
    this.#stopListening = null
    this.#away = false
  }

  transportOf(nodeId: string): Transport {
    return this.#rungs.get(nodeId)?.transport ?? 'none'
  }

  onTransport(watcher: (nodeId: string, transport: Transport) => void): () => void {
    this.#watchers.add(watcher)
    return () => { this.#watchers.delete(watcher) }
  }

  pollingState(): PollingState {
    return this.#poller.getState()
  }

  failureOf(nodeId: string): string | null {
    const rung = this.#rungs.get(nodeId)
    return rung?.transport === 'polling' ? rung.failure : null
  }

  onPolling(watcher: () => void): () => void {
    this.#pollWatchers.add(watcher)
    return () => { this.#pollWatchers.delete(watcher) }
  }

  async refresh(nodeIds: readonly string[]): Promise<StatusAnswer> {
    const wanted = nodeIds.filter((nodeId) => this.#rungs.get(nodeId)?.downSince !== null)
    const question = this.#asked + 1
    try {
      const answer = await this.#ask(wanted, (rung) => rung.downSince !== null, new AbortController().signal)
      this.#tellPolling()
      return { ...answer, rows: new Map([...answer.rows].filter(([nodeId]) => !this.#rungs.has(nodeId))) }
    } catch (error) {
      this.#onFailure(error, question)
      this.#tellPolling()
      throw error
    }
  }

  userChanged(): void {
    this.#poller.wake()
  }

  dispose(): void {
    this.#disposed = true
    for (const [nodeId, rung] of [...this.#rungs]) {
      rung.watchers = 1
      this.unwatch(nodeId)
    }
  }

  revive(): void {
    this.#disposed = false
  }

  #onSignal(signal: PageSignal): void {
    if (signal === 'pagehide' || signal === 'pageshow') this.#away = signal === 'pagehide'
    this.#review()
  }

  #onState(nodeId: string, state: ConnectionState): void {
    const rung = this.#rungs.get(nodeId)
    if (rung === undefined) return
    if (state.status === 'live') rung.downSince = null
    else if (rung.downSince === null) {
      rung.downSince = this.#env.now()
      rung.after = fallbackAfter(state, this.#luck(rung.downSince))
    } else if (isSwitchedOff(state)) {
      const now = this.#env.now()
      rung.after = Math.min(rung.after, now - rung.downSince + fallbackAfter(state, this.#luck(now)))
    }
    this.#review()
  }

  /** Nodes of this page that fall in one moment share it: they go into one request. */
  #luck(now: number): number {
    if (now - this.#fall.at > GATHER) this.#fall = { at: now, luck: this.#env.random() }
    return this.#fall.luck
  }

  /** Which nodes need polling now, and when is the next one due? One timer for all of them. */
  #review(): void {
    this.#env.clearTimeout(this.#timer)
    this.#timer = undefined
    const now = this.#env.now()
    let due = Number.POSITIVE_INFINITY
    let polled = 0
    let fresh = false
    const news: { readonly nodeId: string; readonly rung: Rung }[] = []
    const turns = [...this.#rungs].map(([nodeId, rung]) => ({ nodeId, rung, ...this.#turnOf(nodeId, rung, now) }))
    // A page that asks anyway asks for all that fell with that node.
    const asks = turns.some(({ at }) => at !== null && now >= at - GATHER)
    for (const { nodeId, rung, at, soonest } of turns) {
      let transport: Transport = rung.downSince === null ? 'socket' : 'none'
      if (at !== null && now >= (asks ? soonest : at) - GATHER) transport = 'polling'
      else if (at !== null) due = Math.min(due, at)
      if (transport === 'polling') polled += 1
      if (transport === rung.transport) continue
      fresh ||= transport === 'polling'
      rung.transport = transport
      rung.failure = null
      news.push({ nodeId, rung })
    }
    if (polled === 0) this.#poller.stop()
    else if (!this.#poller.getState().isActive) this.#poller.start()
    else if (fresh) this.#poller.askNow()
    if (due < Infinity) this.#timer = this.#env.setTimeout(() => { this.#review() }, due - now)
    // Last, as whoever is told may let nodes go.
    for (const { nodeId, rung } of news) {
      if (this.#rungs.get(nodeId) === rung) tellAll(this.#watchers, this.#onDiagnostic, nodeId, rung.transport)
    }
  }

  /** When a node is to be polled: at the soonest, and if it is polled alone. null = not at all. */
  #turnOf(nodeId: string, { downSince, after, transport }: Rung, now: number): { soonest: number; at: number | null } {
    const state = this.#sockets.getNodeState(nodeId)
    if (downSince === null || this.#away || !isPollable(state, this.#env)) return { soonest: 0, at: null }
    const soonest = downSince + after
    // Who is polled stays so until its socket is back.
    return { soonest, at: transport === 'polling' ? soonest : notBefore(state, soonest, now) }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const nodeIds = [...this.#rungs].filter(([, rung]) => rung.transport === 'polling').map(([nodeId]) => nodeId)
    this.#polled = this.#asked + 1
    await this.#ask(nodeIds, (rung) => rung.transport === 'polling', signal)
  }

  #ask(nodeIds: readonly string[], wants: (rung: Rung) => boolean, signal: AbortSignal): Promise<StatusAnswer> {
    const question = ++this.#asked
    const askedAt = this.#env.now()
    return this.#api.amiStatus(nodeIds, signal, ({ rows, badRows, at }, asked) => {
      for (const node of badRows) {
        this.#onDiagnostic({ code: 'poll-not-understood', node, message: NOT_UNDERSTOOD })
      }
      for (const nodeId of asked) {
        const rung = this.#rungs.get(nodeId)
        if (rung === undefined || !wants(rung) || rung.answered > question) continue
        rung.answered = question
        const row = rows.get(nodeId)
        rung.failure = row !== undefined ? null : badRows.includes(nodeId) ? NOT_UNDERSTOOD : NOT_ANSWERED
        if (row !== undefined) this.#sockets.offerPoll(nodeId, row, { at, askedAt })
      }
    })
  }

  /** The question failed, or a part of it: who was answered is not concerned. */
  #onFailure(error: unknown, question: number): void {
    for (const rung of this.#rungs.values()) if (rung.transport === 'polling' && rung.answered < question) rung.failure = messageOf(error)
  }

  #tellPolling(): void {
    tellAll(this.#pollWatchers, this.#onDiagnostic)
  }
}

const NOT_UNDERSTOOD = 'A polled row is not in the expected form.'
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** A node that the server does not have, or a page that is put away or offline, is not helped by asking: its sockets are tried then all the same. */
export function isPollable(state: ConnectionState, { page }: Env): boolean {
  if (state.status === 'idle' || state.status === 'closed' || isMissing(state)) return false
  return page.online() && (state.status !== 'paused' || state.why !== 'hidden')
}
