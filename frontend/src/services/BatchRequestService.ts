/**
 * Requests that are alike share one answer, and status questions of one moment become one request. Nothing that depends on
 * who is signed in outlives a sign-in or sign-out.
 */
import type { Env, TimerHandle } from '../env/env.ts'

export interface BatchRequest {
  /** Path below `api/v1/`, without a query. */
  readonly endpoint: string
  readonly params?: Readonly<Record<string, string | number | boolean>>
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** How long an answer may be given again, ms; 0 = never. Only GET answers are kept. Default from the configuration. */
  readonly ttl?: number
}

export interface BatchConfig {
  /** Most nodes asked for in one status request. */
  readonly maxBatchSize: number
  /** Status questions within this time of each other go together, ms. */
  readonly batchDelay: number
  readonly cacheEnabled: boolean
  /** ms */
  readonly defaultCacheTTL: number
}

export const BATCH: BatchConfig = { maxBatchSize: 50, batchDelay: 0, cacheEnabled: true, defaultCacheTTL: 5_000 }

/** Sends one request and gives the parsed answer; rejects on failure. */
export type Send = (request: BatchRequest) => Promise<unknown>

export interface CacheStats {
  /** Answers that are kept. */
  readonly size: number
  /** To which questions. */
  readonly entries: readonly string[]
  readonly inFlight: number
}

interface Cached {
  readonly value: unknown
  readonly until: number
}
interface Gathering {
  readonly nodeIds: Set<string>
  readonly timer: TimerHandle
  readonly answer: Promise<unknown>
}

export class BatchRequestService {
  readonly #env: Env
  readonly #send: Send
  readonly #config: BatchConfig
  readonly #inFlight = new Map<string, Promise<unknown>>()
  readonly #cache = new Map<string, Cached>()
  #gathering: Gathering | null = null
  /** Answers to questions of an earlier life (another user) are not kept. */
  #life = 0

  constructor(options: { env: Env; send: Send; config?: Partial<BatchConfig> }) {
    this.#env = options.env
    this.#send = options.send
    this.#config = { ...BATCH, ...options.config }
  }

  /** One request. While an equal GET is on its way its answer is shared, and for its TTL afterwards. */
  addRequest(request: BatchRequest): Promise<unknown> {
    if ((request.method ?? 'GET') !== 'GET') return this.#send(request)
    const key = keyOf(request)
    const cached = this.#cache.get(key)
    if (cached !== undefined && cached.until > this.#env.now()) return Promise.resolve(cached.value)
    const running = this.#inFlight.get(key)
    if (running !== undefined) return running
    const life = this.#life
    const answer = this.#send(request)
      .then((value) => {
        if (life === this.#life) this.#keep(key, value, request.ttl ?? this.#config.defaultCacheTTL)
        return value
      })
      .finally(() => {
        if (this.#inFlight.get(key) === answer) this.#inFlight.delete(key)
      })
    this.#inFlight.set(key, answer)
    return answer
  }

  /**
   * Status of nodes, never from the cache. Questions of one moment share requests, of `maxBatchSize` nodes each; a
   * question that takes several has one answer, and fails if one of them does.
   */
  async batchRealTimeUpdate(nodeIds: readonly string[]): Promise<{ readonly amiStatus: unknown }> {
    const parts = new Set(nodeIds.map((id) => this.#seat(id)))
    // Nobody is asked for: the server says what it thinks of that.
    if (parts.size === 0) parts.add(this.#room())
    return { amiStatus: merge(await Promise.all([...parts].map(({ answer }) => answer))) }
  }

  /** Forgets all answers, also those still on their way. Call when somebody signs in or out. */
  clearCache(): void {
    this.#life += 1
    this.#cache.clear()
    this.#inFlight.clear()
  }

  getCacheStats(): CacheStats {
    this.#sweep()
    return { size: this.#cache.size, entries: [...this.#cache.keys()], inFlight: this.#inFlight.size }
  }

  #seat(nodeId: string): Gathering {
    const gathering = this.#gathering?.nodeIds.has(nodeId) === true ? this.#gathering : this.#room()
    gathering.nodeIds.add(nodeId)
    return gathering
  }

  /** A request that has room for one more node. */
  #room(): Gathering {
    const gathering = this.#gathering
    return gathering !== null && gathering.nodeIds.size < this.#config.maxBatchSize ? gathering : this.#gather()
  }

  #gather(): Gathering {
    const nodeIds = new Set<string>()
    let go: () => void = () => undefined
    const gathered = new Promise<void>((resolve) => { go = resolve })
    const gathering: Gathering = {
      nodeIds,
      timer: this.#env.setTimeout(() => {
        if (this.#gathering === gathering) this.#gathering = null
        go()
      }, this.#config.batchDelay),
      answer: gathered.then(() =>
        this.addRequest({ endpoint: 'nodes/ami/status', params: { nodes: [...nodeIds].join(',') }, ttl: 0 }),
      ),
    }
    this.#gathering = gathering
    return gathering
  }

  #keep(key: string, value: unknown, ttl: number): void {
    if (!this.#config.cacheEnabled || ttl <= 0) return
    // No timers: what has run out is swept when something new comes.
    this.#cache.set(key, { value, until: this.#sweep() + ttl })
  }

  /** @returns now, ms */
  #sweep(): number {
    const now = this.#env.now()
    for (const [each, { until }] of this.#cache) if (until <= now) this.#cache.delete(each)
    return now
  }
}

/** Different requests never share a key, whatever characters they hold. */
function keyOf({ endpoint, params }: BatchRequest): string {
  return JSON.stringify([endpoint, Object.entries(params ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))])
}

/** Status answers are `{…, data: {node: row}}`; of several, the first one's other fields count. */
function merge(answers: readonly unknown[]): unknown {
  const [first] = answers
  if (answers.length === 1 || !isObject(first)) return first
  const rows = answers.flatMap((answer) => (isObject(answer) && isObject(answer['data']) ? Object.entries(answer['data']) : []))
  return { ...first, data: Object.fromEntries(rows) }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
