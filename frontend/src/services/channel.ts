/**
 * One endpoint kept connected: carries out what the connection machine decides, and tells it what happens. Owns one
 * gated socket and at most one timer.
 */
import type { ClientFrame } from '../../../protocol/clientFrames.ts'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { VoterFrame } from '../../../protocol/voter.ts'
import type { Env, PageSignal, TimerHandle } from '../env/env.ts'
import { step } from './connectionMachine.ts'
import type { ConnectionState } from './connectionState.ts'
import type { Decoded, IncomingFrame } from './decode.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { GatedSocket } from './gatedSocket.ts'
import { deadlineOf, initialMachine } from './machine.ts'
import type { Effect, Machine, MachineEvent } from './machine.ts'
import type { Tongue } from './tongue.ts'

/** What endpoints say: of nodes, or of a voter. */
export type AnyFrame = IncomingFrame | VoterFrame

export interface ChannelOptions<F extends AnyFrame = IncomingFrame> {
  readonly env: Env
  /** The node of this endpoint; null = many. */
  readonly node: string | null
  /** Only our gateway has such an endpoint: nobody else is greeted here. Default: true for the one of many nodes. */
  readonly gatewayOnly?: boolean
  /** What a message says. */
  decode(data: unknown): Decoded<F>
  /**
   * The address for one try; may fetch a ticket, until `signal` says that the try was given up. `refused`: the server wants one.
   */
  url(refused: boolean, signal: AbortSignal): string | Promise<string>
  onState(state: ConnectionState, before: ConnectionState): void
  onFrame(frame: F): void
  readonly onDiagnostic: DiagnosticHook
  readonly flagOn: boolean | null
  readonly stayAwake: boolean
  /** What is known of the dialect of this page's server. */
  readonly tongue: Tongue
}

export class Channel<F extends AnyFrame = IncomingFrame> {
  readonly #options: ChannelOptions<F>
  readonly #socket: GatedSocket
  #machine: Machine
  #timer: { readonly handle: TimerHandle; readonly at: number } | null = null
  #pings = 0
  #speaksV2 = true
  /** Tries go with our greeting and without by turns, until one is understood. */
  #bare = false
  /** A Supermon-NG closed a socket before it said anything: it may want a ticket. */
  #turnedAway = false

