/** A ladder of one rung: sockets, and nothing in their place. Knows nothing of polling, so that a page can be built without it. */
import { tellAll } from './diagnostics.ts'
import { isSwitchedOff } from './fallback.ts'
import type { StatusAnswer } from './gatewayApi.ts'
import type { Ladder, LadderOptions, Transport } from './ladder.ts'
import { POLLING } from './pace.ts'
import type { PollingState } from './PollingService.ts'

interface Held {
  /** Watched so often: two stores may show the same node. */
  watchers: number
  transport: Transport
  readonly off: () => void
}

export class SocketsOnly implements Ladder {
  readonly #options: LadderOptions
  readonly #held = new Map<string, Held>()
  readonly #watchers = new Set<(nodeId: string, transport: Transport) => void>()
  #disposed = false

  constructor(options: LadderOptions) {
    this.#options = options
  }

  watch(nodeId: string): Promise<void> {
    if (this.#disposed) return Promise.resolve()
    const { sockets } = this.#options
    const held = this.#held.get(nodeId)
    if (held !== undefined) held.watchers += 1
    else {
      const off = sockets.onNodeStateChange(nodeId, (state) => {
        this.#review(nodeId)
        if (isSwitchedOff(state)) this.#options.onSwitchedOff?.()
      })
      this.#held.set(nodeId, { watchers: 1, transport: 'none', off })
    }
    const settled = sockets.connectToNode(nodeId)
    this.#review(nodeId)
    return settled
  }

  unwatch(nodeId: string): void {
    const held = this.#held.get(nodeId)
    if (held === undefined || --held.watchers > 0) return
    this.#held.delete(nodeId)
    held.off()
    this.#options.sockets.disconnectFromNode(nodeId)
  }

  transportOf(nodeId: string): Transport {
    return this.#held.get(nodeId)?.transport ?? 'none'
  }

  onTransport(watcher: (nodeId: string, transport: Transport) => void): () => void {
    this.#watchers.add(watcher)
    return () => { this.#watchers.delete(watcher) }
  }

  pollingState(): PollingState {
    const { activeInterval } = POLLING
    return {
      isActive: false, isVisible: this.#options.env.page.visible(), isConnected: false, lastActivity: 0,
      currentInterval: activeInterval, lastInterval: activeInterval, retryCount: 0, errorCount: 0,
    }
  }

  failureOf(): null {
    return null
  }

  onPolling(): () => void {
    return () => undefined
  }

  async refresh(nodeIds: readonly string[]): Promise<StatusAnswer> {
    const { api, env, sockets } = this.#options
    const wanted = nodeIds.filter((nodeId) => this.transportOf(nodeId) !== 'socket')
    if (wanted.length === 0) return { rows: new Map(), badRows: [], at: null, realtime: null }
    const askedAt = env.now()
    const answer = await api.amiStatus(wanted, new AbortController().signal)
    for (const [nodeId, row] of answer.rows) if (this.transportOf(nodeId) !== 'socket') sockets.offerPoll(nodeId, row, { at: answer.at, askedAt })
    return { ...answer, rows: new Map([...answer.rows].filter(([nodeId]) => !this.#held.has(nodeId))) }
  }

  userChanged(): void {
    // Sockets know that by themselves.
  }

  dispose(): void {
    this.#disposed = true
    for (const [nodeId, held] of [...this.#held]) {
      held.watchers = 1
      this.unwatch(nodeId)
    }
  }

  revive(): void {
    this.#disposed = false
  }

  #review(nodeId: string): void {
    const held = this.#held.get(nodeId)
    const transport = this.#options.sockets.isNodeConnected(nodeId) ? 'socket' : 'none'
    if (held === undefined || held.transport === transport) return
    held.transport = transport
    tellAll(this.#watchers, this.#options.onDiagnostic ?? (() => undefined), nodeId, transport)
  }
}
