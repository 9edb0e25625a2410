import { browserEnv } from '../env/browserEnv.ts'
import { LiveClient } from '../services/liveClient.ts'
import { setFallbackClient, useLiveClient } from '../stores/client.ts'

let own: LiveClient | null = null

// Whoever imports this may have no plug-in; making the client waits until it is needed.
setFallbackClient(() => (own ??= new LiveClient({ env: browserEnv() })))

/** The installed plug-in's client, or the page's own. */
export function compatClient(): LiveClient {
  return useLiveClient()
}

/** Ends the page's own client, if there is one; the next use makes another. For hot reload. */
export function disposeCompat(): void {
  own?.dispose()
  own = null
}
