/**
 * The `realTime` store: what the page knows of its nodes. It opens no socket itself; the {@link LiveClient} does, and
 * outlives it. One node's news touches that node's refs and nothing else.
 */
import { acceptHMRUpdate, defineStore, getActivePinia } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { statusRowSchema } from '../../../protocol/statusRow.ts'
import * as v from 'valibot'
import type { TimerHandle } from '../env/env.ts'
import { backoffDelay } from '../services/backoff.ts'
import type { ConnectionState, Reason } from '../services/connectionState.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { PollingState } from '../services/PollingService.ts'
import type { Transport } from '../services/TransportLadder.ts'
import { createUseAstDbStore, useAstDbStore } from './astdb.ts'
import { useLiveClient } from './client.ts'
import { makeControls } from './controls.ts'
import { memoryOf } from './memory.ts'
import { toNode } from './node.ts'
import type { Node } from './node.ts'
import { talkersOf } from './talkers.ts'
import { watchNode } from './watchedNode.ts'

/** Supermon-NG's word for how a node is kept current. */
export type MonitoringMode = 'live' | 'polling' | 'connecting' | 'offline'

/** How one node is kept current. */
export interface NodeConnection {
  readonly state: ConnectionState['status']
  readonly reason: Reason | null
  /** This browser's ms; null unless it waits for its next try. */
  readonly nextTryAt: number | null
  readonly transport: Transport
}

export interface InitializeOptions {
  readonly nodesConfig?: {
    readonly config: Readonly<Record<string, Readonly<Record<string, unknown>>>>
    readonly ini_file?: string
    readonly default_node?: string | null
  }
}

const IDLE: ConnectionState = { status: 'idle' }

export interface RealTimeStoreOptions {
  /** Pinia's name of the store. Default `realTime`. */
  readonly id?: string
  /** The gateway's client. Default: that of the installed plug-in. */
  readonly client?: () => LiveClient
}

/** Makes a `useRealTimeStore`: one per gateway, where a page shows two. */
export function createUseRealTimeStore({ id = 'realTime', client = useLiveClient }: RealTimeStoreOptions = {}) {
  const useAstDb = id === 'realTime' ? useAstDbStore : createUseAstDbStore({ id: `${id}-astdb`, client })
  return defineStore(id, () => setup(id, client(), useAstDb))
}

export const useRealTimeStore = createUseRealTimeStore()

