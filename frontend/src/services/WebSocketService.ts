/**
 * The map from node to connection. Each node has its own state, backoff and reason; one that fails touches no other.
 * Never gives up: what is watched is tried until `disconnectFromNode` or `dispose`.
 *
 * Knows no Vue and touches no global; everything outside comes in through `env`.
 */
import mitt from 'mitt'
import type { Emitter } from 'mitt'
import type { Frame } from '../../../protocol/frames.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import type { Env, PageSignal } from '../env/env.ts'
import { Channel } from './channel.ts'
import type { ChannelOptions } from './channel.ts'
import type { ConnectionState } from './connectionState.ts'
import type { FlatFrame, IncomingFrame } from './decode.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import type { Line, LineEnd } from './line.ts'
import { NodeReplica } from './nodeReplica.ts'
import { openOwnLine } from './ownLine.ts'
import { ServerClock } from './serverClock.ts'
import { SharedSocket } from './sharedSocket.ts'
import { SleepWatch } from './sleepWatch.ts'
import { sharedSocketUrl, socketUrl } from './socketUrl.ts'
import { Tongue } from './tongue.ts'

/**
 * `per-node`: each node has a socket of its own, the plan's way. `shared`: all nodes over one. `auto`: their own for the
 * first five, one for all further ones.
 */
export type Topology = 'auto' | 'per-node' | 'shared'

/** With `auto`, nodes from this one on share a socket. */
export const SHARE_FROM = 6

/** News of a node: its whole state after the news, and its place in the server's order. */
export interface NodeUpdate {
  readonly node: string
  readonly state: NodeState
  /** Server time of the news, ms. */
  readonly at: number
  readonly source: 'socket' | 'poll'
}

export interface WebSocketServiceOptions {
  readonly env: Env
  /** Told of everything that was dropped and survived. */
  readonly onDiagnostic?: DiagnosticHook
  /** Default `auto`. */
  readonly topology?: Topology
  /**
   * A ticket for one try, put into its address as `token`; null = none is to be had. Asked afresh for each try. A failure
   * counts as a failed try.
   */
  readonly ticket?: (nodeId: string | null) => Promise<string | null>
  /** False = hold no socket (the feature flag is off). Default true. */
  readonly flagOn?: boolean
}

interface Entry {
  line: Line
  readonly end: LineEnd
  shares: boolean
  readonly replica: NodeReplica
  /** A snapshot was asked for and has not come yet: ask once. */
  resyncing: boolean
  /** When the node was last heard, kept when the socket is gone. */
  heardAt: number | null
}

type NodeEvents = { message: NodeUpdate; state: ConnectionState }

const IDLE: ConnectionState = { status: 'idle' }

/** Where a line will be. */
const CLOSED_LINE: Line = {
  state: IDLE, heardAt: null, vouches: true, resync: () => false, retry: () => undefined, close: () => undefined,
}

export class WebSocketService {
  readonly #env: Env
  readonly #onDiagnostic: DiagnosticHook
  readonly #entries = new Map<string, Entry>()
  readonly #emitters = new Map<string, Emitter<NodeEvents>>()
  readonly #clock: ServerClock
  readonly #topology: Topology
  readonly #ticket: WebSocketServiceOptions['ticket']
  readonly #channels = new Set<Channel>()
  readonly #shared: SharedSocket
  readonly #tongue = new Tongue(() => { this.#unshare() })
  #flagOn: boolean
  readonly #sleepWatch: SleepWatch
  #stopListening: (() => void) | null = null
  #disposed = false

