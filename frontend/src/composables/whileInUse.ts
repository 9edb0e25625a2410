import { getCurrentInstance, getCurrentScope, hasInjectionContext, inject, onMounted, onScopeDispose, ssrContextKey } from 'vue'

/**
 * Begins what ends with the calling scope: in a component when it mounts, elsewhere at once. A store's scope, or one of a shared
 * composable, is not that of the component which came first: what it uses goes on without it. On a server nothing begins.
 * @param begin returns the way out
 */
export function whileInUse(begin: () => () => void): void {
  const component = getCurrentInstance() as { readonly isMounted: boolean; readonly scope?: object } | null
  let end: (() => void) | null = null
  const start = () => { end = begin() }
  if (component?.isMounted === false && component.scope === getCurrentScope()) onMounted(start)
  else if (!isRenderedOnServer()) start()
  onScopeDispose(() => { end?.() })
}

/** Only there Vue's renderer provides a context. */
const isRenderedOnServer = () => hasInjectionContext() && inject(ssrContextKey, null) !== null