function setup(storeId: string, client: LiveClient, useAstDb: typeof useAstDbStore) {
  const { sockets, ladder } = client
  // Taken now: whoever looks at a name later may stand in another Pinia.
  const pinia = getActivePinia()

  const { memory, forget } = memoryOf(storeId)
  const { listed, watched, chosen, holds } = memory
  const nodeConfig = shallowRef<Readonly<Record<string, Readonly<Record<string, unknown>>>>>({})
  const siteInfo = shallowRef<{ readonly demo: boolean; readonly title: string } | null>(null)
  const error = ref<string | null>(null)
  const lastUpdateTime = ref(0)

  const monitoringNodes = computed(() => [...watched.keys()])
  const isMonitoring = computed(() => watched.size > 0)
  const isConnected = computed(() => [...watched.values()].some((entry) => entry.connection.value.status === 'live'))

  const unwatchedRows = computed(() => new Map(listed.value.map((node) => [node.id, toNode(node.id, node, undefined, 0)])))
  const nodes = computed<Node[]>(() => {
    const ids = new Set([...listed.value.map((node) => node.id), ...watched.keys()])
    return [...ids].flatMap((id) => getNodeById(id) ?? [])
  })
  const wsMonitoringModes = computed<Record<string, MonitoringMode>>(() =>
    Object.fromEntries(monitoringNodes.value.map((id) => [id, getNodeMonitoringMode(id)])),
  )

  let failures = 0
  let retryTimer: TimerHandle
  /** Counts the questions for the node list, so that only the newest answer is taken. */
  let asked = 0

  /**
   * Reads the node list. Never rejects: what went wrong is in `error`, and it is tried again until it works.
   * @param options `nodesConfig`: what Supermon-NG's `config/nodes` said, where the caller has asked it already
   */
  async function initialize(options: InitializeOptions = {}): Promise<void> {
    client.env.clearTimeout(retryTimer)
    const mine = ++asked
    try {
      const answer = await client.api.nodes()
      if (mine !== asked) return
      failures = 0
      listed.value = answer.data
      nodeConfig.value = options.nodesConfig?.config ?? Object.fromEntries(answer.data.map((node) => [node.id, { ...node }]))
      siteInfo.value = { demo: answer.config_source === 'demo', title: 'Supermon Live' }
      error.value = null
    } catch (cause) {
      if (mine !== asked) return
      error.value = cause instanceof Error ? cause.message : String(cause)
      const wait = backoffDelay(failures, client.env.random())
      failures += 1
      retryTimer = client.env.setTimeout(() => void initialize(options), wait)
    }
  }

  /** Settles when the first try has succeeded or failed; never rejects. */
  function startMonitoring(nodeId: string): Promise<void> {
    const id = nodeId.trim()
    if (id === '') return Promise.resolve()
    chosen.add(id)
    return ensure(id)
  }

  /** Monitors a node for as long as somebody shows it, whatever is chosen. Returns the way out, safe to call twice. */
  function hold(nodeId: string): () => void {
    holds.set(nodeId, (holds.get(nodeId) ?? 0) + 1)
    void ensure(nodeId)
    let held = true
    return () => {
      if (!held) return
      held = false
      const left = (holds.get(nodeId) ?? 1) - 1
      if (left > 0) holds.set(nodeId, left)
      else holds.delete(nodeId)
      dropUnused(nodeId)
    }
  }

  function ensure(id: string): Promise<void> {
    const known = watched.get(id)
    if (known !== undefined) return known.resume()
    const entry = watchNode(client, id, () => listed.value.find((node) => node.id === id), () => {
      lastUpdateTime.value = client.env.now()
    })
    watched.set(id, entry)
    return entry.resume()
  }

  /** A node that a component still shows goes on. */
  function stopMonitoring(nodeId: string): void {
    chosen.delete(nodeId)
    dropUnused(nodeId)
  }

  function dropUnused(nodeId: string): void {
    if (!chosen.has(nodeId) && !holds.has(nodeId)) drop(nodeId)
  }

  function drop(nodeId: string): void {
    const entry = watched.get(nodeId)
    watched.delete(nodeId)
    entry?.stop()
  }

  /** Watches just these nodes: stops the rest, starts what is new, all at once. */
  async function syncMonitoringForSelection(nodeIds: readonly string[]): Promise<void> {
    const wanted = new Set(nodeIds.map((id) => id.trim()).filter((id) => id !== ''))
    for (const id of [...chosen]) if (!wanted.has(id)) stopMonitoring(id)
    await Promise.all([...wanted].map((id) => startMonitoring(id)))
  }

  function getNodeById(nodeId: string): Node | undefined {
    const id = String(nodeId)
    return watched.get(id)?.row.value ?? unwatchedRows.value.get(id)
  }

  function getNodeInfo(nodeId: string): string {
    return getNodeById(nodeId)?.info || 'Node not in database'
  }

  function getNodeMonitoringMode(nodeId: string): MonitoringMode {
    if (transportOf(nodeId) === 'polling') return 'polling'
    switch (connectionOf(nodeId).status) {
      case 'live':
        return 'live'
      case 'connecting':
      case 'waiting':
        return 'connecting'
      case 'idle':
      case 'paused':
      case 'closed':
        return 'offline'
    }
  }

  /** The node's state as last heard; undefined before the first news. */
  function stateOf(nodeId: string): NodeState | undefined {
    return watched.get(nodeId)?.state.value
  }

  function connectionOf(nodeId: string): ConnectionState {
    return watched.get(nodeId)?.connection.value ?? IDLE
  }

  function transportOf(nodeId: string): Transport {
    return watched.get(nodeId)?.transport.value ?? 'none'
  }

  /** When the node was last heard, server ms; null = never. Not reactive by itself: it moves without news. */
  function heardAt(nodeId: string): number | null {
    const at = sockets.heardAt(nodeId)
    return at === null ? null : at + clockOffset()
  }

  /** Server time minus this browser's, as estimated, ms. */
  function clockOffset(): number {
    return sockets.serverNow() - client.env.now()
  }

  /** How old the node's data is, ms; null = never heard. */
  function ageOf(nodeId: string): number | null {
    const at = sockets.heardAt(nodeId)
    return at === null ? null : Math.max(0, client.env.now() - at)
  }

  /** Not reactive: it depends on the server that a socket happens to reach. */
  function isAgeKnown(nodeId: string): boolean {
    return sockets.isAgeKnown(nodeId)
  }

  /** How the fallback asks. Looked at again with each news and each change of a transport. */
  const pollingState = computed<PollingState>(() => {
    void lastUpdateTime.value
    for (const { transport } of watched.values()) void transport.value
    return ladder.pollingState()
  })

  /** Feeds the monitored nodes again after `stopPolling`. */
  function startPolling(): void {
    for (const entry of watched.values()) void entry.resume()
  }

  /** Nothing is open and nothing is asked until `startPolling`; the monitored nodes and what is known of them stay. */
  function stopPolling(): void {
    for (const entry of watched.values()) entry.pause()
  }

  /** Asks once for what no socket feeds, and for the node list while nothing is monitored. Never rejects. */
  async function fetchNodeData(): Promise<void> {
    if (watched.size === 0) {
      await initialize()
      return
    }
    try {
      await ladder.refresh()
    } catch (cause) {
      error.value = cause instanceof Error ? cause.message : String(cause)
    }
  }

  /** Takes a message of Supermon-NG's WebSocket, or a row of its status route, for a monitored node. Anything else is left alone. */
  function updateNodeFromWebSocket(data: unknown): void {
    const row = v.safeParse(statusRowSchema, data)
    if (row.success) sockets.offerPoll(row.output.node, row.output, { at: null, askedAt: client.env.now() })
  }

  /** Somebody signed in or out: nothing that was answered to the user before is used again. */
  function clearCache(): void {
    client.userChanged()
  }

  const controls = makeControls(client.control, () => monitoringNodes.value[0], fetchNodeData)

  const connections = computed<Record<string, NodeConnection>>(() =>
    Object.fromEntries(
      [...watched].map(([id, { connection, transport }]) => {
        const { value: state } = connection
        const reason = 'reason' in state ? state.reason : null
        return [id, { state: state.status, reason, nextTryAt: state.status === 'waiting' ? state.until : null, transport: transport.value }]
      }),
    ),
  )
  /** Why a node is not current, in a sentence; null = it is. */
  const errors = computed<Record<string, string | null>>(() =>
    Object.fromEntries(
      [...watched].map(([id, { state, connection, transport }]) => {
        const { value: socket } = connection
        const down = transport.value === 'none' && 'reason' in socket ? socket.reason.message : null
        const { reach, reachReason } = state.value ?? {}
        return [id, down ?? (reach === 'down' ? (reachReason?.message ?? 'Asterisk does not answer.') : null)]
      }),
    ),
  )
  /** Where each node's socket goes. One port serves all, unless the server is asked for more. */
  const websocketPorts = computed<Record<string, number>>(() => {
    const { port, protocol } = new URL(client.env.baseUrl())
    const all = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
    return Object.fromEntries(listed.value.map((node) => [node.id, all]))
  })

  function retry(nodeId: string): void {
    sockets.retryConnection(nodeId)
  }

  function clearError(): void {
    error.value = null
  }

  function reset(): void {
    asked += 1
    client.env.clearTimeout(retryTimer)
    chosen.clear()
    for (const id of [...watched.keys()]) drop(id)
    listed.value = []
    nodeConfig.value = {}
    error.value = null
    for (const id of holds.keys()) void ensure(id)
  }

  // The client ends with its last app, and begins anew with the next one: what is watched then is watched afresh.
  const letGo = () => {
    chosen.clear()
    for (const id of [...watched.keys()]) drop(id)
  }
  client.endings.add(letGo)

  onScopeDispose(() => {
    client.endings.delete(letGo)
    holds.clear()
    reset()
    forget()
  })

  return {
    ...controls,
    /** The `astdb` store and what it holds, by id. Made when first looked at. */
    astdbStore: computed(() => useAstDb(pinia)),
    astdb: computed(() => useAstDb(pinia).cache),
    connections,
    errors,
    websocketPorts,
    startPolling,
    stopPolling,
    fetchNodeData,
    fetchNodeDataOptimized: fetchNodeData,
    updateNodeFromWebSocket,
    clearCache,
    talkers: (nodeId: string) => talkersOf(stateOf(nodeId)),
    nodes,
    nodeConfig,
    siteInfo,
    isConnected,
    isMonitoring,
    error,
    monitoringNodes,
    lastUpdateTime,
    wsMonitoringModes,
    initialize,
    startMonitoring,
    stopMonitoring,
    hold,
    syncMonitoringForSelection,
    getNodeById,
    getNodeInfo,
    getNodeMonitoringMode,
    stateOf,
    connectionOf,
    transportOf,
    heardAt,
    clockOffset,
    ageOf,
    pollingState,
    isAgeKnown,
    retry,
    clearError,
    reset,
  }
}

// Vite's, in development only: the store is made anew over the client that stays, so no socket is opened twice.
const { hot } = import.meta as { hot?: { accept(callback: (module: unknown) => void): void } }
if (hot !== undefined) hot.accept(acceptHMRUpdate(useRealTimeStore, hot) as (module: unknown) => void)
