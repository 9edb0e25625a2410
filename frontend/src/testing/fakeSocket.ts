import type { SocketLike } from '../env/env.ts'

/** The other end of a {@link FakeSocket}. */
export interface SocketPeer {
  opened(socket: FakeSocket): void
  said(socket: FakeSocket, text: string): void
  gone(socket: FakeSocket): void
}

type Listener = (event: never) => void

/** A browser's WebSocket as far as services use it; who made it decides what comes of it. */
export class FakeSocket implements SocketLike {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly url: URL
  readonly bufferedAmount = 0
  protocol = ''
  readyState = 0
  readonly #peer: SocketPeer
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(url: string, peer: SocketPeer) {
    this.url = new URL(url)
    this.#peer = peer
  }

  addEventListener(type: string, listener: Listener): void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener)
  }

  send(data: string): void {
    if (this.readyState === 1) this.#peer.said(this, data)
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState >= 2) return
    this.readyState = 2
    queueMicrotask(() => { this.end(code, reason) })
  }

  /** The server takes the connection. */
  accept(protocol: string): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.protocol = protocol
    this.#fire('open', {})
    this.#peer.opened(this)
  }

  /** The server says something. */
  say(frame: object): void {
    if (this.readyState === 1) this.#fire('message', { data: JSON.stringify(frame) })
  }

  /** The connection is over: the server closed it, or (1006) it just broke. */
  end(code = 1006, reason = ''): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.#peer.gone(this)
    if (code === 1006) this.#fire('error', {})
    this.#fire('close', { code, reason, wasClean: code !== 1006 })
  }

  #fire(type: string, event: object): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) listener(event as never)
  }
}