  constructor(options: WebSocketServiceOptions) {
    this.#env = options.env
    this.#onDiagnostic = options.onDiagnostic ?? (() => undefined)
    this.#flagOn = options.flagOn ?? true
    this.#topology = options.topology ?? 'auto'
    this.#ticket = options.ticket
    this.#clock = new ServerClock(() => this.#env.now())
    this.#sleepWatch = new SleepWatch(this.#env, () => { this.#signal('clock-gap') })
    this.#shared = new SharedSocket({
      openChannel: (part) => this.#openChannel(part, () => sharedSocketUrl(this.#env.baseUrl())),
      onDiagnostic: this.#onDiagnostic,
    })
  }

  /**
   * Watches a node. Watching it twice changes nothing.
   * @param port the node's own port, where the gateway gives each node one; without it the node's path is used
   * @returns settles when the first try has succeeded or failed; never rejects
   */
  connectToNode(nodeId: string, port?: number): Promise<void> {
    if (this.#disposed) return Promise.resolve()
    const entry = this.#entries.get(nodeId) ?? this.#add(nodeId, port)
    const { status } = entry.line.state
    if (status !== 'connecting' && status !== 'idle') return Promise.resolve()
    return new Promise((resolve) => {
      const off = this.onNodeStateChange(nodeId, (state) => {
        if (state.status === 'connecting') return
        off()
        resolve()
      })
    })
  }

  /** Stops watching. The socket is closed, also while it is still connecting; no late frame reaches anybody. */
  disconnectFromNode(nodeId: string): void {
    const entry = this.#entries.get(nodeId)
    if (entry === undefined) return
    this.#entries.delete(nodeId)
    entry.line.close()
    if (this.#entries.size === 0) this.#unlisten()
  }

  disconnectAll(): void {
    for (const nodeId of [...this.#entries.keys()]) this.disconnectFromNode(nodeId)
  }

  /** Calls `handler` with each news of the node. Returns the way out, safe to call twice. */
  onNodeMessage(nodeId: string, handler: (update: NodeUpdate) => void): () => void {
    return this.#on(nodeId, 'message', handler)
  }

  /** Calls `handler` when the node's connection changes state. Returns the way out, safe to call twice. */
  onNodeStateChange(nodeId: string, handler: (state: ConnectionState) => void): () => void {
    return this.#on(nodeId, 'state', handler)
  }

  isNodeConnected(nodeId: string): boolean {
    return this.getNodeState(nodeId).status === 'live'
  }

  getNodeState(nodeId: string): ConnectionState {
    return this.#entries.get(nodeId)?.line.state ?? IDLE
  }

  getAllConnectedNodes(): string[] {
    return [...this.#entries.keys()].filter((nodeId) => this.isNodeConnected(nodeId))
  }

  /**
   * A polled row for a watched node. It is shown only if it is not older than what is held.
   * @param place `at`: server time of the answer; `askedAt`: this browser's time of the question, ms
   */
  offerPoll(nodeId: string, row: LooseStatusRow, place: { at: number | null; askedAt: number }): void {
    const entry = this.#entries.get(nodeId)
    if (entry === undefined) return
    if (place.at !== null) this.#clock.observe(place.at)
    const at = place.at ?? this.#clock.now()
    const verdict = entry.replica.poll(row, at, place.askedAt > (entry.heardAt ?? 0))
    if (verdict === 'old') return
    entry.heardAt = this.#env.now()
    const { state } = entry.replica
    if (verdict === 'applied' && state !== null) this.#emit(nodeId, 'message', { node: nodeId, state, at, source: 'poll' })
  }

  /** The user's Retry: tries at once, whatever the wait or pause. */
  retryConnection(nodeId: string): void {
    this.#entries.get(nodeId)?.line.retry()
  }

  /** The node's state as last told; null before the first news. */
  currentState(nodeId: string): NodeState | null {
    return this.#entries.get(nodeId)?.replica.state ?? null
  }

  /** When the node was last heard, ms by this browser's clock; null = never. */
  heardAt(nodeId: string): number | null {
    const entry = this.#entries.get(nodeId)
    if (entry === undefined) return null
    const { heardAt } = entry.line
    return heardAt === null || entry.heardAt === null ? (heardAt ?? entry.heardAt) : Math.max(heardAt, entry.heardAt)
  }

  /** Is `heardAt` the age of the data? Not with a server whose silence says nothing (Supermon-NG). */
  isAgeKnown(nodeId: string): boolean {
    const line = this.#entries.get(nodeId)?.line
    return line === undefined || line.vouches || line.state.status !== 'live'
  }

  /** Estimated server time, ms. All times in node states are server times. */
  serverNow(): number {
    return this.#clock.now()
  }

  /** The feature flag changed: off pauses every connection, on brings them back. */
  setFlag(on: boolean): void {
    this.#flagOn = on
    for (const channel of [...this.#channels]) channel.dispatch({ type: 'flag', on })
  }

  /** Ends everything. Afterwards there is no timer, no listener and no socket, and calls do nothing. */
  dispose(): void {
    this.#disposed = true
    this.disconnectAll()
    this.#unlisten()
    for (const emitter of this.#emitters.values()) emitter.all.clear()
    this.#emitters.clear()
  }

  #add(nodeId: string, port: number | undefined): Entry {
    const replica = new NodeReplica()
    const end: LineEnd = {
      nodeId,
      resumable: () => replica.resumable,
      onState: (state) => { this.#emit(nodeId, 'state', state) },
      onFrame: (frame) => { this.#onFrame(nodeId, frame) },
    }
    this.#listen()
    const shares =
      port === undefined &&
      !this.#tongue.isSupermonNg &&
      (this.#topology === 'shared' || (this.#topology === 'auto' && this.#entries.size + 1 >= SHARE_FROM))
    // The entry stands before its line opens: a handler may ask for the node while it hears of its first state.
    const entry: Entry = { line: CLOSED_LINE, end, shares, replica, resyncing: false, heardAt: null }
    this.#entries.set(nodeId, entry)
    entry.line = shares ? this.#shared.join(end) : this.#openOwn(end, replica, port)
    return entry
  }

  #openOwn(end: LineEnd, replica: NodeReplica, port?: number): Line {
    return openOwnLine(end, (part) =>
      this.#openChannel(part, () => socketUrl(this.#env.baseUrl(), end.nodeId, replica.resumable, port)),
    )
  }

  /** A Supermon-NG has no common socket: those who waited for one get their own. */
  #unshare(): void {
    for (const entry of this.#entries.values()) {
      if (!entry.shares) continue
      entry.shares = false
      entry.line.close()
      entry.line = this.#openOwn(entry.end, entry.replica)
      entry.end.onState(entry.line.state)
    }
  }

  #openChannel(part: Pick<ChannelOptions, 'node' | 'onState' | 'onFrame'>, address: () => URL): Channel {
    const { node } = part
    const channel = new Channel({
      ...part,
      env: this.#env,
      flagOn: this.#flagOn,
      tongue: this.#tongue,
      url: async () => {
        const ticket = (await this.#ticket?.(node)) ?? null
        const url = address()
        if (ticket !== null) url.searchParams.set('token', ticket)
        return url.href
      },
      onState: (state, before) => {
        if (state.status === 'closed') this.#channels.delete(channel)
        part.onState(state, before)
      },
      onDiagnostic: (diagnostic) => { this.#onDiagnostic(node === null ? diagnostic : { ...diagnostic, node }) },
    })
    this.#channels.add(channel)
    channel.dispatch({ type: 'connect' })
    return channel
  }

  #onFrame(nodeId: string, frame: IncomingFrame): void {
    const entry = this.#entries.get(nodeId)
    if (entry === undefined || frame.type === 'ack') return
    entry.heardAt = this.#env.now()
    if (frame.type !== 'flat') this.#clock.observe(frame.at)
    switch (frame.type) {
      case 'hello':
        entry.resyncing = false
        return
      case 'snapshot':
        if (!this.#isFor(nodeId, frame.node)) return
        this.#onSnapshot(nodeId, entry, frame)
        return
      case 'patch': {
        if (!this.#isFor(nodeId, frame.node)) return
        const verdict = entry.replica.patch(frame)
        if (verdict === 'applied') this.#tell(nodeId, entry, frame)
        else if (verdict === 'gap') this.#resync(nodeId, entry)
        else this.#onDiagnostic({ code: 'sequence-old', node: nodeId, message: 'A patch that was already applied was dropped.' })
        return
      }
      case 'current':
        if (this.#isFor(nodeId, frame.node) && entry.replica.confirm(frame) === 'gap') this.#resync(nodeId, entry)
        return
      case 'beat': {
        const place = Object.hasOwn(frame.nodes, nodeId) ? frame.nodes[nodeId] : undefined
        if (place !== undefined && entry.replica.confirm(place) === 'gap') this.#resync(nodeId, entry)
        return
      }
      case 'flat':
        this.#onFlat(nodeId, entry, frame)
        return
      case 'error':
        this.#onDiagnostic({ code: 'server-error', node: nodeId, message: `${frame.code}: ${frame.message}` })
        return
      case 'pong':
      case 'goaway':
        return
    }
  }

  #onSnapshot(nodeId: string, entry: Entry, frame: Frame<'snapshot'>): void {
    const verdict = entry.replica.snapshot(frame, entry.resyncing)
    entry.resyncing = false
    if (verdict === 'applied') this.#tell(nodeId, entry, frame)
    else if (verdict === 'gap') this.#resync(nodeId, entry)
  }

  /** Supermon-NG's whole state. Its clock counts seconds and its order is the socket's; nothing can be missed or resumed. */
  #onFlat(nodeId: string, entry: Entry, { row }: FlatFrame): void {
    if (!this.#isFor(nodeId, row.node)) return
    const at = this.#clock.now()
    const { state } = entry.replica
    entry.replica.poll(row, at, true)
    if (entry.replica.state !== null && entry.replica.state !== state) {
      this.#emit(nodeId, 'message', { node: nodeId, state: entry.replica.state, at, source: 'socket' })
    }
  }

  #isFor(nodeId: string, node: string): boolean {
    if (node === nodeId) return true
    this.#onDiagnostic({ code: 'frame-for-another-node', node: nodeId, message: 'A frame for another node was dropped.' })
    return false
  }

  #resync(nodeId: string, entry: Entry): void {
    if (entry.resyncing) return
    this.#onDiagnostic({ code: 'sequence-gap', node: nodeId, message: 'Something was missed; a snapshot was asked for.' })
    entry.resyncing = entry.line.resync()
  }

  #tell(nodeId: string, entry: Entry, frame: Frame<'snapshot'> | Frame<'patch'>): void {
    const { state } = entry.replica
    if (state !== null) this.#emit(nodeId, 'message', { node: nodeId, state, at: frame.at, source: 'socket' })
  }

  #on<T extends keyof NodeEvents>(nodeId: string, type: T, handler: (event: NodeEvents[T]) => void): () => void {
    if (this.#disposed) return () => undefined
    let emitter = this.#emitters.get(nodeId)
    if (emitter === undefined) {
      emitter = mitt<NodeEvents>()
      this.#emitters.set(nodeId, emitter)
    }
    // One handler that throws must not keep the others from the news, nor the connection from its work.
    const guarded = (event: NodeEvents[T]) => {
      try {
        handler(event)
      } catch (error) {
        this.#onDiagnostic({ code: 'handler-threw', node: nodeId, message: `A handler threw: ${String(error)}` })
      }
    }
    const to = emitter
    to.on(type, guarded)
    return () => {
      to.off(type, guarded)
      if ([...to.all.values()].every((handlers) => handlers === undefined || handlers.length === 0)) {
        if (this.#emitters.get(nodeId) === to) this.#emitters.delete(nodeId)
      }
    }
  }

  #emit<T extends keyof NodeEvents>(nodeId: string, type: T, event: NodeEvents[T]): void {
    this.#emitters.get(nodeId)?.emit(type, event)
  }

  #listen(): void {
    if (this.#stopListening !== null) return
    this.#stopListening = this.#env.page.listen((signal) => {
      if (signal === 'hidden') this.#sleepWatch.stop()
      else if (signal === 'visible' || signal === 'pageshow' || signal === 'resume') this.#sleepWatch.start()
      this.#signal(signal)
    })
    this.#sleepWatch.start()
  }

  #signal(signal: PageSignal | 'clock-gap'): void {
    for (const channel of [...this.#channels]) channel.signal(signal)
  }

  #unlisten(): void {
    this.#sleepWatch.stop()
    this.#stopListening?.()
    this.#stopListening = null
  }
}
