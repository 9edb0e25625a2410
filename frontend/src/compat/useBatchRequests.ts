/** Supermon-NG's `services/BatchRequestService`, by its signatures. */
import { BatchRequestService as Batches } from '../services/BatchRequestService.ts'
import type { BatchConfig, BatchRequest as Request, CacheStats } from '../services/BatchRequestService.ts'
import { isCsrfRefusal } from '../services/ControlService.ts'
import { ApiError, refusalOf } from '../services/gatewayApi.ts'
import type { LiveClient } from '../services/liveClient.ts'
import { clientFromHere, compatClient } from './client.ts'

export interface BatchRequest extends Omit<Request, 'endpoint' | 'params'> {
  /** Path below the API's base, with or without a slash before it. */
  readonly endpoint: string
  /** With GET the query, with the others the body. */
  readonly params?: Readonly<Record<string, unknown>>
  /** Taken and without effect: nothing waits for anything else. */
  readonly priority?: 'high' | 'medium' | 'low'
  readonly dependencies?: readonly string[]
}
export type { BatchConfig }

export interface InitialData {
  readonly nodes: unknown
  readonly config: unknown
  /** Only 4.0 asked for it. */
  readonly astdbHealth: unknown
}

const DEADLINE_MS = 10_000

export class BatchRequestService {
  readonly #config: Partial<BatchConfig>
  readonly #client: () => LiveClient
  /** What was asked for the user of then. */
  #mine: { readonly client: LiveClient; readonly batches: Batches; userChanges: number } | null = null

  constructor(config: Partial<BatchConfig> = {}, client: () => LiveClient = compatClient) {
    this.#config = config
    this.#client = client
  }

  /**
   * Equal GETs share one answer. Anything else is sent as it is, each time, with the page's CSRF token; once more with a fresh one
   * when the server refuses that.
   */
  addRequest(request: BatchRequest): Promise<unknown> {
    const { priority: _priority, dependencies: _dependencies, ...wanted } = request
    return this.#batches().addRequest({ ...wanted, endpoint: wanted.endpoint.replace(/^\/+/, '') } as Request)
  }

  /** A part that fails is null; the others are not disturbed. */
  async batchInitialization(options: { readonly skipNodesConfig?: boolean } = {}): Promise<InitialData> {
    const ask = (endpoint: string) => this.addRequest({ endpoint }).catch(() => null)
    const [nodes, config, astdbHealth] = await Promise.all([
      ask('nodes'),
      options.skipNodesConfig === true ? null : ask('config/nodes'),
      ask('astdb/health'),
    ])
    return { nodes, config, astdbHealth }
  }

  batchRealTimeUpdate(nodeIds: readonly string[]): Promise<{ readonly amiStatus: unknown }> {
    return this.#batches().batchRealTimeUpdate(nodeIds)
  }

  clearCache(): void {
    this.#mine?.batches.clearCache()
  }

  getCacheStats(): CacheStats {
    return this.#batches().getCacheStats()
  }

  /** Nothing that was answered to the user before is given to the next one. */
  #batches(): Batches {
    const client = this.#client()
    const { env, userChanges } = client
    if (this.#mine?.client !== client) {
      const batches = new Batches({ env, send: (request) => send(client, request), config: this.#config })
      this.#mine = { client, batches, userChanges }
    } else if (this.#mine.userChanges !== userChanges) {
      this.#mine.userChanges = userChanges
      this.#mine.batches.clearCache()
    }
    return this.#mine.batches
  }
}

async function send({ api, csrf }: LiveClient, { endpoint, method = 'GET', params = {} }: Request): Promise<unknown> {
  if (method === 'GET') {
    const query = new URLSearchParams(Object.entries(params).flatMap(([key, value]) => (value == null ? [] : [[key, String(value)]]))).toString()
    return api.get(query === '' ? endpoint : `${endpoint}${endpoint.includes('?') ? '&' : '?'}${query}`)
  }
  const { status, body } = await csrf.withToken(
    (csrfToken) => api.post(endpoint, params, { csrfToken, deadlineMs: DEADLINE_MS, method }),
    isCsrfRefusal,
  )
  if (status < 400) return body
  const refusal = refusalOf(body)
  throw new ApiError('refused', refusal?.message ?? `The server refused (HTTP ${status}).`, status, refusal?.code)
}

export interface UseBatchRequests {
  addRequest(request: BatchRequest): Promise<unknown>
  batchInitialization(options?: { readonly skipNodesConfig?: boolean }): Promise<InitialData>
  batchRealTimeUpdate(nodeIds: readonly string[]): Promise<{ readonly amiStatus: unknown }>
  clearCache(): void
  getCacheStats(): CacheStats
}

export function useBatchRequests(config: Partial<BatchConfig> = {}): UseBatchRequests {
  const service = new BatchRequestService(config, clientFromHere())
  return {
    addRequest: (request) => service.addRequest(request),
    batchInitialization: (options) => service.batchInitialization(options),
    batchRealTimeUpdate: (nodeIds) => service.batchRealTimeUpdate(nodeIds),
    clearCache: () => { service.clearCache() },
    getCacheStats: () => service.getCacheStats(),
  }
}
