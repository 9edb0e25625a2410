/**
 * Many nodes over one socket (`<base>/ws`). Browsers open sockets to one host one after another and stall from 16 pending
 * on; a page of 50 nodes is live as fast as a page of one this way.
 *
 * An open socket says nothing of a node: a node is live while the server has answered for it on this socket and nothing is
 * known to be missing since, and is asked for again until it is.
 */
import { MAX_CLIENT_MESSAGE } from '../../../protocol/frames.ts'
import type { Frame, ServerFrame } from '../../../protocol/frames.ts'
import type { Env, TimerHandle } from '../env/env.ts'
import { backoffDelay, slowDelay } from './backoff.ts'
import type { Channel } from './channel.ts'
import type { EndpointOptions } from './channels.ts'
import { isMissing } from './connectionState.ts'
import type { ConnectionState, Reason } from './connectionState.ts'
import type { IncomingFrame } from './decode.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { inMessages } from './inMessages.ts'
import type { Line, LineEnd } from './line.ts'
import { paused } from './transitions.ts'

interface Member {
  readonly end: LineEnd
  state: ConnectionState
  /** Asked so often since the last answer. */
  asks: number
  /** As the machine's (`machine.ts`), for a refusal on a socket that lives, ms. */
  admitAt: number
  /** When a socket that is gone last vouched for the node. */
  heardAt: number | null
}

export interface SharedSocketOptions {
  readonly env: Env
  openChannel(options: Omit<EndpointOptions<IncomingFrame>, 'decode'>): Channel
  /** A try failed, no word came through before, and its members know. @param code undefined = it was not answered in time */
  onFailed(code: number | undefined): void
  readonly onDiagnostic: DiagnosticHook
}

/** Error codes that concern one node and do not go away by themselves. */
const REFUSALS = new Set(['not-allowed', 'no-such-node', 'too-many-nodes'])
/** Without an answer by then the question was lost, ms; twice as long each time, up to eight times. */
const ASK_AGAIN = 2_500

export class SharedSocket {
  readonly #options: SharedSocketOptions
  readonly #members = new Map<string, Member>()
  /** Whom the server has still to answer for, and when to ask. Empty while all is well. */
  readonly #due = new Map<Member, number>()
  /** Nodes that left and are still subscribed. */
  readonly #left = new Set<string>()
  /**
   * Nodes that were unsubscribed, and when by count. What comes for one may have been on its way before that, and the question that
   * took it up again may not have been read: until a ping put since is answered, nothing settles it.
   */
  readonly #gone = new Map<string, number>()
  /** Counts down: the channel numbers its own pings upwards. */
  #mark = 0
  #channel: Channel | null = null
  #asking = false
  #timer: TimerHandle
  #messageBytes = MAX_CLIENT_MESSAGE
  /** When this socket last said anything, and when it last answered for a node, ms. */
  #heardAt = 0
  #answeredAt = 0
  /** A node that is told of still after this has not left for the server, ms. */
  #leaveAt = 0

  constructor(options: SharedSocketOptions) {
    this.#options = options
  }

