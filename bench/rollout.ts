/**
 * A whole rollout with real clients: 0 → 10 → 50 → 100 % → off → on, changed by the command line, against the built gateway and the
 * simulated Asterisk with a net in progress. What is asked: how many hold sockets at each stage, how long moving takes, how many
 * requests a second the way back costs, whether anybody is without data meanwhile, and how many requests sockets save.
 */
import { execFile } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { RolloutEnv } from '../frontend/src/env/rolloutEnv.ts'
import { bindRollout } from '../frontend/src/rollout.ts'
import { LiveClient } from '../frontend/src/services/liveClient.ts'
import { freePort, GatewayProcess, until, writeConfig } from '../frontend/tests/page/stage.ts'
import { startFakeAsterisk } from '../server/src/fake-asterisk/fakeAsterisk.ts'
import { nodeEnv } from '../server/tests/support/nodeEnv.ts'

const MAIN = fileURLToPath(new URL('../dist-server/main.js', import.meta.url))
const run = promisify(execFile)
/** How often each client is looked at, ms. */
const LOOK_MS = 100
/** Somebody uses each page, so that it is polled at full pace, ms. */
const TOUCH_MS = 10_000
/** In which all have to have moved, ms. */
const MOVED_MS = 15_000

export interface StageFigures {
  readonly stage: string
  /** Share of clients on sockets at the stage's end. */
  readonly onSockets: number
  /** From the command's end until the last client had moved, s. */
  readonly movedAfter: number
  /** Most status requests in one second of the first 15. */
  readonly peakRequests: number
  /** Status requests per client and minute, once all have moved. */
  readonly requestsPerMinute: number
  /** The longest that any client had neither a live socket nor an answer, s. */
  readonly longestWithout: number
}

type Send = (url: string, init?: RequestInit) => Promise<Response>

class Page {
  readonly client: LiveClient
  #fedAt = performance.now()
  #touch: () => void = () => undefined
  isLive = false
  longest = 0

  constructor(base: string, node: string, name: string, onRequest: () => void) {
    const env = nodeEnv(base)
    const send: Send = (url, init) => env.fetch(url, init)
    const fetch: Send = async (url, init) => {
      const isStatus = url.includes('nodes/ami/status')
      if (isStatus) onRequest()
      const response = await send(url, init)
      if (isStatus && response.ok) this.#fedAt = performance.now()
      return response
    }
    const page = { ...env.page, onActivity: (handler: () => void) => { this.#touch = handler; return () => { this.#touch = () => undefined } } }
    this.client = new LiveClient({ env: { ...env, fetch, page } })
    bindRollout({ client: this.client }, { domain: name, env: rolloutEnv(send) })
    void this.client.ladder.watch(node)
  }

  look(): void {
    this.isLive = this.client.sockets.inspect()[0]?.state.status === 'live'
    const now = performance.now()
    if (this.isLive) this.#fedAt = now
    this.longest = Math.max(this.longest, now - this.#fedAt)
  }

  touch(): void {
    this.#touch()
  }
}

/** A browser that remembers as long as it lives, paints at once and sends what it is given. */
function rolloutEnv(send: Send): RolloutEnv {
  const memory = new Map<string, string>()
  return {
    recall: (key) => memory.get(key) ?? null,
    remember: (key, value) => { if (value === null) memory.delete(key); else memory.set(key, value) },
    query: () => null,
    afterPaint: (fn) => { setImmediate(fn) },
    beacon: (url, body) => {
      send(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } }).catch(() => undefined)
      return true
    },
    browser: () => 'other',
  }
}

class Crowd {
  readonly #pages: Page[]
  readonly #timers: NodeJS.Timeout[]
  /** Status requests by second. */
  #seconds = new Map<number, number>()

  constructor(count: number, base: string, node: string) {
    this.#pages = Array.from({ length: count }, (_, i) => new Page(base, node, `page-${i}`, () => {
      const second = Math.floor(performance.now() / 1_000)
      this.#seconds.set(second, (this.#seconds.get(second) ?? 0) + 1)
    }))
    this.#timers = [
      setInterval(() => { for (const page of this.#pages) page.look() }, LOOK_MS),
      setInterval(() => { for (const page of this.#pages) page.touch() }, TOUCH_MS),
    ]
  }

  get live(): number {
    return this.#pages.filter((page) => page.isLive).length
  }

  requestsBetween(from: number, to: number): number[] {
    const [first, last] = [Math.ceil(from / 1_000), Math.floor(to / 1_000)]
    return Array.from({ length: Math.max(0, last - first) }, (_, i) => this.#seconds.get(first + i) ?? 0)
  }

  forget(): void {
    for (const page of this.#pages) page.longest = 0
  }

  get longest(): number {
    return Math.max(...this.#pages.map((page) => page.longest))
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const page of this.#pages) page.client.dispose()
  }
}

export interface RolloutFigures {
  readonly clients: number
  readonly stages: readonly StageFigures[]
  /** What `rollout report` says in the end. */
  readonly report: string
}

/** @param settled how long each stage is looked at once all have moved, s */
export async function measureRollout(count: number, settled: number): Promise<RolloutFigures> {
  const account = { user: 'admin', secret: 'demo' }
  const fake = await startFakeAsterisk({ nodes: 1, links: 20, scenario: 'net', seed: 1, ...account, port: 0, controlPort: null })
  const [node] = fake.nodes as [string]
  const config = await writeConfig([{ id: node, port: fake.port, ...account }])
  const rollout = async (...words: string[]) => (await run(process.execPath, [MAIN, 'rollout', ...words, '--config', config.path])).stdout
  await rollout('set', '0')
  const limits = `viewersPerLoopback=${count + 10},viewersPerNode=${count + 10},attemptBurstLoopback=${count * 20},attemptsPerMinuteLoopback=60000,requestBurstLoopback=100000,requestsPerMinuteLoopback=60000`
  const gateway = new GatewayProcess({ port: await freePort(), config: config.path, args: ['--limits', limits] })
  await gateway.start()
  const crowd = new Crowd(count, gateway.url, node)
  const stages: StageFigures[] = []
  try {
    await pause(MOVED_MS)
    for (const words of [['set', '0'], ['set', '10'], ['set', '50'], ['set', '100'], ['off'], ['on']]) {
      crowd.forget()
      await rollout(...words)
      const from = performance.now()
      let movedAt = from
      let live = crowd.live
      while (performance.now() - from < MOVED_MS) {
        await pause(LOOK_MS)
        if (crowd.live !== live) movedAt = performance.now()
        live = crowd.live
      }
      const calm = performance.now()
      await pause(settled * 1_000)
      const requests = crowd.requestsBetween(calm, performance.now())
      stages.push({
        stage: words.join(' '),
        onSockets: crowd.live / count,
        movedAfter: round((movedAt - from) / 1_000),
        peakRequests: Math.max(...crowd.requestsBetween(from, from + MOVED_MS)),
        requestsPerMinute: round((requests.reduce((sum, each) => sum + each, 0) / Math.max(1, requests.length) / count) * 60),
        longestWithout: round(crowd.longest / 1_000),
      })
      console.log(JSON.stringify(stages.at(-1)))
    }
    return { clients: count, stages, report: await rollout('report', '--url', gateway.url) }
  } finally {
    crowd.end()
    await until(() => crowd.live === 0, 1_000).catch(() => undefined)
    await gateway.stop()
    await fake.close()
    await config.remove()
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms) })
const round = (value: number) => Math.round(value * 100) / 100
