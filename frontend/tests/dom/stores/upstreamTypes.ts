/**
 * The public surface of Supermon-NG's `realTime` store as its pages rely on it, field by field, written without a type of ours:
 * 4.0.9 asked once a second, 4.3.3 listens to sockets. Where its server sends `null` for a text that is declared as one, the
 * `null` is written here.
 */

export interface UpstreamLink {
  node: string
  info: string
  ip?: string
  last_keyed: string
  link: string
  direction: string
  elapsed: string
  mode: string
  keyed: string
}

export interface UpstreamNode {
  id: string | number
  node_number?: string | number
  callsign?: string
  description?: string
  location?: string
  info?: string
  status?: 'online' | 'offline' | 'connecting' | 'error' | 'unknown'
  is_online?: boolean
  is_keyed?: boolean
  cos_keyed?: number
  tx_keyed?: number
  cpu_temp?: string | null
  cpu_up?: string | null
  cpu_load?: string | null
  ALERT?: string | null
  WX?: string | null
  DISK?: string | null
  alert?: string | null
  wx?: string | null
  disk?: string | null
  remote_nodes?: UpstreamLink[]
  connected_nodes?: UpstreamLink[]
  last_heard?: string | null
  created_at?: string
  updated_at?: string
  last_updated?: number
}

/** The node as both versions declare it, whatever their server sends: a number, and a text or nothing. */
export type DeclaredNode = { [Field in keyof UpstreamNode]: Field extends 'node_number' ? number : Exclude<UpstreamNode[Field], null> }

type Section = Record<string, unknown>

/** 4.0.9. */
export interface PollingStore {
  nodes: UpstreamNode[]
  nodeConfig: Record<string, Section>
  astdb: Record<string, { node_id: string; callsign: string; description: string; location: string }>
  astdbStore: object
  isConnected: boolean
  error: string | null
  monitoringNodes: string[]
  lastUpdateTime: number
  isMonitoring: boolean
  pollingState: {
    isActive: boolean
    isVisible: boolean
    isConnected: boolean
    lastActivity: number
    currentInterval: number
    retryCount: number
    errorCount: number
  }
  pollingEfficiency: { currentInterval: number; isActive: boolean; isVisible: boolean; errorCount: number }
  initialize: () => Promise<void>
  startMonitoring: (nodeId: string) => void
  stopMonitoring: (nodeId: string) => void
  startPolling: () => void
  stopPolling: () => void
  fetchNodeData: () => Promise<void>
  fetchNodeDataOptimized: () => Promise<void>
  getNodeById: (nodeId: string) => UpstreamNode | undefined
  getNodeInfo: (nodeId: string) => string
  clearError: () => void
  clearCache: () => void
  connectNode: (nodeId: string, perm?: boolean) => Promise<void>
  disconnectNode: (nodeId: string) => Promise<void>
  monitorNode: (nodeId: string) => Promise<void>
  permConnectNode: (nodeId: string) => Promise<void>
  localMonitorNode: (nodeId: string) => Promise<void>
  monitorCmdNode: (nodeId: string) => Promise<void>
  reset: () => void
}

type Mode = 'live' | 'polling' | 'connecting' | 'offline'

/** 4.3.3. */
export interface SocketStore {
  nodes: UpstreamNode[]
  nodeConfig: Record<string, Section>
  astdb: Record<string, { node_id: string; callsign: string; description: string; location: string }>
  astdbStore: object
  isConnected: boolean
  error: string | null
  monitoringNodes: string[]
  lastUpdateTime: number
  websocketPorts: Record<string, number>
  wsMonitoringModes: Record<string, Mode>
  isMonitoring: boolean
  initialize: (options?: { nodesConfig?: { config: Record<string, Section>; ini_file: string; default_node: string | null } }) => Promise<void>
  startMonitoring: (nodeId: string) => Promise<void>
  stopMonitoring: (nodeId: string) => void
  syncMonitoringForSelection: (nodeIds: string[]) => Promise<void>
  getNodeMonitoringMode: (nodeId: string) => Mode
  fetchNodeData: () => Promise<void>
  updateNodeFromWebSocket: (data: {
    node: string
    timestamp: number
    status: 'online'
    cos_keyed: number
    tx_keyed: number
    cpu_temp: string | null
    cpu_up: string | null
    cpu_load: string | null
    ALERT: string | null
    WX: string | null
    DISK: string | null
    remote_nodes: UpstreamLink[]
  }) => void
  getNodeById: (nodeId: string) => UpstreamNode | undefined
  getNodeInfo: (nodeId: string) => string
  clearError: () => void
  clearCache: () => void
  connectNode: (localNode: string, remoteNode: string, perm?: boolean) => Promise<void>
  disconnectNode: (localNode: string, remoteNode: string) => Promise<void>
  monitorNode: (localNode: string, remoteNode: string) => Promise<void>
  permConnectNode: (localNode: string, remoteNode: string) => Promise<void>
  localMonitorNode: (localNode: string, remoteNode: string) => Promise<void>
  monitorCmdNode: (localNode: string, remoteNode: string) => Promise<void>
  reset: () => void
}
