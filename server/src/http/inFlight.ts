import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../env/clock.ts'

/** The requests that are being answered. */
export class InFlight {
  /** By connection, for as long as it stands. */
  readonly #open = new Map<Duplex, Set<ServerResponse>>()
  readonly #waiting = new Set<() => void>()
  #stopping = false

  begin({ socket }: IncomingMessage, response: ServerResponse): void {
    // Who was answered while the server stops need not come back on the same connection.
    if (this.#stopping) response.setHeader('connection', 'close')
    const open = this.#on(socket)
    open.add(response)
    response.once('close', () => {
      open.delete(response)
      this.#look()
    })
  }

  /** Calls `then` once nothing on that connection waits for its answer, or it is gone; at once, if so it is. */
  answered(socket: Duplex, then: () => void): void {
    this.#when(() => (this.#open.get(socket)?.size ?? 0) === 0, then)
  }

  /** No more is to come: resolves when all are answered, after `ms` at most. */
  finish(clock: Clock, ms: number): Promise<void> {
    this.#stopping = true
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, ms)
      this.#when(() => [...this.#open.values()].every(({ size }) => size === 0), () => {
        clock.clearTimeout(timer)
        resolve()
      })
    })
  }

  #on(socket: Duplex): Set<ServerResponse> {
    const known = this.#open.get(socket)
    if (known !== undefined) return known
    const open = new Set<ServerResponse>()
    this.#open.set(socket, open)
    // Of several requests in a row Node says no end of those whose turn had not come.
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#look()
    })
    return open
  }

  #look(): void {
    for (const look of [...this.#waiting]) look()
  }

  #when(holds: () => boolean, then: () => void): void {
    const look = () => {
      if (!holds()) return
      this.#waiting.delete(look)
      then()
    }
    this.#waiting.add(look)
    look()
  }
}
