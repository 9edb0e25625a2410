/**
 * One endpoint kept connected: carries out what the connection machine decides, and tells it what happens. Owns one
 * gated socket and at most one timer.
 */
import type { ClientFrame, ServerFrame } from '../../../protocol/frames.ts'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { Env, PageSignal, TimerHandle } from '../env/env.ts'
import { deadlineOf, initialMachine, step } from './connectionMachine.ts'
import type { Effect, Machine, MachineEvent } from './connectionMachine.ts'
import type { ConnectionState } from './connectionState.ts'
import { decodeFrame } from './decode.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { GatedSocket } from './gatedSocket.ts'

export interface ChannelOptions {
  readonly env: Env
  /** The address for one try; may fetch a ticket. */
  url(): string | Promise<string>
  onState(state: ConnectionState, before: ConnectionState): void
  onFrame(frame: ServerFrame): void
  readonly onDiagnostic: DiagnosticHook
  readonly flagOn: boolean
}

/** A timer that fires this much later than it should tells of a sleep or a stepped clock, ms. */
const CLOCK_GAP = 5_000

export class Channel {
  readonly #options: ChannelOptions
  readonly #socket: GatedSocket
  #machine: Machine
  #timer: { readonly handle: TimerHandle; readonly at: number } | null = null
  #pings = 0

  constructor(options: ChannelOptions) {
    this.#options = options
    const { env } = options
    this.#machine = initialMachine({
      online: env.page.online(),
      visible: env.page.visible(),
      flagOn: options.flagOn,
    })
    this.#socket = new GatedSocket({
      env,
      protocols: [SUBPROTOCOL],
      url: () => options.url(),
      onOpen: (generation) => { this.dispatch({ type: 'socket-open', generation }) },
      onMessage: (generation, data) => { this.#onMessage(generation, data) },
      onClose: (generation, code, reason) => { this.dispatch({ type: 'socket-close', generation, code, reason }) },
      onUnavailable: () => { this.dispatch({ type: 'no-websocket' }) },
    })
  }

  get state(): ConnectionState {
    return this.#machine.state
  }

  /** When this endpoint last said something valid, ms by this browser's clock; null = not on this connection. */
  get heardAt(): number | null {
    return this.#machine.heardAt
  }

  signal(signal: PageSignal | 'clock-gap'): void {
    this.dispatch({ type: 'signal', signal })
  }

  /** Sends if the socket is open; says whether it did. */
  send(frame: ClientFrame): boolean {
    return this.#socket.send(JSON.stringify(frame))
  }

  dispatch(event: MachineEvent): void {
    const before = this.#machine.state
    const { machine, effects } = step(this.#machine, event, this.#options.env.now(), this.#options.env.random())
    this.#machine = machine
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
        this.send({ type: 'ping', id: ++this.#pings })
        break
    }
  }

  /** One timer, for the nearest deadline. A deadline that moves away is caught when the timer fires. */
  #arm(): void {
    const { env } = this.#options
    const deadline = deadlineOf(this.#machine)
    if (deadline === null) {
      if (this.#timer) env.clearTimeout(this.#timer.handle)
      this.#timer = null
      return
    }
    if (this.#timer) {
      if (this.#timer.at <= deadline) return
      env.clearTimeout(this.#timer.handle)
    }
    const handle = env.setTimeout(() => { this.#fire() }, Math.max(0, deadline - env.now()))
    this.#timer = { handle, at: deadline }
  }

  #fire(): void {
    const due = this.#timer?.at ?? 0
    this.#timer = null
    if (this.#options.env.now() - due > CLOCK_GAP) this.signal('clock-gap')
    this.dispatch({ type: 'deadline' })
  }

  #onMessage(generation: number, data: unknown): void {
    if (generation !== this.#machine.generation) {
      this.#options.onDiagnostic({ code: 'dead-socket', message: 'A message of a socket that was replaced was dropped.' })
      return
    }
    const decoded = decodeFrame(data)
    if (!decoded.ok) {
      this.#options.onDiagnostic({ code: decoded.code, message: decoded.message })
      return
    }
    const { frame } = decoded
    if (frame.type === 'goaway') {
      this.dispatch({ type: 'goaway', generation, spreadMs: frame.spreadMs, reason: frame.reason })
      return
    }
    this.dispatch({ type: 'socket-message', generation, ...(frame.type === 'hello' ? { beatMs: frame.beatMs } : {}) })
    if (this.#machine.state.status === 'live') this.#options.onFrame(frame)
  }
}
