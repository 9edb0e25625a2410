/** The socket of one voter, kept like that of a node, and the voter as it tells of it, put in order. */
import * as v from 'valibot'
import type { Position } from '../../../protocol/frames.ts'
import { applyVoterPatch, readVoter, voterFrameSchema } from '../../../protocol/voter.ts'
import type { VoterFrame, VoterState } from '../../../protocol/voter.ts'
import type { Env } from '../env/env.ts'
import type { Channel } from './channel.ts'
import type { ConnectionState } from './connectionState.ts'
import { decodeJson, notUnderstood } from './decode.ts'
import { voterSocketUrl } from './socketUrl.ts'
import type { WebSocketService } from './WebSocketService.ts'

export interface VoterSocketOptions {
  readonly env: Env
  readonly sockets: Pick<WebSocketService, 'openEndpoint'>
  readonly node: string
  /** What the voter was when it was last heard of; it is asked for anew only if it has changed. */
  readonly held: HeldVoter | null
  onConnection(state: ConnectionState): void
  /** The server said something: is it news? */
  onHeard(news: boolean): void
}

/** A voter, and where it stands in the server's order. */
export interface HeldVoter extends Position {
  readonly state: VoterState
}

export class VoterSocket {
  readonly #options: VoterSocketOptions
  readonly #channel: Channel<VoterFrame>
  #held: HeldVoter | null
  /** The whole was asked for and has not come yet: ask once. */
  #asked = false
  /** This connection has told of the voter. One that has greeted and no more says nothing of it. */
  #told = false

  constructor(options: VoterSocketOptions) {
    const { env, node, sockets } = options
    this.#options = options
    this.#held = options.held
    this.#channel = sockets.openEndpoint<VoterFrame>({
      node,
      gatewayOnly: true,
      decode: (data) => decodeJson(data, decodeFrame),
      onState: (state) => {
        this.#told &&= state.status === 'live'
        options.onConnection(state)
      },
      onFrame: (frame) => { options.onHeard(this.#take(frame)) },
    }, () => voterSocketUrl(env.baseUrl(), node, this.#held))
  }

  get connection(): ConnectionState {
    return this.#channel.state
  }

  /** The voter as this connection tells of it; null = it has told nothing yet, or is gone. */
  get held(): HeldVoter | null {
    return this.#told ? this.#held : null
  }

  /** The user's Retry. */
  retry(): void {
    this.#channel.dispatch({ type: 'retry' })
  }

  /** HTTP gives the voter's state, so whoever asks may see it. */
  admitted(): void {
    this.#channel.dispatch({ type: 'admitted' })
  }

  /** Ends it. Nothing is told any more but that it is closed. */
  close(): void {
    this.#channel.dispatch({ type: 'disconnect' })
  }

  #take(frame: VoterFrame): boolean {
    const held = this.#held
    switch (frame.type) {
      case 'hello':
        this.#asked = false
        return false
      case 'snapshot':
        this.#asked = false
        this.#told = true
        this.#held = { epoch: frame.epoch, seq: frame.seq, state: readVoter(frame.state, held?.state) }
        return true
      case 'patch':
        if (held !== null && held.epoch === frame.epoch && frame.seq <= held.seq) return false
        if (held === null || held.epoch !== frame.epoch || frame.seq !== held.seq + 1) {
          if (!this.#asked) this.#ask()
          return false
        }
        this.#held = { epoch: frame.epoch, seq: frame.seq, state: applyVoterPatch(held.state, frame.patch) }
        return true
      case 'current':
        this.#told ||= this.#confirm(frame)
        return true
      case 'beat':
        if (Object.hasOwn(frame.nodes, this.#options.node)) this.#confirm(frame.nodes[this.#options.node])
        return false
      case 'error':
      case 'pong':
      case 'goaway':
      case 'flag':
        return false
    }
  }

  /** The server says that it is here: are we? A beat comes seldom enough to ask again what was asked in vain. */
  #confirm(place: Position | undefined): boolean {
    const held = this.#held
    const fits = held !== null && held.epoch === place?.epoch && held.seq === place.seq
    if (place !== undefined && !fits) this.#ask()
    return fits
  }

  #ask(): void {
    this.#asked = this.#channel.send({ type: 'resync', node: this.#options.node })
  }
}

function decodeFrame(json: unknown) {
  const frame = v.safeParse(voterFrameSchema, json)
  return frame.success ? { frames: [frame.output], problems: [] } : notUnderstood(frame.issues[0])
}
