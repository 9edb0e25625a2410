/**
 * `reconnecting-websocket` behind a gate. The library reopens its socket by itself, at once and for ever; what it has to
 * wait for is the URL, and the URL is handed out only when our policy says so. Its known defects are kept out by use:
 * an instance is never reused after `close()`, its URL provider never rejects, its connection timeout and send queue are
 * off. Each real socket is listened to directly, with its generation, because the library replaces close codes by 1000
 * after an error and takes its own listeners off before the last events.
 */
import ReconnectingWebSocket from 'reconnecting-websocket'
import type { Env, SocketLike, WebSocketClass } from '../env/env.ts'
import { LONGEST_TIMER } from '../env/longestTimer.ts'

export interface GatedSocketOptions {
  readonly env: Env
  /** The subprotocols to offer in one try. */
  protocols(): string[]
  /** The address for one try, asked afresh for each (a ticket lasts one try). `signal`: the try was given up. */
  url(signal: AbortSignal): string | Promise<string>
  /** The try has its address, and a socket. */
  onBorn(generation: number): void
  /** @param protocol the subprotocol that the server chose, '' = none */
  onOpen(generation: number, protocol: string): void
  onMessage(generation: number, data: unknown): void
  onClose(generation: number, code: number, reason: string): void
  /** There is no WebSocket class in this browser. */
  onUnavailable(): void
}

interface Instance {
  readonly library: ReconnectingWebSocket
  /** Set while the library waits for its URL. */
  release: ((url: string) => void) | null
  socket: SocketLike | null
  /** Ends what is still under way for it. */
  readonly given: AbortController
}

/** What the library is handed where the browser throws in place of making a socket: a throw would never reach us. */
const STILLBORN: SocketLike = {
  readyState: 3,
  protocol: '',
  bufferedAmount: 0,
  send: () => undefined,
  close: () => undefined,
  addEventListener: () => undefined,
}

export class GatedSocket {
  readonly #options: GatedSocketOptions
  #instance: Instance | null = null
  /** The try that was let through but has no socket yet. */
  #pending: number | null = null

  constructor(options: GatedSocketOptions) {
    this.#options = options
  }

  /** Lets one try through. Its events carry `generation`. */
  open(generation: number): void {
    const { env } = this.#options
    if (env.webSocket() === null) {
      this.#options.onUnavailable()
      return
    }
    this.#pending = generation
    if (this.#instance === null) this.#instance = this.#create()
    else if (this.#instance.release !== null) void this.#resolveUrl(this.#instance, generation)
  }

  /** Closes for good whatever there is. The next `open` starts from nothing. */
  drop(): void {
    const instance = this.#instance
    this.#instance = null
    this.#pending = null
    if (instance === null) return
    instance.given.abort()
    instance.library.close(1000)
    instance.release?.('')
    instance.release = null
    // The library does not close a socket that it has already let go of after an error.
    if (instance.socket !== null && instance.socket.readyState <= 1) instance.socket.close(1000)
  }

  /** Sends if a socket is open; says whether it did. Nothing is queued: what is late is asked for again. */
  send(text: string): boolean {
    const socket = this.#instance?.socket
    if (!socket || socket.readyState !== 1) return false
    socket.send(text)
    return true
  }

  #create(): Instance {
    // The class is given to the library, which builds the sockets; each is handed to us as it is born.
    const adopt = (socket: SocketLike) => { this.#adopt(instance, socket) }
    const real = this.#options.env.webSocket() as WebSocketClass
    const protocols = () => this.#options.protocols()
    const refused = () => { this.#fail(instance, this.#pending, 'the browser does not allow this connection') }
    function Tap(url: string): SocketLike {
      let socket: SocketLike
      try {
        socket = new real(url, protocols())
      } catch {
        // Not before the library has its hands free.
        void Promise.resolve().then(refused)
        return STILLBORN
      }
      adopt(socket)
      return socket
    }
    // By this the library knows the class of a socket.
    Tap.CLOSING = 2
    const gate = () =>
      new Promise<string>((resolve) => {
        instance.release = resolve
        if (this.#instance === instance && this.#pending !== null) void this.#resolveUrl(instance, this.#pending)
      })
    const instance: Instance = {
      library: new ReconnectingWebSocket(gate, [], {
        WebSocket: Tap,
        // At once: whatever it would wait is cut to this.
        maxReconnectionDelay: 1,
        // Never reached: the connect deadline is ours.
        connectionTimeout: LONGEST_TIMER,
        maxEnqueuedMessages: 0,
        minUptime: 0,
      }),
      release: null,
      socket: null,
      given: new AbortController(),
    }
    return instance
  }

  async #resolveUrl(instance: Instance, generation: number): Promise<void> {
    let url: string
    try {
      url = await this.#options.url(instance.given.signal)
    } catch {
      this.#fail(instance, generation, 'no address to connect to')
      return
    }
    const { release } = instance
    if (this.#instance !== instance || this.#pending !== generation || release === null) return
    instance.release = null
    release(url)
  }

  /** The try ends without a socket. */
  #fail(instance: Instance, generation: number | null, why: string): void {
    if (this.#instance !== instance || this.#pending !== generation || generation === null) return
    this.#pending = null
    this.#options.onClose(generation, 1006, why)
  }

  #adopt(instance: Instance, socket: SocketLike): void {
    const generation = this.#pending
    if (this.#instance !== instance || generation === null) {
      // Let through by an earlier life; nobody waits for it.
      socket.addEventListener('error', () => undefined)
      socket.close()
      return
    }
    this.#pending = null
    instance.socket = socket
    const options = this.#options
    options.onBorn(generation)
    let closed = false
    const close = (code: number, reason: string) => {
      if (closed) return
      closed = true
      if (instance.socket === socket) instance.socket = null
      options.onClose(generation, code, reason)
    }
    socket.addEventListener('open', () => { options.onOpen(generation, socket.protocol) })
    socket.addEventListener('message', (event) => { options.onMessage(generation, event.data) })
    // After an error the close event follows, with the true code; this listener only keeps `ws` in Node from throwing.
    socket.addEventListener('error', () => undefined)
    socket.addEventListener('close', (event) => { close(event.code, event.reason) })
  }
}
