/** A WebSocket as the page sees it. What happens to it is the network's business. */
import type { SocketLike } from '../../src/env/env.ts'

export interface Peer {
  send(data: string): void
  /** @param was the readyState in which the page called close */
  close(was: number): void
}

export class VirtualSocket implements SocketLike {
  readonly id: number
  readonly url: string
  /** What the page offered. */
  readonly offered: readonly string[]
  /** What the server chose; '' = nothing. */
  protocol = ''
  readonly bufferedAmount = 0
  binaryType = 'blob'
  readyState = 0
  /** Has something arrived on it? */
  spoken = false
  peer: Peer | null = null
  readonly #listeners: { readonly type: string; readonly listener: (event: never) => void }[] = []
  static born = 0

  constructor(url: string, offered: readonly string[], connect: (socket: VirtualSocket) => void) {
    this.id = ++VirtualSocket.born
    this.url = url
    this.offered = offered
    connect(this)
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.push({ type, listener })
  }

  removeEventListener(type: string, listener: (event: never) => void): void {
    const at = this.#listeners.findIndex((each) => each.type === type && each.listener === listener)
    if (at >= 0) this.#listeners.splice(at, 1)
  }

  fire(type: 'open' | 'error' | 'message' | 'close', event: object): void {
    for (const { type: wanted, listener } of [...this.#listeners]) if (wanted === type) listener(event as never)
  }

  send(data: string): void {
    if (this.readyState === 1) this.peer?.send(data)
  }

  close(): void {
    if (this.readyState >= 2) return
    const was = this.readyState
    this.readyState = 2
    this.peer?.close(was)
  }
}
