/**
 * The map from node to connection. Each node has its own state, backoff and reason; one that fails touches no other.
 * Never gives up: what is watched is tried until `disconnectFromNode` or `dispose`.
 *
 * Knows no Vue and touches no global; everything outside comes in through `env`.
 */
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import type { Env } from '../env/env.ts'
import type { AnyFrame, Channel } from './channel.ts'
import { Channels } from './channels.ts'
import type { EndpointOptions, FlagRule, TicketSource } from './channels.ts'
import type { ConnectionState } from './connectionState.ts'
import { decodeMessage } from './decode.ts'
import type { IncomingFrame } from './decode.ts'
import { guarded } from './diagnostics.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { NodeEvents } from './nodeEvents.ts'
import type { SocketObserver } from './nodeEvents.ts'
import type { Line } from './line.ts'
import { openOwnLine } from './ownLine.ts'
import { ServerClock } from './serverClock.ts'
import { SharedSocket } from './sharedSocket.ts'
import { sharedSocketUrl, socketUrl } from './socketUrl.ts'
import { Tongue } from './tongue.ts'
import { Grouping } from './topology.ts'
import type { Topology } from './topology.ts'
import { paused } from './transitions.ts'
import { IDLE, NO_LINE, WatchedNode } from './watchedNode.ts'
import type { NodeInspection, NodeUpdate } from './watchedNode.ts'

export type { Topology } from './topology.ts'

/** No server has a node of that name, and one that is asked refuses the others of the same question with it. */
const NO_NODE = paused('refused', { code: 'bad-node', message: 'This is not a node number.', serverCode: 'no-such-node' })

export interface WebSocketServiceOptions {
  readonly env: Env
  /** Told of everything that was dropped and survived. */
  readonly onDiagnostic?: DiagnosticHook
  /** Default `auto`. */
  readonly topology?: Topology
  /**
   * A ticket for one try, put into its address as `token`; null = none is to be had, undefined = nobody could be asked: the try is
   * made without, and a refusal is no reason to wait for a sign-in. Asked afresh for each try, told whether the server refused
   * the one before for want of one. A failure counts as a failed try; `signal` ends a question whose try was given up.
   */
  readonly ticket?: TicketSource
  /** False = hold no socket (the feature flag is off); null = not known yet, nothing is opened before `setFlag`. Default true. */
  readonly flagOn?: boolean | null
}

export class WebSocketService {
  readonly #env: Env
  readonly #onDiagnostic: DiagnosticHook
  readonly #nodes = new Map<string, WatchedNode>()
  readonly #events: NodeEvents
  /** Nodes on the shared socket. */
  readonly #sharing = new Set<WatchedNode>()
  readonly #clock: ServerClock
  readonly #grouping: Grouping
  readonly #channels: Channels
  readonly #shared: SharedSocket
  readonly #tongue = new Tongue(() => { this.#giveOwn([...this.#sharing]) })

