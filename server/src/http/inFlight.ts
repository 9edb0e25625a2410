import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../env/clock.ts'

/** The requests that are being answered. */
export class InFlight {
  readonly #open = new Map<ServerResponse, Duplex>()
  readonly #waiting = new Set<() => void>()
  #stopping = false

  begin({ socket }: IncomingMessage, response: ServerResponse): void {
    // Who was answered while the server stops need not come back on the same connection.
    if (this.#stopping) response.setHeader('connection', 'close')
    this.#open.set(response, socket)
    response.once('close', () => {
      this.#open.delete(response)
      for (const look of [...this.#waiting]) look()
    })
  }

  /** Calls `then` once nothing on that connection waits for its answer; at once, if nothing does. */
  answered(socket: Duplex, then: () => void): void {
    this.#when(() => ![...this.#open.values()].includes(socket), then)
  }

  /** No more is to come: resolves when all are answered, after `ms` at most. */
  finish(clock: Clock, ms: number): Promise<void> {
    this.#stopping = true
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, ms)
      this.#when(() => this.#open.size === 0, () => {
        clock.clearTimeout(timer)
        resolve()
      })
    })
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
