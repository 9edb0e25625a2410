/** A page with one store over a scripted network. Time is held: undo with `world.end()`. */
import { createPinia, disposePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { vi } from 'vitest'
import { createApp } from 'vue'
import type { App } from 'vue'
import { createSupermonLive } from '../../../src/stores/supermonLive.ts'
import type { SupermonLive } from '../../../src/stores/client.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import type { RealTimeStore } from '../../../src/stores/realTime.ts'
import { hello, snapshot } from '../../unit/support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../../unit/support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../../unit/support/scriptedEnv.ts'

export const A = '546051'
export const B = '546055'
export const NETWORK = () => Promise.reject(new TypeError('network'))

export interface World {
  readonly env: ScriptedEnv
  readonly app: App
  readonly pinia: Pinia
  readonly plugin: SupermonLive
  readonly store: RealTimeStore
  /** What the server answers, by route; any other is a 404. */
  readonly answers: Record<string, (url: URL, init?: RequestInit) => Response | Promise<Response>>
  /** Requests of one route so far. */
  asked(route: string): readonly URL[]
  /** Monitors a node, and its socket speaks. */
  live(node: string, state?: object): Promise<ScriptedSocket>
  end(): void
}

const BASE = '/supermon-ng/api/v1/'
const routeOf = (url: string) => new URL(url).pathname.replace(BASE, '')

export function makeWorld(): World {
  holdTime()
  const env = scriptedEnv()
  const answers: World['answers'] = {
    nodes: () => Response.json({ success: true, config_source: 'allmon.ini', data: [{ id: 546051, callsign: 'W5GLE', description: 'Hub', location: 'Alvin, Texas' }] }),
  }
  env.respond = (url, init) =>
    Promise.resolve(answers[routeOf(url)]?.(new URL(url), init) ?? Response.json({ success: false, error: 'Not found' }, { status: 404 }))
  const app = createApp({})
  const pinia = createPinia()
  const plugin = createSupermonLive({ env })
  app.use(plugin).use(pinia)
  const store = useRealTimeStore(pinia)
  return {
    env,
    app,
    pinia,
    plugin,
    store,
    answers,
    asked: (route) => env.fetches.filter(({ url }) => routeOf(url) === route).map(({ url }) => new URL(url)),
    async live(node, state = {}) {
      void store.startMonitoring(node)
      await pass(2)
      const socket = env.last()
      socket.accept()
      socket.say(hello())
      socket.say(snapshot(node, state))
      return socket
    },
    end() {
      disposePinia(pinia)
      plugin.client.dispose()
      vi.useRealTimers()
    },
  }
}
