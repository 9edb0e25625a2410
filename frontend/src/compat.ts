/**
 * For Supermon-NG's pages: what they import from `@/stores/realTime`, `@/stores/astdb` and `@/services/*`, by the same names
 * and signatures. Works without a plug-in; nothing is opened by importing it.
 */
export { disposeCompat } from './compat/client.ts'
// The second name is Supermon-NG's own.
export { useAstDbStore, useAstDbStore as useAstdbStore, useRealTimeStore } from './compat/looseStores.ts'
export type { Node } from './compat/looseStores.ts'
export { BatchRequestService, useBatchRequests } from './compat/useBatchRequests.ts'
export type { BatchConfig, BatchRequest, InitialData, UseBatchRequests } from './compat/useBatchRequests.ts'
export { CsrfTokenService, getCsrfService, useCsrfToken } from './compat/useCsrfToken.ts'
export type { CsrfConfig, CsrfTokenInfo, UseCsrfToken } from './compat/useCsrfToken.ts'
export { PollingService, usePolling } from './compat/usePolling.ts'
export type { PollingConfig, PollingJob, PollingState, UsePolling } from './compat/usePolling.ts'
export { webSocketService } from './compat/webSocketService.ts'
export type { WebSocketMessage, WebSocketService, WebSocketState, WebSocketState as WebSocketConnectionState } from './compat/webSocketService.ts'
export { default as ConnectionStatus } from './components/ConnectionStatus.vue'
export { default as NodeTable } from './components/NodeTable.vue'
export type { AstDbEntry } from './stores/astdb.ts'
export type { ConnectedNode } from './stores/node.ts'
export type { InitializeOptions as RealTimeInitOptions } from './stores/nodeList.ts'
