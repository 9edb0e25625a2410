/** A page with the rollout's flag: the scripted outside world, a memory of this browser, and a gateway's HTTP side that says what a test wants. */
import type { Flag } from '../../../../protocol/rollout.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { LiveClientOptions } from '../../../src/services/liveClient.ts'
import { FlagSource } from '../../../src/services/rollout/flagSource.ts'
import type { RolloutMemory } from '../../../src/services/rollout/memory.ts'
import { pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv } from '../support/scriptedEnv.ts'
import { flagOf } from './flags.ts'

export interface BrowserMemory extends RolloutMemory {
  readonly kept: Map<string, string>
}

/** @param query of the address, as in `realtime=on` */
export function browserMemory(query = '', kept = new Map<string, string>()): BrowserMemory {
  return {
    kept,
    recall: (key) => kept.get(key) ?? null,
    remember(key, value) {
      if (value === null) kept.delete(key)
      else kept.set(key, value)
    },
    query: (name) => new URLSearchParams(query).get(name),
  }
}

export const json = (body: unknown, init?: ResponseInit) => new Response(JSON.stringify(body), init)

export interface World {
  readonly env: ScriptedEnv
  readonly client: LiveClient
  readonly memory: BrowserMemory
  /** What the flag's route answers; may be replaced. */
  serve: () => Promise<Response>
  /** What status answers say of the flag. */
  news: unknown
  /** The rows that status answers hold. */
  rows: Record<string, unknown>
  /** Answered from now on. */
  setFlag(over: Partial<Flag>): void
  /** So often the flag was asked for. */
  flagReads(): number
  statusReads(): number
  source(version?: string): FlagSource
  end(): void
}

export function world(options: Partial<LiveClientOptions> = {}, memory = browserMemory(), random: () => number = () => 0.5): World {
  const env = scriptedEnv(random)
  const client = new LiveClient({ env, ...options })
  const sources: FlagSource[] = []
  const asked = (path: string) => env.fetches.filter(({ url }) => url.includes(path)).length
  const made: World = {
    env, client, memory,
    serve: () => Promise.resolve(json({ success: true, data: flagOf() })),
    news: undefined,
    rows: {},
    setFlag(over) {
      made.serve = () => Promise.resolve(json({ success: true, data: flagOf(over) }))
    },
    flagReads: () => asked('/config/realtime'),
    statusReads: () => asked('/nodes/ami/status'),
    source(version) {
      const source = new FlagSource({ client, memory, ...(version === undefined ? {} : { version }) })
      sources.push(source)
      return source
    },
    end() {
      for (const source of sources) source.dispose()
      client.dispose()
    },
  }
  env.respond = (url) => {
    if (url.includes('/config/realtime')) return made.serve()
    if (url.includes('/nodes/ami/status')) return Promise.resolve(json({ success: true, data: made.rows, at: Date.now(), realtime: made.news }))
    return Promise.resolve(json({}, { status: 404 }))
  }
  return made
}

export const settle = () => pass(1)
