/** `supermon-live/socket-only`: the plug-in for pages that do without polling, and without its code. */
import { LiveCore } from './services/liveCore.ts'
import { SocketsOnly } from './services/socketsOnly.ts'
import { clientOptions, pluginOf } from './stores/client.ts'
import type { SupermonLive, SupermonLiveOptions } from './stores/client.ts'

export type { SupermonLive } from './stores/client.ts'

export interface SocketOnlyOptions extends Omit<SupermonLiveOptions, 'fallback' | 'client'> {
  /** May be said, and is so. */
  readonly fallback?: false
}

/**
 * As `createSupermonLive({ fallback: false })` of `supermon-live`, with no line of the polling fallback in the bundle: a node whose
 * socket does not serve says why, and waits.
 */
export function createSupermonLive(options: SocketOnlyOptions = {}): SupermonLive {
  return pluginOf(new LiveCore(clientOptions(options), (parts) => new SocketsOnly(parts)))
}
