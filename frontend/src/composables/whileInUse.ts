import { getCurrentInstance, getCurrentScope, onMounted, onScopeDispose } from 'vue'
import { hasPage } from '../env/browserEnv.ts'
import type { LiveClient } from '../services/liveClient.ts'

/**
 * Begins what ends with the calling scope: in a component when it mounts, elsewhere at once. A store's scope, or one of a shared
 * composable, is not that of the component which came first: what it uses goes on without it. On a server nothing begins,
 * also before it renders: who could end it, once the page is sent?
 * @param begin returns the way out
 */
export function whileInUse({ env }: LiveClient, begin: () => () => void): void {
  const component = getCurrentInstance() as { readonly isMounted: boolean; readonly scope?: object } | null
  let end: (() => void) | null = null
  const start = () => { end = begin() }
  if (component?.isMounted === false && component.scope === getCurrentScope()) onMounted(start)
  else if (hasPage(env)) start()
  onScopeDispose(() => { end?.() })
}