  constructor(options: ChannelOptions<F>) {
    this.#options = options
    const { env, node, gatewayOnly = node === null, tongue, flagOn, stayAwake } = options
    this.#machine = initialMachine({
      online: env.page.online(),
      visible: env.page.visible(),
      flagOn,
      stayAwake,
    })
    this.#socket = new GatedSocket({
      env,
      // Only our gateway has a socket for many nodes, and it speaks nothing else there.
      protocols: () => (gatewayOnly ? [SUBPROTOCOL] : tongue.offer(this.#bare)),
      url: (signal) => options.url(this.#machine.renewed || this.#turnedAway, signal),
      onBorn: (generation) => { this.dispatch({ type: 'socket-born', generation }) },
      onOpen: (generation, protocol) => { this.#onOpen(generation, protocol) },
      onMessage: (generation, data) => { this.#onMessage(generation, data) },
      onClose: (generation, code, reason) => { this.dispatch({ type: 'socket-close', generation, code, reason }) },
      onUnavailable: () => { this.dispatch({ type: 'no-websocket' }) },
    })
  }

  get state(): ConnectionState {
    return this.#machine.state
  }

  /** Did the newest socket that opened do so in our dialect? Otherwise it is a Supermon-NG: its silence says nothing of the node. True while none has. */
  get speaksV2(): boolean {
    return this.#speaksV2
  }

  signal(signal: PageSignal | 'clock-gap'): void {
    // A timer that slept with the machine counts on from where it was, and fires too late by the sleep: set it afresh.
    this.#disarm()
    // A page that was frozen is not told what happened meanwhile.
    this.#machine = { ...this.#machine, online: this.#options.env.page.online() }
    this.dispatch({ type: 'signal', signal })
  }

  /** Sends if the socket is open; says whether it did. */
  send(frame: ClientFrame): boolean {
    return this.#socket.send(JSON.stringify(frame))
  }

  dispatch(event: MachineEvent): void {
    const { state: before, openedAt } = this.#machine
    const { env, tongue } = this.#options
    const { machine, effects } = step({ ...this.#machine, socketless: !tongue.opened && tongue.known === 'supermon-ng' }, event, env.now(), env.random())
    this.#machine = machine
    if (before.status === 'connecting' && isFailed(machine.state)) {
      // So ends a Supermon-NG whatever it refuses; the greeting was the right one.
      this.#turnedAway = openedAt !== null && !this.#speaksV2 && event.type === 'socket-close' && event.code === 1000
      if (!this.#turnedAway) this.#bare = !this.#bare
    }
    for (const effect of effects) this.#carryOut(effect)
    this.#arm()
    // Carrying out an effect may have moved the machine on; that step has told its own news already.
    if (machine.state !== before && machine.state === this.#machine.state) this.#options.onState(machine.state, before)
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'open':
        this.#socket.open(effect.generation)
        break
      case 'drop':
        this.#socket.drop()
        break
      case 'ping':
        if (this.#speaksV2) this.send({ type: 'ping', id: ++this.#pings })
        else this.#socket.send('{"action":"ping"}')
        break
    }
  }

  /** One timer, for the nearest deadline. A deadline that moves away is caught when the timer fires. */
  #arm(): void {
    const { env } = this.#options
    const deadline = deadlineOf(this.#machine)
    if (deadline === null) {
      this.#disarm()
      return
    }
    if (this.#timer !== null && this.#timer.at <= deadline) return
    this.#disarm()
    const handle = env.setTimeout(() => { this.#fire() }, Math.max(0, deadline - env.now()))
    this.#timer = { handle, at: deadline }
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.env.clearTimeout(this.#timer.handle)
    this.#timer = null
  }

  #fire(): void {
    this.#timer = null
    this.dispatch({ type: 'deadline' })
  }

  #onOpen(generation: number, protocol: string): void {
    const { tongue } = this.#options
    tongue.opened = true
    this.#speaksV2 = protocol === SUBPROTOCOL
    if (this.#speaksV2) tongue.heardV2()
    this.dispatch({ type: 'socket-open', generation })
    // A Supermon-NG says nothing while its Asterisk is silent; its acknowledgement at least tells that it is there.
    if (!this.#speaksV2) this.#socket.send(JSON.stringify({ action: 'subscribe', node: this.#options.node }))
  }

  #onMessage(generation: number, data: unknown): void {
    if (generation !== this.#machine.generation) {
      this.#options.onDiagnostic({ code: 'dead-socket', message: 'A message of a socket that was replaced was dropped.' })
      return
    }
    const { frames, problems } = this.#options.decode(data)
    for (const problem of problems) this.#options.onDiagnostic(problem)
    for (const frame of frames) this.#onFrame(generation, frame)
  }

  #onFrame(generation: number, frame: F): void {
    if (frame.type === 'goaway') {
      this.dispatch({ type: 'goaway', generation, spreadMs: frame.spreadMs, reason: frame.reason })
      return
    }
    if (frame.type === 'ack' && frame.v2) {
      // A gateway that was met without our greeting, as it was down when we came with it.
      this.#options.tongue.heardV2()
      this.dispatch({ type: 'reopen' })
      return
    }
    if (frame.type === 'flat' || frame.type === 'ack') this.#options.tongue.heardSupermonNg()
    this.dispatch({ type: 'socket-message', generation, ...(frame.type === 'hello' ? { beatMs: frame.beatMs } : {}) })
    if (this.#machine.state.status === 'live') this.#options.onFrame(frame)
  }
}

/** Perhaps for the greeting; a page that goes offline or away says nothing about it. */
function isFailed(state: ConnectionState): boolean {
  return state.status === 'waiting' || (state.status === 'paused' && (state.why === 'refused' || state.why === 'needs-auth'))
}
