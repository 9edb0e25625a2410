/**
 * The `astdb` store: names of nodes, asked for one by one or by search. Supermon-NG's loads all 40,000 on every page; this one
 * holds what somebody asked for.
 */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useLiveClient } from './client.ts'
import type { LiveClient } from '../services/liveClient.ts'
import { nodeIdOf } from './nodeId.ts'
import { reader } from './reader.ts'

export interface AstDbEntry {
  readonly node_id: string
  readonly callsign: string
  readonly description: string
  readonly location: string
}

/** Most names kept; the one asked for longest ago goes first. */
const MOST = 2_000

/** Makes a `useAstDbStore`: one per gateway, where a page shows two. */
export function createUseAstDbStore({ id = 'astdb', client = useLiveClient }: { id?: string; client?: () => LiveClient } = {}) {
  return defineStore(id, () => setup(client()))
}

export const useAstDbStore = createUseAstDbStore()

function setup({ api, env }: LiveClient) {
  const cache = shallowRef<Readonly<Record<string, AstDbEntry>>>({})
  const stats = shallowRef<Readonly<Record<string, unknown>> | null>(null)
  const isLoading = ref(false)
  const error = ref<string | null>(null)
  const cacheSize = computed(() => Object.keys(cache.value).length)
  /** What `cache` holds, the one asked for longest ago first: an object has its ids in order of number. */
  let kept = new Map<string, AstDbEntry>()
  let shown: unknown
  /** When the newest names came, this browser's ms; 0 = there were none yet. */
  let newestAt = 0

  /** Never rejects: what went wrong is in `error`. */
  async function ask(path: string, wanted = 'data'): Promise<unknown> {
    isLoading.value = true
    try {
      const answer = await api.get(path)
      error.value = null
      return field(answer, wanted)
    } catch (cause) {
      error.value = cause instanceof Error ? cause.message : String(cause)
      return null
    } finally {
      isLoading.value = false
    }
  }

  function held(): typeof kept {
    // It may have been set from outside: emptied, or filled by a server that rendered the page.
    if (shown !== cache.value) kept = new Map(Object.entries(cache.value))
    shown = cache.value
    return kept
  }

  function touch(entry: AstDbEntry): void {
    held().delete(entry.node_id)
    kept.set(entry.node_id, entry)
  }

  function keep(entries: readonly AstDbEntry[]): void {
    for (const entry of entries) touch(entry)
    for (const id of kept.keys()) if (kept.size > MOST) kept.delete(id)
    newestAt = env.now()
    cache.value = shown = Object.fromEntries(kept)
  }

  function recall(nodeId: string): AstDbEntry | undefined {
    const entry = held().get(nodeIdOf(nodeId))
    if (entry !== undefined) touch(entry)
    return entry
  }

  async function getNodeInfo(nodeId: string): Promise<AstDbEntry | null> {
    const known = recall(nodeId)
    if (known !== undefined) return known
    const entry = readEntry(await ask(`astdb/node/${encodeURIComponent(nodeId)}`))
    if (entry !== null) keep([entry])
    return entry
  }

  async function getMultipleNodesInfo(nodeIds: readonly string[]): Promise<Record<string, AstDbEntry | null>> {
    // Taken now: what the answer brings may push them out.
    const found = new Map(nodeIds.map((id) => [id, recall(id)]))
    const missing = nodeIds.filter((id) => found.get(id) === undefined)
    if (missing.length > 0) {
      const data = await ask(`astdb/nodes?nodes=${missing.map(encodeURIComponent).join(',')}`)
      const entries = missing.flatMap((id) => readEntry(field(data, id)) ?? [])
      if (entries.length > 0) keep(entries)
      for (const entry of entries) found.set(entry.node_id, entry)
    }
    return Object.fromEntries(nodeIds.map((id) => [id, found.get(id) ?? recall(id) ?? null]))
  }

  async function searchNodes(query: string, limit = 50): Promise<AstDbEntry[]> {
    const results = field(await ask(`astdb/search?q=${encodeURIComponent(query)}&limit=${limit}`), 'results')
    const entries = Array.isArray(results) ? results.flatMap((result) => readEntry(result) ?? []) : []
    if (entries.length > 0) keep(entries)
    return entries
  }

  async function getStats(): Promise<Readonly<Record<string, unknown>> | null> {
    const data = await ask('astdb/stats')
    stats.value = typeof data === 'object' ? (data as Record<string, unknown> | null) : null
    return stats.value
  }

  function clearCache(): Promise<void> {
    newestAt = 0
    cache.value = {}
    return Promise.resolve()
  }

  return {
    cache,
    /** Everything that is known here. Supermon-NG's held the whole file. */
    fullAstdb: cache,
    stats,
    isLoading,
    error,
    isCacheValid: computed(() => cacheSize.value > 0),
    cacheSize,
    /** There is nothing to load beforehand. */
    initialize: () => Promise.resolve(),
    getNodeInfo,
    getMultipleNodesInfo,
    searchNodes,
    getStats,
    /** Has the server its names? False also where it does not say. */
    checkHealth: async () => (await ask('astdb/health', 'healthy')) === true,
    clearCache,
    forceRefresh: clearCache,
    getCacheStats: reader(() => {
      const size = cacheSize.value
      // Supermon-NG's words. Names do not run out; those asked for and the file are one.
      const counts = { totalEntries: size, validEntries: size, expiredEntries: 0, fullAstdbEntries: size }
      return { size, maxSize: MOST, ...counts, lastRefresh: new Date(newestAt).toISOString(), isCacheValid: size > 0 }
    }),
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : null
}

function readEntry(value: unknown): AstDbEntry | null {
  const id = field(value, 'node_id')
  if (typeof id !== 'string' && typeof id !== 'number') return null
  const text = (key: string) => {
    const found = field(value, key)
    return typeof found === 'string' ? found : ''
  }
  return { node_id: String(id), callsign: text('callsign'), description: text('description'), location: text('location') }
}
