import { hasInjectionContext, inject } from 'vue'
import type { App, InjectionKey } from 'vue'
import { browserEnv } from '../env/browserEnv.ts'
import type { Env } from '../env/env.ts'
import { LiveClient } from '../services/liveClient.ts'

const CLIENT: InjectionKey<LiveClient> = Symbol('supermon-live')

export interface SupermonLiveOptions {
  /** Path or URL the gateway is mounted at, e.g. `/supermon-ng`. Default: where the page was served from. */
  readonly base?: string
  /** Another outside world; for tests. */
  readonly env?: Env
  /** Another client; for tests. */
  readonly client?: LiveClient
}

export interface SupermonLive {
  readonly client: LiveClient
  install(app: App): void
}

/** The Vue plugin: `app.use(createSupermonLive())`. Opens nothing until something is watched. */
export function createSupermonLive(options: SupermonLiveOptions = {}): SupermonLive {
  const env = options.env ?? browserEnv(options.base === undefined ? {} : { base: options.base })
  const client = options.client ?? new LiveClient({ env })
  return {
    client,
    install(app) {
      app.provide(CLIENT, client)
      app.onUnmount(() => { client.dispose() })
    },
  }
}

/** The page's client. @throws if the plugin was not installed, with what to do. */
export function useLiveClient(): LiveClient {
  const client = hasInjectionContext() ? inject(CLIENT, null) : null
  if (client === null) {
    throw new Error('supermon-live: no client. Call app.use(createSupermonLive()) before app.use(pinia) is used by a component.')
  }
  return client
}
