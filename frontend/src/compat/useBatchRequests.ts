/** Supermon-NG's `services/BatchRequestService`, by its signatures. */
import { BatchRequestService as Batches } from '../services/BatchRequestService.ts'
import type { BatchConfig, BatchRequest as Request } from '../services/BatchRequestService.ts'
import { compatClient } from './client.ts'

export interface BatchRequest extends Request {
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

export class BatchRequestService {
  readonly #config: Partial<BatchConfig>
  #batches: Batches | null = null

  constructor(config: Partial<BatchConfig> = {}) {
    this.#config = config
  }

  addRequest(request: BatchRequest): Promise<unknown> {
    const { priority: _priority, dependencies: _dependencies, ...wanted } = request
    return this.#make().addRequest(wanted)
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
    return this.#make().batchRealTimeUpdate(nodeIds)
  }

  clearCache(): void {
    this.#batches?.clearCache()
  }

  getCacheStats(): { readonly size: number; readonly inFlight: number } {
    return this.#make().getCacheStats()
  }

  #make(): Batches {
    if (this.#batches !== null) return this.#batches
    const { env, api } = compatClient()
    const send = ({ endpoint, params }: Request) => {
      const query = new URLSearchParams(Object.entries(params ?? {}).map(([key, value]) => [key, String(value)])).toString()
      return api.get(query === '' ? endpoint : `${endpoint}?${query}`)
    }
    this.#batches = new Batches({ env, send, config: this.#config })
    return this.#batches
  }
}

export interface UseBatchRequests {
  addRequest(request: BatchRequest): Promise<unknown>
  batchInitialization(options?: { readonly skipNodesConfig?: boolean }): Promise<InitialData>
  batchRealTimeUpdate(nodeIds: readonly string[]): Promise<{ readonly amiStatus: unknown }>
  clearCache(): void
  getCacheStats(): { readonly size: number; readonly inFlight: number }
}

export function useBatchRequests(config: Partial<BatchConfig> = {}): UseBatchRequests {
  const service = new BatchRequestService(config)
  return {
    addRequest: (request) => service.addRequest(request),
    batchInitialization: (options) => service.batchInitialization(options),
    batchRealTimeUpdate: (nodeIds) => service.batchRealTimeUpdate(nodeIds),
    clearCache: () => { service.clearCache() },
    getCacheStats: () => service.getCacheStats(),
  }
}
