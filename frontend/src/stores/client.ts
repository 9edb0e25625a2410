import { hasInjectionContext, inject } from 'vue'
import type { App, InjectionKey } from 'vue'
import { browserEnv } from '../env/browserEnv.ts'
import type { Env } from '../env/env.ts'
import type { DiagnosticHook } from '../services/diagnostics.ts'
import type { LiveClient, LiveClientOptions } from '../services/liveClient.ts'
import type { Topology } from '../services/WebSocketService.ts'

const CLIENT: InjectionKey<LiveClient> = Symbol('supermon-live')

export interface SupermonLiveOptions {
  /** Path or URL (`http:`, `https:`) the gateway is mounted at, e.g. `/supermon-ng`. Default: where the page was served from. For apps with routes in their path. */
  readonly base?: string
  /** How sockets are shared among nodes. Default `auto`. */
  readonly topology?: Topology
  /** The server is a Supermon-NG that wants a token for each socket. Default false. */
  readonly tokenRoute?: boolean
  /**
   * False = no polling where a socket does not serve: its node says why, and waits. For after a rollout, when nobody needed it.
   * `supermon-live/socket-only` leaves it out of the bundle too. Voters keep their own. Default true.
   */
  readonly fallback?: boolean
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

/** A client as a plug-in; several apps of one page may share it, and the last one that is unmounted ends it. */
export function pluginOf(client: LiveClient): SupermonLive {
  let apps = 0
  return {
    client,
    install(app) {
      apps += 1
      client.revive()
      // Before the app's router leads elsewhere: the first question may come long after.
      client.env.baseUrl()
      app.provide(CLIENT, client)
      const leave = offerClient(client)
      app.onUnmount(() => {
        leave()
        apps -= 1
        if (apps === 0) client.dispose()
      })
    },
  }
}

/** What the options mean to a client. @throws if the base can be none, with what to write */
export function clientOptions(options: SupermonLiveOptions): LiveClientOptions {
  const { base, topology, tokenRoute, fallback, onDiagnostic } = options
  // To a browser `localhost:8105` has the protocol "localhost", and `127.0.0.1:8105` is a path of the page.
  if (base !== undefined && /^(?!https?:)[^/?#]*:/i.test(base.trim())) {
    throw mistake('bad-base', `the base "${base}" has to begin with /, http:// or https://.`)
  }
  const env = options.env ?? browserEnv(base === undefined ? {} : { base })
  return { env, ...(topology && { topology }), ...(tokenRoute && { tokenRoute }), ...(fallback === false && { fallback }), ...(onDiagnostic && { onDiagnostic }) }
}

/** Held weakly: on a server apps are dropped without being unmounted. */
const offered = new Set<WeakRef<LiveClient>>()

/**
 * From now on `client` is the page's for whoever asks outside of a component, where Vue cannot say which app is meant; the
 * newest one counts. Returns the way out.
 */
export function offerClient(client: LiveClient): () => void {
  for (const each of offered) if (each.deref() === undefined) offered.delete(each)
  const offer = new WeakRef(client)
  offered.add(offer)
  return () => { offered.delete(offer) }
}

let fallback: (() => LiveClient) | null = null

/** Where no plug-in is installed, `make` gives the client; called each time one is looked for. For pages that only change import lines. */
export function setFallbackClient(make: () => LiveClient): void {
  fallback = make
}

/** The client of the app whose setup runs now; null outside of any setup, and where no plug-in is installed. */
export function injectedClient(): LiveClient | null {
  return hasInjectionContext() ? inject(CLIENT, null) : null
}

/** The page's client. @throws if the plugin was not installed, with what to do. */
export function useLiveClient(): LiveClient {
  const client = injectedClient() ?? newestOffer() ?? fallback?.() ?? null
  if (client === null) {
    throw mistake('no-client', 'no client. Call app.use(createSupermonLive()) before app.use(pinia) is used by a component.')
  }
  return client
}

/** What a page did wrong. Its code has a page in docs/errors. */
function mistake(code: string, message: string): Error {
  return Object.assign(new Error(`supermon-live: ${message}`), { code })
}

function newestOffer(): LiveClient | null {
  let newest: LiveClient | null = null
  for (const offer of offered) newest = offer.deref() ?? newest
  return newest
}
