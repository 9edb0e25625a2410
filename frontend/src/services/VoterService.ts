/** The receivers of voters, asked for once a second while somebody shows them and the page can be seen. */
import * as v from 'valibot'
import type { Env, TimerHandle } from '../env/env.ts'
import { backoffDelay } from './backoff.ts'
import { ApiError } from './gatewayApi.ts'
import type { GatewayApi } from './gatewayApi.ts'

export const RECEIVER_STATES = ['voting', 'voted', 'mix', 'inactive'] as const

const answerSchema = v.object({
  voters: v.array(
    v.object({
      node: v.string(),
      voted: v.nullable(v.string()),
      receivers: v.array(
        v.object({
          name: v.string(),
          /** Signal, 0 (none) to 255; null = not told. */
          rssi: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(255))),
          mix: v.boolean(),
          master: v.boolean(),
          inactive: v.boolean(),
          state: v.fallback(v.picklist(RECEIVER_STATES), 'voting'),
        }),
      ),
    }),
  ),
})

export type VoterReading = v.InferOutput<typeof answerSchema>['voters'][number]

export interface VoterUpdate {
  /** Empty = the node is no voter, or nothing was told yet. */
  readonly voters: readonly VoterReading[]
  /** Why the newest question got no answer, for people; null = it got one. What is shown is older then. */
  readonly error: string | null
  /** When the newest answer came, this browser's ms; null = never. */
  readonly at: number | null
}

interface Chain {
  readonly watchers: Set<(update: VoterUpdate) => void>
  last: VoterUpdate
  failures: number
  asking: boolean
  timer: TimerHandle
}

const PERIOD_MS = 1_000
const NOTHING: VoterUpdate = { voters: [], error: null, at: null }

export class VoterService {
  readonly #env: Env
  readonly #api: Pick<GatewayApi, 'get'>
  readonly #chains = new Map<string, Chain>()
  #stopListening: (() => void) | null = null

  constructor(options: { readonly env: Env; readonly api: Pick<GatewayApi, 'get'> }) {
    this.#env = options.env
    this.#api = options.api
  }

  /** Calls `handler` with what is known, at once and with each answer. Returns the way out, safe to call twice. */
  watch(node: string, handler: (update: VoterUpdate) => void): () => void {
    let chain = this.#chains.get(node)
    if (chain === undefined) {
      chain = { watchers: new Set(), last: NOTHING, failures: 0, asking: false, timer: undefined }
      this.#chains.set(node, chain)
      this.#stopListening ??= this.#env.page.listen((signal) => {
        if (signal === 'visible' || signal === 'pageshow' || signal === 'resume' || signal === 'online') this.#wake()
      })
    }
    const joined = chain
    joined.watchers.add(handler)
    handler(joined.last)
    void this.#ask(node, joined)
    return () => {
      joined.watchers.delete(handler)
      if (joined.watchers.size > 0 || this.#chains.get(node) !== joined) return
      this.#env.clearTimeout(joined.timer)
      this.#chains.delete(node)
      if (this.#chains.size > 0) return
      this.#stopListening?.()
      this.#stopListening = null
    }
  }

  #wake(): void {
    for (const [node, chain] of this.#chains) void this.#ask(node, chain)
  }

  async #ask(node: string, chain: Chain): Promise<void> {
    if (chain.asking || !this.#env.page.visible()) return
    this.#env.clearTimeout(chain.timer)
    chain.asking = true
    const update = await this.#answer(node, chain.last)
    chain.asking = false
    if (chain.watchers.size === 0) return
    chain.failures = update.error === null ? 0 : chain.failures + 1
    chain.last = update
    for (const watcher of [...chain.watchers]) watcher(update)
    const wait = chain.failures === 0 ? PERIOD_MS : PERIOD_MS + backoffDelay(chain.failures - 1, this.#env.random())
    chain.timer = this.#env.setTimeout(() => void this.#ask(node, chain), wait)
  }

  async #answer(node: string, last: VoterUpdate): Promise<VoterUpdate> {
    try {
      const { voters } = v.parse(answerSchema, await this.#api.get(`nodes/voter/status?node=${encodeURIComponent(node)}`))
      return { voters, error: null, at: this.#env.now() }
    } catch (error) {
      const known = error instanceof ApiError || (error instanceof Error && error.name === 'RetryAfterError')
      return { ...last, error: known ? error.message : "The server's answer has another shape than expected." }
    }
  }
}
