import { hasInjectionContext, inject } from 'vue'
import type { App, InjectionKey } from 'vue'
import { browserEnv } from '../env/browserEnv.ts'
import type { Env } from '../env/env.ts'
import type { DiagnosticHook } from '../services/diagnostics.ts'
import { LiveClient } from '../services/liveClient.ts'
import type { Topology } from '../services/WebSocketService.ts'

const CLIENT: InjectionKey<LiveClient> = Symbol('supermon-live')

export interface SupermonLiveOptions {
  /** Path or URL the gateway is mounted at, e.g. `/supermon-ng`. Default: where the page was served from. */
  readonly base?: string
  /** How sockets are shared among nodes. Default `auto`. */
  readonly topology?: Topology
  /** The server is a Supermon-NG that wants a token for each socket. Default false. */
  readonly tokenRoute?: boolean
  /** Told of everything that was dropped and survived. */
  readonly onDiagnostic?: DiagnosticHook
  /** Another outside world; for tests. */
  readonly env?: Env
  /** Another client; for tests. */
  readonly client?: LiveClient
}

export interface SupermonLive {
  readonly client: LiveClient
  install(app: App): void
}

/**
 * The Vue plugin: `app.use(createSupermonLive())`. Opens nothing until something is watched; several apps of one page may share
 * it, and the last one that is unmounted ends it.
 */
export function createSupermonLive(options: SupermonLiveOptions = {}): SupermonLive {
  const env = options.env ?? browserEnv(options.base === undefined ? {} : { base: options.base })
  const { topology, tokenRoute, onDiagnostic } = options
  const client =
    options.client ?? new LiveClient({ env, ...(topology && { topology }), ...(tokenRoute && { tokenRoute }), ...(onDiagnostic && { onDiagnostic }) })
  let apps = 0
  return {
    client,
    install(app) {
      apps += 1
      app.provide(CLIENT, client)
      app.onUnmount(() => {
        apps -= 1
        if (apps === 0) client.dispose()
      })
    },
  }
}

let fallback: (() => LiveClient) | null = null

/** Where no plug-in is installed, `make` gives the client; called each time one is looked for. For pages that only change import lines. */
export function setFallbackClient(make: () => LiveClient): void {
  fallback = make
}

/** The page's client. @throws if the plugin was not installed, with what to do. */
export function useLiveClient(): LiveClient {
  const client = (hasInjectionContext() ? inject(CLIENT, null) : null) ?? fallback?.() ?? null
  if (client === null) {
    const message = 'supermon-live: no client. Call app.use(createSupermonLive()) before app.use(pinia) is used by a component.'
    throw Object.assign(new Error(message), { code: 'no-client' })
  }
  return client
}
