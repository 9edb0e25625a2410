/** The receivers of voters, kept current while somebody shows them; several who show one voter share it. */
import type { Env } from '../env/env.ts'
import type { GatewayApi } from './gatewayApi.ts'
import { VoterWatch } from './voterWatch.ts'
import type { VoterUpdate } from './voterWatch.ts'
import type { WebSocketService } from './WebSocketService.ts'

export type { VoterReading } from './voterReading.ts'
export type { VoterUpdate } from './voterWatch.ts'

export interface VoterServiceOptions {
  readonly env: Env
  readonly api: Pick<GatewayApi, 'get'>
  /** Left out, voters are asked for by HTTP alone, once a second. */
  readonly sockets?: Pick<WebSocketService, 'openEndpoint'>
}

interface Shared {
  readonly handlers: Set<(update: VoterUpdate) => void>
  readonly watch: VoterWatch
}

export class VoterService {
  readonly #options: VoterServiceOptions
  readonly #shared = new Map<string, Shared>()

  constructor(options: VoterServiceOptions) {
    this.#options = options
  }

  /** Calls `handler` with what is known, at once and with all news. Returns the way out, safe to call twice. */
  watch(node: string, handler: (update: VoterUpdate) => void): () => void {
    const shared = this.#shared.get(node) ?? this.#begin(node)
    shared.handlers.add(handler)
    handler(shared.watch.last)
    return () => {
      shared.handlers.delete(handler)
      if (shared.handlers.size > 0 || this.#shared.get(node) !== shared) return
      this.#shared.delete(node)
      shared.watch.close()
    }
  }

  /** The user's Retry: tries at once, whatever the wait or pause. */
  retry(node: string): void {
    this.#shared.get(node)?.watch.retry()
  }

  #begin(node: string): Shared {
    const { env, api, sockets } = this.#options
    const handlers: Shared['handlers'] = new Set()
    const watch = new VoterWatch({
      env, api, node,
      ...(sockets === undefined ? {} : { sockets }),
      tell: (update) => { for (const handler of [...handlers]) handler(update) },
    })
    const shared = { handlers, watch }
    this.#shared.set(node, shared)
    return shared
  }
}
