import type { ServerResponse } from 'node:http'
import type { Clock } from '../env/clock.ts'

/** The requests that are being answered. */
export class InFlight {
  readonly #responses = new Set<ServerResponse>()
  readonly #waiting = new Set<() => void>()
  #stopping = false

  begin(response: ServerResponse): void {
    // Who was answered while the server stops need not come back on the same connection.
    if (this.#stopping) response.setHeader('connection', 'close')
    this.#responses.add(response)
    response.once('close', () => {
      this.#responses.delete(response)
      if (this.#responses.size === 0) for (const go of [...this.#waiting]) go()
    })
  }

  /** No more is to come: resolves when all are answered, after `ms` at most. */
  finish(clock: Clock, ms: number): Promise<void> {
    this.#stopping = true
    if (this.#responses.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const go = () => {
        clock.clearTimeout(timer)
        this.#waiting.delete(go)
        resolve()
      }
      const timer = clock.setTimeout(go, ms)
      this.#waiting.add(go)
    })
  }
}
