/**
 * The `realTime` store: what the page knows of its nodes. It opens no socket itself; the {@link LiveClient} does, and
 * outlives it. One node's news touches that node's refs and nothing else.
 */
import { acceptHMRUpdate, defineStore, getActivePinia } from 'pinia'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { displayName, NOT_LISTED } from '../../../protocol/names.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { statusRowSchema } from '../../../protocol/statusRow.ts'
import * as v from 'valibot'
import { wallClock } from '../env/steadyClock.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import type { LiveClient } from '../services/liveClient.ts'
import type { PollingState } from '../services/PollingService.ts'
import type { Transport } from '../services/TransportLadder.ts'
import { createUseAstDbStore, useAstDbStore } from './astdb.ts'
import { useLiveClient } from './client.ts'
import { clockOf } from './clock.ts'
import { makeControls } from './controls.ts'
import { failureOf } from './failure.ts'
import { makeLinkNames } from './linkNames.ts'
import { memoryOf, NO_LISTING } from './memory.ts'
import { toNode } from './node.ts'
import type { Asked, Listed, Node } from './node.ts'
import type { MonitoringMode, NodeConnection } from './nodeConnection.ts'
import { nodeIdOf, nodeIdsOf } from './nodeId.ts'
import { makeNodeList } from './nodeList.ts'
import type { InitializeOptions, SiteInfo } from './nodeList.ts'
import type { NodeSection } from './nodesConfig.ts'
import { perNode } from './perNode.ts'
import { reader } from './reader.ts'
import { talkersOf } from './talkers.ts'
import type { Talker } from './talkers.ts'
import { watchNode } from './watchedNode.ts'

const IDLE: ConnectionState = { status: 'idle' }

export interface RealTimeStoreOptions {
  /** Pinia's name of the store. Default `realTime`. */
  readonly id?: string
  /** The gateway's client. Default: that of the installed plug-in. */
  readonly client?: () => LiveClient
}

/** Makes a `useRealTimeStore`: one per gateway, where a page shows two. */
export function createUseRealTimeStore({ id = 'realTime', client = useLiveClient }: RealTimeStoreOptions = {}) {
  const isDefault = id === 'realTime'
  // Names come from the gateway that the nodes come from.
  const useAstDb = isDefault && client === useLiveClient ? useAstDbStore : createUseAstDbStore({ id: isDefault ? 'astdb' : `${id}-astdb`, client })
  return defineStore(id, () => setup(id, client(), useAstDb))
}

export const useRealTimeStore = createUseRealTimeStore()
/** The store, of whichever gateway. */
export type RealTimeStore = ReturnType<typeof useRealTimeStore>

