/**
 * Socket, else polling, and back, per node. A node whose socket has been without a word for 2.5 s is polled, together with
 * all others in that case in one request; the first valid frame of its socket ends that.
 */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { Env, PageSignal, TimerHandle } from '../env/env.ts'
import type { ConnectionState } from './connectionState.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import type { GatewayApi } from './gatewayApi.ts'
import { PollingService } from './PollingService.ts'
import type { PollingConfig, PollingState } from './PollingService.ts'
import type { WebSocketService } from './WebSocketService.ts'

/** Where a node's news come from right now; `none` = from nowhere, for the reason in its connection state. */
export type Transport = 'socket' | 'polling' | 'none'

/** A blip shorter than this does not cost a request, ms. */
export const FALLBACK_AFTER = 2_500

/** Nodes that fall within this time of each other fall together, into one request, ms. */
const GATHER = 100

interface Rung {
  transport: Transport
  /** Without a socket since, ms; null = it has one. */
  downSince: number | null
  /** Watched so often: two stores may show the same node. */
  watchers: number
  readonly off: () => void
}

export interface TransportLadderOptions {
  readonly env: Env
  readonly sockets: WebSocketService
  readonly api: GatewayApi
  readonly onDiagnostic?: DiagnosticHook
  readonly polling?: Partial<PollingConfig>
}

export class TransportLadder {
  readonly #env: Env
  readonly #sockets: WebSocketService
  readonly #api: GatewayApi
  readonly #poller: PollingService
  readonly #onDiagnostic: DiagnosticHook
  readonly #rungs = new Map<string, Rung>()
  readonly #watchers = new Set<(nodeId: string, transport: Transport) => void>()
  #timer: TimerHandle
  #stopListening: (() => void) | null = null
  /** The page is put away: it asks for nothing until it is shown again. */
  #away = false

  constructor(options: TransportLadderOptions) {
    this.#env = options.env
    this.#sockets = options.sockets
    this.#api = options.api
    this.#onDiagnostic = options.onDiagnostic ?? (() => undefined)
    this.#poller = new PollingService({
      env: options.env,
      job: (signal) => this.#poll(signal),
      ...(options.polling === undefined ? {} : { config: options.polling }),
      onError: (error) => {
        this.#onDiagnostic({ code: 'poll-failed', message: error instanceof Error ? error.message : String(error) })
      },
    })
  }

  /** Keeps the node current until `unwatch` was called as often. @returns settles when its socket's first try has succeeded or failed */
  watch(nodeId: string): Promise<void> {
    // Before the sockets listen: what they make of a signal is reviewed here, and must be judged by the same signal.
    this.#stopListening ??= this.#env.page.listen((signal) => { this.#onSignal(signal) })
    const held = this.#rungs.get(nodeId)
    if (held === undefined) {
      const off = this.#sockets.onNodeStateChange(nodeId, (state) => { this.#onState(nodeId, state) })
      this.#rungs.set(nodeId, { transport: 'none', downSince: this.#env.now(), watchers: 1, off })
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

  /** Calls `watcher` when a node's transport changes. Returns the way out. */
  onTransport(watcher: (nodeId: string, transport: Transport) => void): () => void {
    this.#watchers.add(watcher)
    return () => { this.#watchers.delete(watcher) }
  }

  pollingState(): PollingState {
    return this.#poller.getState()
  }

  /**
   * Asks now for the nodes that no socket feeds; those that have one are current. Where polling runs, it asks by itself.
   * @throws ApiError or RetryAfterError when the question fails
   */
  async refresh(): Promise<void> {
    if (this.#poller.getState().isActive) this.#poller.askNow()
    else await this.#ask((rung) => rung.downSince !== null, new AbortController().signal)
  }

  /** Somebody signed in or out: what was refused may be granted now. */
  userChanged(): void {
    this.#poller.wake()
  }

  dispose(): void {
    for (const [nodeId, rung] of [...this.#rungs]) {
      rung.watchers = 1
      this.unwatch(nodeId)
    }
    this.#watchers.clear()
  }

  #onSignal(signal: PageSignal): void {
    if (signal !== 'pagehide' && signal !== 'pageshow') return
    this.#away = signal === 'pagehide'
    this.#review()
  }

  #onState(nodeId: string, state: ConnectionState): void {
    const rung = this.#rungs.get(nodeId)
    if (rung === undefined) return
    if (state.status === 'live') rung.downSince = null
    else rung.downSince ??= this.#env.now()
    this.#review()
  }

  /** Which nodes need polling now, and when is the next one due? One timer for all of them. */
  #review(): void {
    this.#env.clearTimeout(this.#timer)
    this.#timer = undefined
    const now = this.#env.now()
    let due = Number.POSITIVE_INFINITY
    let polled = 0
    let fresh = false
    for (const [nodeId, rung] of this.#rungs) {
      let transport: Transport = 'none'
      if (rung.downSince === null) transport = 'socket'
      else if (this.#away || !isPollable(this.#sockets.getNodeState(nodeId))) transport = 'none'
      else if (now - rung.downSince >= FALLBACK_AFTER - GATHER) transport = 'polling'
      else due = Math.min(due, rung.downSince + FALLBACK_AFTER)
      if (transport === 'polling') polled += 1
      if (transport === rung.transport) continue
      fresh ||= transport === 'polling'
      rung.transport = transport
      for (const watcher of [...this.#watchers]) watcher(nodeId, transport)
    }
    if (polled === 0) this.#poller.stop()
    else if (!this.#poller.getState().isActive) this.#poller.start()
    else if (fresh) this.#poller.askNow()
    if (Number.isFinite(due)) this.#timer = this.#env.setTimeout(() => { this.#review() }, due - now)
  }

  #poll(signal: AbortSignal): Promise<void> {
    return this.#ask((rung) => rung.transport === 'polling', signal)
  }

  async #ask(wants: (rung: Rung) => boolean, signal: AbortSignal): Promise<void> {
    const nodeIds = [...this.#rungs].filter(([, rung]) => wants(rung)).map(([nodeId]) => nodeId)
    if (nodeIds.length === 0) return
    const askedAt = this.#env.now()
    const { rows, badRows, at } = await this.#api.amiStatus(nodeIds, signal)
    if (signal.aborted) return
    for (const node of badRows) {
      this.#onDiagnostic({ code: 'poll-not-understood', node, message: 'A polled row has another shape than expected.' })
    }
    for (const [nodeId, row] of rows) {
      const rung = this.#rungs.get(nodeId)
      if (rung !== undefined && wants(rung)) this.#sockets.offerPoll(nodeId, row, { at, askedAt })
    }
  }
}

/** A node that the server does not have, or a page that is put away or offline, is not helped by asking. */
export function isPollable(state: ConnectionState): boolean {
  if (state.status === 'idle' || state.status === 'closed') return false
  if (state.status !== 'paused') return true
  if (state.why === 'refused') return state.reason.closeCode !== CLOSE.noSuchNode && state.reason.serverCode !== 'no-such-node'
  return state.why !== 'offline' && state.why !== 'hidden'
}