  constructor(options: WebSocketServiceOptions) {
    this.#env = options.env
    this.#onDiagnostic = guarded(options.onDiagnostic)
    this.#events = new NodeEvents(this.#onDiagnostic)
    this.#grouping = new Grouping(options.topology)
    this.#clock = new ServerClock(() => this.#env.now())
    this.#channels = new Channels({
      ...options,
      tongue: this.#tongue,
      observe: this.#events.observe,
      onClockGap: () => { this.#clock.startAfresh() },
      onDiagnostic: this.#onDiagnostic,
    })
    this.#shared = new SharedSocket({
      env: this.#env,
      openChannel: (part) => this.#openChannel(part, () => sharedSocketUrl(this.#env.baseUrl())),
      // Only a node's own socket finds out that the server is a Supermon-NG, which has no common one; and a proxy may pass on what is
      // behind `/ws/` alone, or let this one hang. Where all hang, own ones would, too; what a server closes it with is a word of its own.
      onFailed: (code) => {
        if ((code === undefined ? this.#tongue.opened : code === 1006) && this.#grouping.needsScout(this.#nodes.size - this.#sharing.size)) this.#giveOwn([...this.#sharing].slice(0, 1))
      },
      onDiagnostic: this.#onDiagnostic,
    })
  }

  /**
   * Watches a node. Watching it twice changes nothing.
   * @param port the node's own port, where the gateway gives each node one; without it the node's path is used
   * @returns settles when the first try has succeeded or failed; never rejects
   */
  connectToNode(nodeId: string, port?: number): Promise<void> {
    if (this.#channels.disposed) return Promise.resolve()
    if (!this.#nodes.has(nodeId)) this.#add(nodeId, port)
    const status = this.#nodes.get(nodeId)?.line.state.status
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
    const node = this.#nodes.get(nodeId)
    if (node === undefined) return
    this.#nodes.delete(nodeId)
    node.line.close()
    // Its own connection says so itself; the common one goes on.
    if (this.#sharing.delete(node)) node.onState({ status: 'closed' })
  }

  disconnectAll(): void {
    for (const nodeId of [...this.#nodes.keys()]) this.disconnectFromNode(nodeId)
  }

  /** Calls `handler` with each news of the node. Returns the way out, safe to call twice. */
  onNodeMessage(nodeId: string, handler: (update: NodeUpdate) => void): () => void {
    return this.#channels.disposed ? () => undefined : this.#events.on(nodeId, 'message', handler)
  }

  /** Calls `handler` when the node's connection changes state. Returns the way out, safe to call twice. */
  onNodeStateChange(nodeId: string, handler: (state: ConnectionState) => void): () => void {
    return this.#channels.disposed ? () => undefined : this.#events.on(nodeId, 'state', handler)
  }

  isNodeConnected(nodeId: string): boolean {
    return this.getNodeState(nodeId).status === 'live'
  }

  getNodeState(nodeId: string): ConnectionState {
    return this.#nodes.get(nodeId)?.line.state ?? IDLE
  }

  getAllConnectedNodes(): string[] {
    return [...this.#nodes.keys()].filter((nodeId) => this.isNodeConnected(nodeId))
  }

  /** For whoever looks under the bonnet: who is told of all nodes. */
  get observers(): Set<SocketObserver> {
    return this.#events.observers
  }

  /** All watched nodes, for the same. */
  inspect(): readonly NodeInspection[] {
    return [...this.#nodes].map(([node, watched]) => ({
      node, state: watched.line.state, place: watched.resumable(), heardAt: watched.heardAt, shared: this.#sharing.has(watched),
    }))
  }

  /**
   * A polled row for a watched node. It is shown only if it is not older than what is held.
   * @param place `at`: server time of the answer; `askedAt`: this browser's time of the question, ms
   */
  offerPoll(nodeId: string, row: LooseStatusRow, place: { at: number | null; askedAt: number }): void {
    this.#events.observe(nodeId, { type: 'poll' })
    this.#nodes.get(nodeId)?.offerPoll(row, place)
  }

  /** The user's Retry: tries at once, whatever the wait or pause; a live connection is asked whether it lives. */
  retryConnection(nodeId: string): void {
    this.#nodes.get(nodeId)?.line.retry('retry')
  }

  /** The node's state as last told; null before the first news. */
  currentState(nodeId: string): NodeState | null {
    return this.#nodes.get(nodeId)?.state ?? null
  }

  /** When the node was last heard, ms by this browser's clock; null = never. */
  heardAt(nodeId: string): number | null {
    return this.#nodes.get(nodeId)?.heardAt ?? null
  }

  /** Is `heardAt` the age of the data? Not with a server whose silence says nothing (Supermon-NG). */
  isAgeKnown(nodeId: string): boolean {
    const line = this.#nodes.get(nodeId)?.line
    return line === undefined || line.vouches || line.state.status !== 'live'
  }

  /** Estimated server time, ms. All times in node states are server times. */
  serverNow(): number {
    return this.#clock.now()
  }

  /**
   * The feature flag changed: off pauses every connection, on brings them back. It may differ from node to node: a node that is not
   * as the page (null) is has no part in the common socket, and does not disturb the others.
   * @param flag null = not known yet: what is opened from now on waits for the next call
   */
  setFlag(flag: FlagRule | null): void {
    this.#channels.setFlag(flag, () => {
      this.#giveOwn([...this.#sharing].filter((node) => !this.#isAsPage(node.nodeId)))
    })
  }

  /** This page's server answers as a Supermon-NG over HTTP: its sockets are met so from the first try on. No harm if it is not one. */
  heardSupermonNg(): void {
    this.#tongue.heardSupermonNg()
  }

  /** Did the server let go of any connection as switched off, though the flag is on? */
  get sentAway(): boolean {
    return this.#channels.sentAway
  }

  /** Those try again. */
  comeBack(): void {
    this.#channels.repeatFlag()
  }

  /** How the server would have sockets shared, for nodes that are watched from now on; counts only where the page has not chosen. */
  suggestTopology(topology: Topology | null): void {
    this.#grouping.suggested = topology
  }

  /**
   * The page wants to be current while it is hidden (alerts on): tries go on at the pace of a page that is seen. It does not
   * keep timers from being throttled. Default false: about one try a minute.
   */
  setStayAwake(on: boolean): void {
    this.#channels.setStayAwake(on)
  }

  /**
   * Somebody signed in or out. A server knows a socket by the user who opened it: all are opened anew, what is held is asked
   * for anew, and those who waited for a user try again.
   */
  signedIn(): void {
    for (const node of this.#nodes.values()) node.forgetPlace()
    this.#channels.dispatch({ type: 'signed-in' })
  }

  /** HTTP answered 401 in place of a node's state: its socket tries a fresh ticket once, then waits for a sign-in. */
  unauthorized(): void {
    this.#channels.dispatch({ type: 'unauthorized' })
  }

  /** Ends everything. Afterwards there is no timer, no listener and no socket, and calls do nothing. */
  dispose(): void {
    this.#channels.disposed = true
    this.disconnectAll()
    // Those that are not the nodes'.
    this.#channels.dispatch({ type: 'disconnect' })
    this.#events.clear()
  }

  /** After `dispose`: may be used again. Handlers of before are forgotten. */
  revive(): void {
    this.#channels.disposed = false
  }

  /**
   * Another socket of this page's gateway, kept by the same policy as the nodes': waits and pauses, tickets, the flag, the page's
   * signals. Its owner ends it by dispatching `disconnect`.
   */
  openEndpoint<F extends AnyFrame>(part: EndpointOptions<F>, address: () => URL): Channel<F> {
    return this.#channels.open(part, address)
  }

  #add(nodeId: string, port: number | undefined): void {
    const node: WatchedNode = new WatchedNode({
      nodeId,
      env: this.#env,
      clock: this.#clock,
      onState: (state) => {
        // Another one may have taken its place while it was being opened.
        if ((this.#nodes.get(nodeId) ?? node) === node) this.#events.emit(nodeId, 'state', state)
      },
      onUpdate: (update) => { this.#events.emit(nodeId, 'message', update) },
      onDiagnostic: this.#onDiagnostic,
    })
    this.#nodes.set(nodeId, node)
    if (!NODE_ID.test(nodeId)) {
      node.line = { ...NO_LINE, state: NO_NODE, close: () => { node.onState({ status: 'closed' }) } }
      node.onState(NO_NODE)
    } else if (port === undefined && this.#grouping.nextShares(this.#nodes.size, this.#tongue.known) && this.#isAsPage(nodeId)) {
      this.#sharing.add(node)
      this.#give(node, this.#shared.join(node))
    } else this.#give(node, this.#openOwn(node, port))
  }

  /** Whoever heard of the line's first state may have let the node go, which had none yet. */
  #give(node: WatchedNode, line: Line): void {
    node.line = line
    if (this.#nodes.get(node.nodeId) !== node) line.close()
  }

  #isAsPage(nodeId: string): boolean {
    return this.#channels.flagOf(nodeId) === this.#channels.flagOf(null)
  }

  #openOwn(node: WatchedNode, port?: number): Line {
    return openOwnLine(node, (part) => this.#openChannel(part, () => socketUrl(this.#env.baseUrl(), node.nodeId, node.resumable(), port)))
  }

  /** Nodes on the common socket get their own. */
  #giveOwn(nodes: readonly WatchedNode[]): void {
    for (const node of nodes) {
      // Whoever heard of one before may have let this one go.
      if (!this.#sharing.delete(node)) continue
      node.line.close()
      this.#give(node, this.#openOwn(node))
      if (this.#nodes.has(node.nodeId)) node.onState(node.line.state)
    }
  }

  #openChannel(part: Omit<EndpointOptions<IncomingFrame>, 'decode'>, address: () => URL): Channel {
    const onFrame = (frame: IncomingFrame) => {
      // Supermon-NG's have none: its clock counts seconds.
      if ('at' in frame) this.#clock.observe(frame.at)
      part.onFrame(frame)
    }
    return this.openEndpoint({ ...part, onFrame, decode: decodeMessage }, address)
  }
}
