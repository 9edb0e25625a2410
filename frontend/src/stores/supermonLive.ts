import { LiveClient } from '../services/liveClient.ts'
import { clientOptions, pluginOf } from './client.ts'
import type { SupermonLive, SupermonLiveOptions } from './client.ts'

/**
 * The Vue plugin: `app.use(createSupermonLive())`. Opens nothing until something is watched; several apps of one page may share
 * it, and the last one that is unmounted ends it. An app that uses it afterwards begins anew.
 */
export function createSupermonLive(options: SupermonLiveOptions = {}): SupermonLive {
  return pluginOf(options.client ?? new LiveClient(clientOptions(options)))
}
