/**
 * Many nodes over one socket (`<base>/ws`). Browsers open sockets to one host one after another and stall from 16 pending
 * on; a page of 50 nodes is live as fast as a page of one this way.
 */
import type { ServerFrame } from '../../../protocol/frames.ts'
import type { Channel, ChannelOptions } from './channel.ts'
import type { ConnectionState } from './connectionState.ts'
import type { IncomingFrame } from './decode.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import type { Line, LineEnd } from './line.ts'

interface Member {
  readonly end: LineEnd
  /** The server refused this node, and only this one. */
  refused: ConnectionState | null
}

/** Error codes that concern one node and will not go away by themselves. */
const REFUSALS = new Set(['no-such-node', 'too-many-nodes', 'not-allowed'])

export class SharedSocket {
  readonly #openChannel: (options: Pick<ChannelOptions, 'node' | 'onState' | 'onFrame'>) => Channel
  readonly #onDiagnostic: DiagnosticHook
  readonly #members = new Map<string, Member>()
  #channel: Channel | null = null

  constructor(options: {
    openChannel: (options: Pick<ChannelOptions, 'node' | 'onState' | 'onFrame'>) => Channel
    onDiagnostic: DiagnosticHook
  }) {
    this.#openChannel = options.openChannel
    this.#onDiagnostic = options.onDiagnostic
  }

  join(end: LineEnd): Line {
    const member: Member = { end, refused: null }
    this.#members.set(end.nodeId, member)
    const channel = (this.#channel ??= this.#openChannel({
      node: null,
      onState: (state) => { this.#onState(state) },
      onFrame: (frame) => { this.#onFrame(frame) },
    }))
    if (channel.state.status === 'live') this.#subscribe([member])
    return {
      get state() {
        return member.refused ?? channel.state
      },
      get heardAt() {
        return member.refused === null ? channel.heardAt : null
      },
      vouches: true,
      resync: () => channel.send({ type: 'resync', node: end.nodeId }),
      retry: () => { this.#retry(member, channel) },
      close: () => { this.#leave(member, channel) },
    }
  }

  #retry(member: Member, channel: Channel): void {
    if (member.refused === null) {
      channel.dispatch({ type: 'retry' })
      return
    }
    member.refused = null
    member.end.onState(channel.state)
    if (channel.state.status === 'live') this.#subscribe([member])
  }

  #leave(member: Member, channel: Channel): void {
    const { nodeId } = member.end
    if (this.#members.get(nodeId) !== member) return
    this.#members.delete(nodeId)
    if (this.#members.size > 0) {
      channel.send({ type: 'unsubscribe', nodes: [nodeId] })
      return
    }
    this.#channel = null
    channel.dispatch({ type: 'disconnect' })
  }

  #subscribe(members: readonly Member[]): void {
    const nodes = members.map(({ end }) => ({ node: end.nodeId, ...end.resumable() }))
    if (nodes.length > 0) this.#channel?.send({ type: 'subscribe', nodes })
  }

  #onState(state: ConnectionState): void {
    // A refusal belongs to the socket it was said on; the next one is asked again.
    if (state.status !== 'live') for (const member of this.#members.values()) member.refused = null
    for (const member of [...this.#members.values()]) member.end.onState(state)
  }

  #onFrame(frame: IncomingFrame): void {
    switch (frame.type) {
      case 'hello':
        for (const member of [...this.#members.values()]) member.end.onFrame(frame)
        this.#subscribe([...this.#members.values()])
        return
      case 'beat':
        for (const member of [...this.#members.values()]) member.end.onFrame(frame)
        // A node that the server does not count among ours was never asked for, or the asking was lost.
        this.#subscribe([...this.#members.values()].filter(({ refused, end }) => refused === null && !Object.hasOwn(frame.nodes, end.nodeId)))
        return
      case 'snapshot':
      case 'patch':
      case 'current':
        this.#deliver(frame.node, frame)
        return
      case 'error':
        this.#onError(frame)
        return
      case 'pong':
      case 'goaway':
      case 'flat':
      case 'ack':
        return
    }
  }

  #deliver(nodeId: string, frame: ServerFrame): void {
    const member = this.#members.get(nodeId)
    if (member !== undefined) member.end.onFrame(frame)
    else this.#onDiagnostic({ code: 'frame-for-another-node', node: nodeId, message: 'A frame for a node that is not watched was dropped.' })
  }

  #onError(frame: Extract<ServerFrame, { type: 'error' }>): void {
    const member = frame.node === undefined ? undefined : this.#members.get(frame.node)
    if (member === undefined) {
      this.#onDiagnostic({ code: 'server-error', message: `${frame.code}: ${frame.message}` })
      return
    }
    member.end.onFrame(frame)
    if (!REFUSALS.has(frame.code)) return
    const reason = { code: 'refused', message: frame.message, serverCode: frame.code } as const
    member.refused = { status: 'paused', why: 'refused', wake: 'retry', reason }
    member.end.onState(member.refused)
  }
}