function setup(storeId: string, client: LiveClient, useAstDb: typeof useAstDbStore) {
  const { sockets, ladder } = client
  // Taken now: whoever looks at a name later may stand in another Pinia.
  const pinia = getActivePinia()
  const clock = clockOf(client)

  const { memory, forget } = memoryOf(storeId)
  const { listing, watched, lastUpdateTime, adjacentOnly, chosen, holds } = memory
  const nodeConfig = shallowRef<Readonly<Record<string, NodeSection>>>({})
  const defaultNode = ref<string | null>(null)
  const defaultNodes = shallowRef<readonly string[] | null>(null)
  const siteInfo = shallowRef<SiteInfo | null>(null)
  const error = ref<string | null>(null)
  const errorCode = ref<string | null>(null)
  const list = makeNodeList(client, { listing, nodeConfig, defaultNode, defaultNodes, siteInfo, error, errorCode })

  const monitoringNodes = computed(() => [...watched.keys()])
  const isMonitoring = computed(() => watched.size > 0)
  const isConnected = computed(() => [...watched.values()].some((entry) => entry.connection.value.status === 'live'))

  const asked: Asked = {
    now: () => (void clock.now.value, sockets.serverNow()),
    nameOf: makeLinkNames(() => useAstDb(pinia), client),
    adjacentOnly: () => adjacentOnly.value,
  }
  const listed = computed(() => new Map(listing.value.nodes.map((node): [string, Listed] => [node.id, { node, at: listing.value.at }])))
  const unwatchedRows = computed(() => new Map([...listed.value].map(([id, line]) => [id, toNode(id, { listed: line, since: line.at, news: undefined }, asked)])))
  const nodes = computed<Node[]>(() => {
    const ids = new Set([...listed.value.keys(), ...watched.keys()])
    return [...ids].flatMap((id) => getNodeById(id) ?? [])
  })

  /** Settles when the first try has succeeded or failed; never rejects. */
  function startMonitoring(nodeId: string | number): Promise<void> {
    const id = nodeIdOf(nodeId)
    if (id === '') return Promise.resolve()
    chosen.add(id)
    return ensure(id)
  }

  /** Monitors a node for as long as somebody shows it, whatever is chosen. Returns the way out, safe to call twice. */
  function hold(nodeId: string | number): () => void {
    const id = nodeIdOf(nodeId)
    if (id === '') return () => undefined
    holds.set(id, (holds.get(id) ?? 0) + 1)
    void ensure(id)
    let held = true
    return () => {
      if (!held) return
      held = false
      const left = (holds.get(id) ?? 1) - 1
      if (left > 0) holds.set(id, left)
      else holds.delete(id)
      dropUnused(id)
    }
  }

  function ensure(id: string): Promise<void> {
    const known = watched.get(id)
    if (known !== undefined) return known.resume()
    const entry = watchNode(client, id, asked, () => listed.value.get(id), () => {
      lastUpdateTime.value = wallClock(client.env)
    })
    watched.set(id, entry)
    return entry.resume()
  }

  /** A node that a component still shows goes on. */
  function stopMonitoring(nodeId: string | number): void {
    const id = nodeIdOf(nodeId)
    chosen.delete(id)
    dropUnused(id)
  }

  function dropUnused(id: string): void {
    if (!chosen.has(id) && !holds.has(id)) drop(id)
  }

  function drop(id: string): void {
    const entry = watched.get(id)
    watched.delete(id)
    entry?.stop()
  }

  /** Watches just these nodes: stops the rest, starts what is new, all at once. */
  async function syncMonitoringForSelection(nodeIds: readonly (string | number)[]): Promise<void> {
    const wanted = nodeIdsOf(nodeIds)
    for (const id of [...chosen]) if (!wanted.includes(id)) stopMonitoring(id)
    await Promise.all(wanted.map((id) => startMonitoring(id)))
  }

  const entryOf = (nodeId: string | number) => watched.get(nodeIdOf(nodeId))

  function getNodeById(nodeId: string | number): Node | undefined {
    return entryOf(nodeId)?.row.value ?? unwatchedRows.value.get(nodeIdOf(nodeId))
  }

  /** Its name; where nobody told one, what the `astdb` store holds. Asks nothing. */
  function getNodeInfo(nodeId: string | number): string {
    const named = [getNodeById(nodeId), useAstDb(pinia).cache[nodeIdOf(nodeId)]]
    return named.map((each) => each && displayName(each)).find(Boolean) ?? NOT_LISTED
  }

  function getNodeMonitoringMode(nodeId: string | number): MonitoringMode {
    return entryOf(nodeId)?.mode.value ?? 'offline'
  }

  /** The node's state as last heard; undefined before the first news. */
  function stateOf(nodeId: string | number): NodeState | undefined {
    return entryOf(nodeId)?.state.value
  }

  function connectionOf(nodeId: string | number): ConnectionState {
    return entryOf(nodeId)?.connection.value ?? IDLE
  }

  function transportOf(nodeId: string | number): Transport {
    return entryOf(nodeId)?.transport.value ?? 'none'
  }

  /** Who talks now, then who talked last, newest first. */
  function talkers(nodeId: string | number): Talker[] {
    return talkersOf(stateOf(nodeId))
  }

  const polled = ref(0)
  const offPolling = ladder.onPolling(() => { polled.value += 1 })
  /** How the fallback asks. */
  const pollingState = computed<PollingState>(() => (void polled.value, ladder.pollingState()))

  /** Being heard is no news in itself: when, is looked at once a second, after polls, and when node or connection change. */
  function lookedAt(nodeId: string | number): string {
    const entry = entryOf(nodeId)
    void [clock.now.value, polled.value, entry?.state.value, entry?.connection.value]
    return nodeIdOf(nodeId)
  }

  /** When the node was last heard, server ms; null = never. */
  function heardAt(nodeId: string | number): number | null {
    const at = sockets.heardAt(lookedAt(nodeId))
    return at === null ? null : at + clockOffset()
  }

  /** Server time minus this browser's, as estimated, ms. */
  function clockOffset(): number {
    return sockets.serverNow() - client.env.now()
  }

  /** How old the node's data is, ms; null = never heard. Moves once a second while the node is fed and the page is seen. */
  function ageOf(nodeId: string | number): number | null {
    const at = sockets.heardAt(lookedAt(nodeId))
    return at === null ? null : Math.max(0, client.env.now() - at)
  }

  /** Is `ageOf` to be believed? It depends on the server that a socket happens to reach. */
  function isAgeKnown(nodeId: string | number): boolean {
    return sockets.isAgeKnown(lookedAt(nodeId))
  }

  /**
   * Feeds the monitored nodes again after `stopPolling`. Who calls it is a page of Supermon-NG 4.0, whose table has a row for whatever is in
   * `remote_nodes`, as its server lists adjacent links alone: from now on, so does this store.
   */
  function startPolling(): void {
    adjacentOnly.value = true
    for (const entry of watched.values()) void entry.resume()
  }

  /** Nothing is open and nothing is asked until `startPolling`; the monitored nodes and what is known of them stay. */
  function stopPolling(): void {
    for (const entry of watched.values()) entry.pause()
  }

  /** What the newest `fetchNodeData` left in `error`: a later one that works takes it back, and nothing else. */
  let fetchError: string | null = null

  /**
   * Asks once for the monitored nodes that no socket feeds, or for the node list while nothing is monitored. Settles with
   * the answer; never rejects.
   */
  async function fetchNodeData(): Promise<void> {
    if (watched.size === 0) return list.ask()
    const askedAt = client.env.now()
    try {
      const { rows, at } = await ladder.refresh([...watched.keys()])
      for (const [id, row] of rows) watched.get(id)?.offer(row, { at, askedAt })
      if (error.value === fetchError) error.value = null
      fetchError = null
    } catch (cause) {
      const { message, code } = failureOf(cause)
      error.value = fetchError = message
      errorCode.value = code
    }
  }

  /** Takes a message of Supermon-NG's WebSocket, or a row of its status route, for a monitored node. Anything else is left alone. */
  function updateNodeFromWebSocket(data: unknown): void {
    const row = v.safeParse(statusRowSchema, data)
    // Such messages have no order but that in which they are handed over.
    if (row.success) watched.get(row.output.node)?.offer(row.output, { at: null, askedAt: Number.POSITIVE_INFINITY })
  }

  /** Somebody signed in or out: nothing that was answered to the user before is used again. */
  function clearCache(): void {
    client.userChanged()
  }

  const controls = makeControls(client.control, () => monitoringNodes.value[0], fetchNodeData)

  const wsMonitoringModes = perNode<MonitoringMode>(watched, ({ mode }) => mode.value)
  const connections = perNode<NodeConnection>(watched, ({ view }) => view.value)
  /** Why a node is not current, in a sentence; null = it is. */
  const errors = perNode<string | null>(watched, ({ problem }) => problem.value)
  /** Where each node's socket goes. One port serves all, unless the server is asked for more. */
  const websocketPorts = computed<Record<string, number>>(() => {
    const { port, protocol } = new URL(client.env.baseUrl())
    const all = port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
    return Object.fromEntries([...listed.value.keys()].map((id) => [id, all]))
  })

  function retry(nodeId: string | number): void {
    sockets.retryConnection(nodeIdOf(nodeId))
  }

  function clearError(): void {
    error.value = null
  }

  /** As at the beginning, but for `lastUpdateTime`, and for nodes that components show: those start afresh. */
  function reset(): void {
    list.forget()
    chosen.clear()
    for (const id of [...watched.keys()]) drop(id)
    listing.value = NO_LISTING
    nodeConfig.value = {}
    defaultNode.value = null
    defaultNodes.value = null
    siteInfo.value = null
    error.value = null
    for (const id of holds.keys()) void ensure(id)
  }

  // The client ends with its last app, and begins anew with the next one: what is watched then is watched afresh.
  const letGo = () => {
    chosen.clear()
    for (const id of [...watched.keys()]) drop(id)
  }
  const stay = client.onDispose(letGo)

  onScopeDispose(() => {
    list.end()
    stay()
    holds.clear()
    reset()
    offPolling()
    forget()
  })

  return {
    ...controls,
    /** What feeds this store. */
    client: computed(() => client),
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
    talkers: reader(talkers),
    /** The node list as the server gave it: light, and still while nodes key up. */
    listed: computed(() => listing.value.nodes),
    nodes,
    nodeConfig,
    /** The node, or nodes with commas between, that the server's configuration names to show first; null = none. */
    defaultNode,
    /** What the configuration shows where nobody chose: [] = everything, null = it has not been heard. */
    defaultNodes: computed(() => defaultNodes.value),
    siteInfo,
    isConnected,
    isMonitoring,
    error,
    /** The permanent code of that error; null = it has none. */
    errorCode: computed(() => (error.value === null ? null : errorCode.value)),
    monitoringNodes,
    lastUpdateTime,
    wsMonitoringModes,
    /**
     * Reads the node list and its configuration. Never rejects: what went wrong is in `error`, and it is tried again until
     * it works, unless everybody who asked has aborted his `signal`.
     */
    initialize: (options?: InitializeOptions) => list.initialize(options),
    startMonitoring,
    stopMonitoring,
    // No action, though it opens sockets: a component whose store is a stub shows nothing otherwise.
    hold: reader(hold),
    syncMonitoringForSelection,
    getNodeById: reader(getNodeById),
    getNodeInfo: reader(getNodeInfo),
    getNodeMonitoringMode: reader(getNodeMonitoringMode),
    stateOf: reader(stateOf),
    connectionOf: reader(connectionOf),
    transportOf: reader(transportOf),
    heardAt: reader(heardAt),
    clockOffset: reader(clockOffset),
    ageOf: reader(ageOf),
    pollingState,
    /** What 4.0 shows of it. */
    pollingEfficiency: pollingState,
    isAgeKnown: reader(isAgeKnown),
    retry,
    clearError,
    reset,
  }
}

// Vite's, in development only: the store is made anew over the client that stays, so no socket is opened twice. It looks for
// these very words.
if (import.meta.hot) import.meta.hot.accept(acceptHMRUpdate(useRealTimeStore, import.meta.hot))
