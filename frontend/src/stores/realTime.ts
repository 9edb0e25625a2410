/**
 * The `realTime` store: what the page knows of its nodes. It opens no socket itself; the {@link LiveClient} does, and
 * outlives it. One node's news touches that node's refs and nothing else.
 */
import { defineStore } from 'pinia'
import { computed, onScopeDispose, ref, shallowReactive, shallowRef } from 'vue'
import type { ComputedRef, ShallowRef } from 'vue'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { TimerHandle } from '../env/env.ts'
import { backoffDelay } from '../services/backoff.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import type { ListedNode } from '../services/gatewayApi.ts'
import type { PollingState } from '../services/PollingService.ts'
import type { Transport } from '../services/TransportLadder.ts'
import { useLiveClient } from './client.ts'
import { toNode } from './node.ts'
import type { Node } from './node.ts'

/** Supermon-NG's word for how a node is kept current. */
export type MonitoringMode = 'live' | 'polling' | 'connecting' | 'offline'

interface Watched {
  readonly state: ShallowRef<NodeState | undefined>
  readonly connection: ShallowRef<ConnectionState>
  readonly transport: ShallowRef<Transport>
  readonly row: ComputedRef<Node>
  stop(): void
}

const IDLE: ConnectionState = { status: 'idle' }

export const useRealTimeStore = defineStore('realTime', () => {
  const client = useLiveClient()
  const { sockets, ladder } = client

  const listed = shallowRef<readonly ListedNode[]>([])
  const watched = shallowReactive(new Map<string, Watched>())
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

  /** Reads the node list. Never rejects: what went wrong is in `error`, and it is tried again until it works. */
  async function initialize(): Promise<void> {
    client.env.clearTimeout(retryTimer)
    const mine = ++asked
    try {
      const answer = await client.api.nodes()
      if (mine !== asked) return
      failures = 0
      listed.value = answer.data
      nodeConfig.value = Object.fromEntries(answer.data.map((node) => [node.id, { ...node }]))
      siteInfo.value = { demo: answer.config_source === 'demo', title: 'Supermon Live' }
      error.value = null
    } catch (cause) {
      if (mine !== asked) return
      error.value = cause instanceof Error ? cause.message : String(cause)
      const wait = backoffDelay(failures, client.env.random())
      failures += 1
      retryTimer = client.env.setTimeout(() => void initialize(), wait)
    }
  }

  /** Settles when the first try has succeeded or failed; never rejects. */
  function startMonitoring(nodeId: string): Promise<void> {
    const id = nodeId.trim()
    if (id === '') return Promise.resolve()
    if (watched.has(id)) return sockets.connectToNode(id)
    watched.set(id, watch(id))
    return ladder.watch(id)
  }

  function watch(id: string): Watched {
    // Another store of this page may have heard of the node already.
    const state = shallowRef<NodeState | undefined>(sockets.currentState(id) ?? undefined)
    const connection = shallowRef(sockets.getNodeState(id))
    const offMessage = sockets.onNodeMessage(id, (update) => {
      state.value = update.state
      lastUpdateTime.value = client.env.now()
    })
    const offState = sockets.onNodeStateChange(id, (next) => { connection.value = next })
    const transport = shallowRef(ladder.transportOf(id))
    const offTransport = ladder.onTransport((nodeId, next) => {
      if (nodeId === id) transport.value = next
    })
    const row = computed(() => toNode(id, listed.value.find((node) => node.id === id), state.value, sockets.serverNow()))
    return {
      state,
      connection,
      transport,
      row,
      stop() {
        offMessage()
        offState()
        offTransport()
      },
    }
  }

  function stopMonitoring(nodeId: string): void {
    const entry = watched.get(nodeId)
    if (entry === undefined) return
    watched.delete(nodeId)
    ladder.unwatch(nodeId)
    entry.stop()
  }

  /** Watches just these nodes: stops the rest, starts what is new, all at once. */
  async function syncMonitoringForSelection(nodeIds: readonly string[]): Promise<void> {
    const wanted = new Set(nodeIds.map((id) => id.trim()).filter((id) => id !== ''))
    for (const id of [...watched.keys()]) if (!wanted.has(id)) stopMonitoring(id)
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

  /** How the fallback asks right now. Not reactive: it moves without news. */
  function pollingState(): PollingState {
    return ladder.pollingState()
  }

  function retry(nodeId: string): void {
    sockets.retryConnection(nodeId)
  }

  function clearError(): void {
    error.value = null
  }

  function reset(): void {
    asked += 1
    client.env.clearTimeout(retryTimer)
    for (const id of [...watched.keys()]) stopMonitoring(id)
    listed.value = []
    nodeConfig.value = {}
    error.value = null
  }

  onScopeDispose(reset)

  return {
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
})
