/** One watched node: what it is told by its line or by polls, put in order, and what is passed on. */
import type { Frame, Position } from '../../../protocol/frames.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import type { Env } from '../env/env.ts'
import type { ConnectionState } from './connectionState.ts'
import type { FlatFrame, IncomingFrame } from './decode.ts'
import type { DiagnosticCode, DiagnosticHook } from './diagnostics.ts'
import type { Line, LineEnd } from './line.ts'
import { NodeReplica } from './nodeReplica.ts'
import type { ServerClock } from './serverClock.ts'

/** News of a node: its whole state after the news. */
export interface NodeUpdate {
  readonly node: string
  readonly state: NodeState
  /** Server time of the news, ms. */
  readonly at: number
  readonly source: 'socket' | 'poll'
}

/** One node's connection, as it is inside. */
export interface NodeInspection {
  readonly node: string
  readonly state: ConnectionState
  /** Epoch and seq held; null = none that a server would recognise. */
  readonly place: Position | null
  /** This browser's ms; null = never. */
  readonly heardAt: number | null
  /** On the common socket. */
  readonly shared: boolean
}

export interface WatchedNodeOptions {
  readonly nodeId: string
  readonly env: Env
  readonly clock: ServerClock
  onState(state: ConnectionState): void
  onUpdate(update: NodeUpdate): void
  readonly onDiagnostic: DiagnosticHook
}

export const IDLE: ConnectionState = { status: 'idle' }

/** A snapshot that was asked for is asked for again after this long, ms: servers drop questions that come too fast. */
const ASK_AGAIN = 5_000

/** Where a line will be. */
export const NO_LINE: Line = {
  state: IDLE,
  heardAt: null,
  vouches: true,
  resync: () => false,
  retry: () => undefined,
  close: () => undefined,
}

export class WatchedNode implements LineEnd {
  readonly nodeId: string
  /** Set once the line is open; the node stands before it, as a handler may ask for it meanwhile. */
  line: Line = NO_LINE
  readonly #options: WatchedNodeOptions
  readonly #replica = new NodeReplica()
  /** Something was missed; a snapshot was asked for then, ms; null = nothing was. */
  #askedAt: number | null = null
  /** When the node was last heard of, ms by this browser's clock; kept when the socket is gone. */
  #heardAt: number | null = null

  constructor(options: WatchedNodeOptions) {
    this.#options = options
    this.nodeId = options.nodeId
  }

  get state(): NodeState | null {
    return this.#replica.state
  }

  /** When the node was last heard, ms by this browser's clock; null = never. */
  get heardAt(): number | null {
    // A server that only said hello has said nothing of the node.
    if (this.state === null) return null
    const { heardAt } = this.line
    // Nobody vouches for a state that something is missing from.
    return heardAt === null || this.#askedAt !== null ? this.#heardAt : Math.max(heardAt, this.#heardAt ?? 0)
  }

  resumable(): Position | null {
    return this.#replica.resumable
  }

  /** Another user sees other things: what is held stays to be seen, and is not offered for resuming. */
  forgetPlace(): void {
    this.#replica.forgetPlace()
  }

  onState(state: ConnectionState): void {
    this.#options.onState(state)
  }

  onFrame(frame: IncomingFrame): void {
    switch (frame.type) {
      case 'hello':
        this.#askedAt = null
        return
      case 'snapshot':
        if (this.#isMine(frame.node)) this.#onSnapshot(frame)
        return
      case 'patch':
        if (this.#isMine(frame.node)) this.#onPatch(frame)
        return
      case 'current':
        if (this.#isMine(frame.node)) this.#confirm(frame)
        return
      case 'beat':
        if (Object.hasOwn(frame.nodes, this.nodeId)) this.#confirm(frame.nodes[this.nodeId])
        return
      case 'flat':
        if (this.#isMine(frame.row.node)) this.#onFlat(frame)
        return
      case 'error':
        this.#note('server-error', `${frame.code}: ${frame.message}`)
        return
      case 'pong':
        if (this.#askedAt === null) this.#heard()
        return
      case 'goaway':
      case 'flag':
      case 'ack':
        return
    }
  }

  /**
   * A polled row. It is shown only if it is not older than what is held.
   * @param place `at`: server time of the answer, null = not said; `askedAt`: this browser's time of the question; ms
   */
  offerPoll(row: LooseStatusRow, place: { at: number | null; askedAt: number }): void {
    const { clock } = this.#options
    this.line.retry('admitted')
    if (place.at !== null) clock.observe(place.at)
    const at = place.at ?? clock.now()
    const verdict = this.#replica.poll(row, at, place.askedAt > (this.#heardAt ?? 0))
    if (verdict === 'old') return
    this.#heard()
    if (verdict === 'applied') this.#tell(at, 'poll')
  }

  #onSnapshot(frame: Frame<'snapshot'>): void {
    const verdict = this.#replica.snapshot(frame, this.#askedAt !== null)
    this.#askedAt = null
    if (verdict === 'gap') this.#resync()
    else this.#heard()
    if (verdict === 'applied') this.#tell(frame.at, 'socket')
  }

  #onPatch(frame: Frame<'patch'>): void {
    const verdict = this.#replica.patch(frame)
    if (verdict === 'gap') {
      this.#resync()
      return
    }
    this.#heard()
    if (verdict === 'applied') this.#tell(frame.at, 'socket')
    else this.#note('sequence-old', 'A patch that was already applied was dropped.')
  }

  #confirm(place: Position | undefined): void {
    if (place === undefined) return
    if (this.#replica.confirm(place) === 'gap') {
      this.#resync()
      return
    }
    this.#askedAt = null
    this.#heard()
  }

  /** Supermon-NG's whole state. Its clock counts seconds and its order is the socket's; nothing can be missed or resumed. */
  #onFlat({ row }: FlatFrame): void {
    const at = this.#options.clock.now()
    this.#heard()
    if (this.#replica.poll(row, at, true) === 'applied') this.#tell(at, 'socket')
  }

  #resync(): void {
    const now = this.#options.env.now()
    if (this.#askedAt !== null && now - this.#askedAt < ASK_AGAIN) return
    this.#note('sequence-gap', 'Something was missed; a snapshot was asked for.')
    this.#askedAt = this.line.resync() ? now : null
  }

  #heard(): void {
    this.#heardAt = this.#options.env.now()
  }

  #tell(at: number, source: NodeUpdate['source']): void {
    const { state } = this.#replica
    if (state !== null) this.#options.onUpdate({ node: this.nodeId, state, at, source })
  }

  #isMine(node: string): boolean {
    if (node === this.nodeId) return true
    this.#note('frame-for-another-node', 'A frame for another node was dropped.')
    return false
  }

  #note(code: DiagnosticCode, message: string): void {
    this.#options.onDiagnostic({ code, node: this.nodeId, message })
  }
}
