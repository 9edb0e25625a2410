import { supermonNgBase } from '../env/appBase.ts'
import { browserEnv } from '../env/browserEnv.ts'
import { LiveClient } from '../services/liveClient.ts'
import { injectedClient, setFallbackClient, useLiveClient } from '../stores/client.ts'
import { earlierApi } from './earlierApi.ts'

let own: LiveClient | null = null

// Whoever imports this may have no plug-in; making the client waits until it is needed.
setFallbackClient(() => (own ??= makeOwn()))

function makeOwn(): LiveClient {
  const base = supermonNgBase()
  return new LiveClient({ env: base === null ? browserEnv() : earlierApi(browserEnv({ base })) })
}

/** The client of an installed plug-in, or the page's own. */
export function compatClient(): LiveClient {
  return useLiveClient()
}

/**
 * For what is made here and used later. Made in a component's setup it keeps to that app's client; made elsewhere, often before
 * any app is there, it asks for the page's each time.
 */
export function clientFromHere(): () => LiveClient {
  const mine = injectedClient()
  return mine === null ? compatClient : () => mine
}

/**
 * Ends all that the page's own client does, if there is one. It stays, as do the stores that were made over it: the next use begins
 * anew. For hot reload.
 */
export function disposeCompat(): void {
  own?.dispose()
  own?.revive()
}

/** As on a page that is loaded anew: the next use makes another client, and nobody has the one of before. For tests. */
export function forgetOwnClient(): void {
  own?.dispose()
  own = null
}
