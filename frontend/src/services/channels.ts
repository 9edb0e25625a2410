/**
 * All sockets of a page, the nodes' and others: they greet the server in one tongue, and hear of the page, the flag and the user
 * together. The page is listened to while there is one.
 */
import type { Env, PageSignal } from '../env/env.ts'
import { Channel } from './channel.ts'
import type { AnyFrame, ChannelOptions } from './channel.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import type { MachineEvent } from './machine.ts'
import type { SocketObserver } from './nodeEvents.ts'
import { isSwitchedOff } from './fallback.ts'
import { SleepWatch } from './sleepWatch.ts'
import type { Tongue } from './tongue.ts'

/** A ticket for one try; null = none is to be had, undefined = that is not known, as nobody could be asked. */
export type TicketSource = (nodeId: string | null, refused: boolean, signal: AbortSignal) => Promise<string | null | undefined>

/** The feature flag: one for all, or asked for each endpoint (null = the one that many nodes share). */
export type FlagRule = boolean | ((node: string | null) => boolean)

type AnyChannel = Pick<Channel, 'dispatch' | 'signal' | 'state'>

/** What an endpoint's owner says of it; the rest is the same for all. */
export type EndpointOptions<F extends AnyFrame> = Pick<ChannelOptions<F>, 'node' | 'gatewayOnly' | 'decode' | 'onState' | 'onFrame'> & {
  /** Called before its first state is told: whoever hears of that may ask for it. */
  onMade?(channel: Channel<F>): void
}

export interface ChannelsOptions {
  readonly env: Env
  readonly tongue: Tongue
  readonly ticket?: TicketSource
  readonly flagOn?: boolean | null
  /** Is told of each frame as it comes in. */
  readonly observe: SocketObserver
  /** This machine slept, or its clock was set. */
  readonly onClockGap: () => void
  readonly onDiagnostic: DiagnosticHook
}

export class Channels {
  /** Nothing is opened any more. */
  disposed = false
  readonly #options: ChannelsOptions
  readonly #open = new Map<AnyChannel, string | null>()
  readonly #sleepWatch: SleepWatch
  #flag: FlagRule | null
  #stayAwake = false
  #stopListening: (() => void) | undefined

  constructor(options: ChannelsOptions) {
    this.#options = options
    this.#flag = options.flagOn === undefined ? true : options.flagOn
    this.#sleepWatch = new SleepWatch(options.env, () => {
      options.onClockGap()
      this.#signal('clock-gap')
    })
  }

  /** Opens one, and tries at once. It ends when its owner dispatches `disconnect`. */
  open<F extends AnyFrame>(part: EndpointOptions<F>, address: () => URL): Channel<F> {
    const { node } = part
    const { env, tongue, ticket, observe, onDiagnostic } = this.#options
    const channel: Channel<F> = new Channel<F>({
      ...part,
      env,
      tongue,
      flagOn: this.flagOf(node),
      stayAwake: this.#stayAwake,
      url: async (refused, signal) => {
        const token = await ticket?.(node, refused, signal)
        if (ticket !== undefined && token === undefined && !signal.aborted) channel.dispatch({ type: 'ticket-failed' })
        const url = address()
        if (typeof token === 'string') url.searchParams.set('token', token)
        return url.href
      },
      onState: (state, before) => {
        if (state.status === 'closed') this.#forget(channel)
        part.onState(state, before)
      },
      onFrame: (frame) => {
        observe(node, frame)
        part.onFrame(frame)
      },
      onDiagnostic: (diagnostic) => { onDiagnostic(node === null ? diagnostic : { ...diagnostic, node }) },
    })
    part.onMade?.(channel)
    if (this.disposed) return channel
    this.#open.set(channel, node)
    if (this.#open.size === 1) this.#listen()
    channel.dispatch({ type: 'connect' })
    return channel
  }

  /** What holds for the endpoint of one node, or of many (null); null = not known yet. */
  flagOf(node: string | null): boolean | null {
    return typeof this.#flag === 'function' ? this.#flag(node) : this.#flag
  }

  /**
   * @param regroup called once the rule is the new one and before anybody hears of it: perhaps some endpoints are others now
   */
  setFlag(flag: FlagRule | null, regroup: () => void): void {
    this.#flag = flag
    regroup()
    this.repeatFlag()
  }

  /** Says the flag once more: those that a server sent away as switched off try again. */
  repeatFlag(): void {
    for (const [channel, node] of [...this.#open]) {
      const on = this.flagOf(node)
      if (on !== null) channel.dispatch({ type: 'flag', on })
    }
  }

  /** Did a server let go of any as switched off, that by this page's flag should be open? */
  get sentAway(): boolean {
    return [...this.#open].some(([{ state }, node]) => isSwitchedOff(state) && this.flagOf(node) === true)
  }

  setStayAwake(on: boolean): void {
    this.#stayAwake = on
    this.dispatch({ type: 'stay-awake', on })
  }

  dispatch(event: MachineEvent): void {
    for (const channel of [...this.#open.keys()]) channel.dispatch(event)
  }

  #signal(signal: PageSignal | 'clock-gap'): void {
    for (const channel of [...this.#open.keys()]) channel.signal(signal)
  }

  #listen(): void {
    this.#stopListening = this.#options.env.page.listen((signal) => {
      if (signal === 'hidden') this.#sleepWatch.stop()
      else if (signal === 'visible' || signal === 'pageshow' || signal === 'resume') this.#sleepWatch.start()
      this.#signal(signal)
    })
    this.#sleepWatch.start()
  }

  #forget(channel: AnyChannel): void {
    this.#open.delete(channel)
    if (this.#open.size > 0) return
    this.#sleepWatch.stop()
    this.#stopListening?.()
  }
}