  join(end: LineEnd): Line {
    const member: Member = { end, state: { status: 'idle' }, asks: 0, admitAt: 0, heardAt: null }
    this.#members.set(end.nodeId, member)
    this.#left.delete(end.nodeId)
    const channel = this.#channel ?? this.#options.openChannel({
      node: null,
      onMade: (made) => { this.#channel = made },
      onState: (state, before) => { this.#onState(state, before) },
      onFrame: (frame) => { this.#onFrame(frame) },
    })
    if (channel.state.status === 'live') this.#ask(member)
    else this.#show(member, channel.state)
    const heardAt = () => (member.state.status === 'live' ? this.#heardAt : member.heardAt)
    return {
      get state() {
        return member.state
      },
      get heardAt() {
        return heardAt()
      },
      vouches: true,
      resync: () => {
        if (channel.state.status !== 'live') return false
        this.#ask(member)
        return true
      },
      retry: (why) => {
        if (channel.state.status === 'live') this.#retry(member, why)
        // A node that has no answer may be the first to feel that the socket is dead.
        channel.dispatch({ type: why })
      },
      close: () => { this.#leave(member, channel) },
    }
  }

  #leave(member: Member, channel: Channel): void {
    const { nodeId } = member.end
    if (this.#members.get(nodeId) !== member) return
    this.#members.delete(nodeId)
    this.#settle(member)
    if (this.#members.size === 0) {
      this.#channel = null
      this.#forget()
      channel.dispatch({ type: 'disconnect' })
      return
    }
    this.#left.add(nodeId)
    // There is room for another one now.
    for (const other of this.#members.values()) if (isCrowdedOut(other.state)) this.#ask(other)
    this.#askSoon()
  }

  #onState(state: ConnectionState, before: ConnectionState): void {
    if (state.status === 'live') {
      for (const member of this.#members.values()) this.#ask(member)
      return
    }
    this.#forget()
    for (const member of [...this.#members.values()]) {
      // That a socket is gone says nothing of a node that was refused on it; a try that fails does.
      if (state.status !== 'waiting' || before.status !== 'live' || !(isMissing(member.state) || 'why' in member.state)) this.#show(member, state)
    }
    if (this.#heardAt === 0 && state.status === 'waiting') this.#options.onFailed(state.reason.closeCode)
  }

  /** Questions and refusals belong to the socket they were put on; the next one is asked again. */
  #forget(): void {
    this.#options.env.clearTimeout(this.#timer)
    this.#due.clear()
    this.#left.clear()
    this.#gone.clear()
  }

  /** The server does not answer for this node, and is asked to. */
  #ask(member: Member, asks = 0): void {
    const now = this.#options.env.now()
    member.asks = asks
    if (member.state.status !== 'connecting') this.#show(member, { status: 'connecting', since: now, attempt: asks + 1 })
    this.#askAt(member, now)
  }

  /** On a socket that lives. What is refused goes by the machine's own rule (`admitted` in `connectionMachine.ts`). */
  #retry(member: Member, why: 'retry' | 'admitted'): void {
    const { state } = member
    if (why === 'retry') {
      if (state.status !== 'live') this.#ask(member)
    } else if ('why' in state && state.why === 'needs-auth' && this.#options.env.now() >= member.admitAt) this.#ask(member, member.asks)
  }

  #askAt(member: Member, at: number): void {
    // Whoever was told of its state may have let it go.
    if (this.#members.get(member.end.nodeId) !== member) return
    this.#due.set(member, at)
    this.#askSoon()
  }

  #settle(member: Member): void {
    this.#due.delete(member)
    if (this.#due.size === 0) this.#options.env.clearTimeout(this.#timer)
  }

  /** Once for all of one moment: a server reads only so many messages a second. */
  #askSoon(): void {
    if (this.#asking) return
    this.#asking = true
    void Promise.resolve().then(() => {
      this.#asking = false
      this.#askNow()
    })
  }

  #askNow(): void {
    const { env } = this.#options
    env.clearTimeout(this.#timer)
    if (this.#channel?.state.status !== 'live') return
    for (const nodes of inMessages([...this.#left], this.#messageBytes)) this.#channel.send({ type: 'unsubscribe', nodes })
    const now = env.now()
    for (const nodeId of this.#left) {
      this.#gone.set(nodeId, --this.#mark)
      this.#leaveAt = now + ASK_AGAIN
    }
    this.#left.clear()
    const members = [...this.#due.keys()].filter((member) => this.#dueAt(member) <= now)
    if (members.some(({ end }) => this.#gone.has(end.nodeId))) this.#channel.send({ type: 'ping', id: this.#mark })
    const asked = members.map(({ end }) => ({ node: end.nodeId, ...end.resumable() }))
    for (const nodes of inMessages(asked, this.#messageBytes)) this.#channel.send({ type: 'subscribe', nodes })
    for (const member of members) {
      this.#due.set(member, now + ASK_AGAIN * 2 ** Math.min(member.asks, 3))
      member.asks += 1
    }
    const next = Math.min(...[...this.#due.keys()].map((member) => this.#dueAt(member)))
    if (next < Infinity) this.#timer = env.setTimeout(() => { this.#askNow() }, Math.max(0, next - now))
    for (const member of members) {
      if (member.state.status === 'waiting') this.#show(member, { status: 'connecting', since: now, attempt: member.asks })
    }
  }

  /** While answers come in, those who wait for theirs wait on: a slow way must not be made slower. */
  #dueAt(member: Member): number {
    const at = this.#due.get(member) ?? 0
    return member.asks === 0 || member.state.status === 'waiting' ? at : Math.max(at, this.#answeredAt + ASK_AGAIN)
  }

  #onFrame(frame: IncomingFrame): void {
    this.#heardAt = this.#options.env.now()
    switch (frame.type) {
      case 'hello':
        this.#messageBytes = frame.limits.messageBytes
        for (const member of [...this.#members.values()]) member.end.onFrame(frame)
        return
      case 'beat':
        for (const member of [...this.#members.values()]) {
          if (member.state.status !== 'live') continue
          if (Object.hasOwn(frame.nodes, member.end.nodeId)) member.end.onFrame(frame)
          else this.#ask(member)
        }
        return
      case 'snapshot':
      case 'current':
        this.#onAnswer(frame.node)
        this.#deliver(frame.node, frame)
        return
      case 'patch':
        this.#deliver(frame.node, frame)
        return
      case 'error':
        this.#onError(frame)
        return
      case 'pong':
        for (const [nodeId, mark] of this.#gone) if (mark >= Number(frame.id)) this.#gone.delete(nodeId)
        return
      // Of a node the others say nothing.
      default:
    }
  }

  #onAnswer(nodeId: string): void {
    const member = this.#members.get(nodeId)
    if (member === undefined || this.#gone.has(nodeId)) return
    this.#answeredAt = this.#heardAt
    this.#settle(member)
    member.asks = 0
    if (member.state.status !== 'live') this.#show(member, { status: 'live', since: this.#heardAt })
  }

  #deliver(nodeId: string, frame: ServerFrame): void {
    const member = this.#members.get(nodeId)
    if (member !== undefined) member.end.onFrame(frame)
    else {
      this.#options.onDiagnostic({ code: 'frame-for-another-node', node: nodeId, message: 'A frame for another node was dropped.' })
      // What comes too fast is not read: so may that it left.
      if (this.#heardAt <= this.#leaveAt) return
      this.#left.add(nodeId)
      this.#askSoon()
    }
  }

  /** An error that names a node: the server does not answer for it now. */
  #onError(frame: Frame<'error'>): void {
    const { env, onDiagnostic } = this.#options
    const member = frame.node === undefined || this.#gone.has(frame.node) ? undefined : this.#members.get(frame.node)
    if (member === undefined) {
      onDiagnostic({ code: 'server-error', message: `${frame.code}: ${frame.message}` })
      return
    }
    member.end.onFrame(frame)
    this.#settle(member)
    const code = frame.code === 'not-allowed' ? 'needs-auth' : 'refused'
    const reason: Reason = { code, message: frame.message, serverCode: frame.code }
    const pause = paused(code, reason)
    const missing = isMissing(pause)
    const until = env.now() + (missing ? slowDelay(env.random()) : backoffDelay(Math.max(0, member.asks - 1), env.random()))
    member.admitAt = until
    const stays = REFUSALS.has(frame.code)
    this.#show(member, stays ? pause : { status: 'waiting', until, attempt: member.asks + 1, reason })
    // One that is missing is asked for now and then, and stays paused meanwhile.
    if (missing || !stays) this.#askAt(member, until)
  }

  #show(member: Member, next: ConnectionState): void {
    const state: ConnectionState = next.status === 'connecting' && isMissing(member.state) ? { ...next, refused: true } : next
    if (member.state === state) return
    if (member.state.status === 'live') member.heardAt = this.#heardAt
    member.state = state
    member.end.onState(state)
  }
}

function isCrowdedOut(state: ConnectionState): boolean {
  return state.status === 'paused' && state.reason.serverCode === 'too-many-nodes'
}
