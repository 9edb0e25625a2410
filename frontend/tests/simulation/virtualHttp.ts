/** `fetch` of the simulation: the status route of the server, over a network with its own troubles. */
import type { Rng } from './rng.ts'
import type { VirtualServer } from './virtualServer.ts'
import type { VirtualTime } from './virtualTime.ts'
import type { Weather } from './weather.ts'

export interface Request {
  readonly nodes: readonly string[]
  readonly startedAt: number
}

export interface HttpOptions {
  readonly time: VirtualTime
  readonly rng: Rng
  readonly server: VirtualServer
  readonly weather: Weather
  onAsk(request: Request, open: readonly Request[]): void
  /** The answer asked to be left alone until then. */
  onLeaveAlone(until: number): void
  trace(text: string): void
}

/** Browsers give up on a request that is never answered after minutes only. */
const BROWSER_GIVES_UP = 300_000

export class VirtualHttp {
  readonly open = new Set<Request>()
  readonly #options: HttpOptions
  #cached: { readonly body: object; readonly life: number; readonly at: number; readonly nodes: string } | null = null

  constructor(options: HttpOptions) {
    this.#options = options
  }

  fetch(url: string, init?: RequestInit): Promise<Response> {
    if (!url.includes('/nodes/ami/status')) return this.#noTicket()
    const { time, rng, weather } = this.#options
    const nodes = (new URL(url).searchParams.get('nodes') ?? '').split(',')
    const request: Request = { nodes, startedAt: time.now }
    const counter = weather.counter(() => rng.next())
    this.#options.onAsk(request, [...this.open])
    this.open.add(request)
    this.#options.trace(`poll for ${nodes.join(' ')} meets ${counter}`)
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        if (!this.open.delete(request)) return
        time.dirty = true
        act()
      }
      init?.signal?.addEventListener('abort', () => {
        settle(() => {
          reject(new Error('aborted'))
        })
      })
      const fail = (ms: number) => {
        time.schedule('page', ms, () => {
          settle(() => {
            reject(new TypeError('Failed to fetch'))
          })
        })
      }
      const answer = (ms: number, status: number, body: unknown, retryAfter: number | null = null) => {
        time.schedule('page', ms, () => {
          settle(() => {
            this.#options.trace(`poll answered ${status}`)
            if (retryAfter !== null) this.#options.onLeaveAlone(time.now + retryAfter * 1_000)
            resolve(responseOf(status, body, retryAfter))
          })
        })
      }
      const there = rng.int(2, 80)
      const back = rng.int(2, 80)
      switch (counter) {
        case 'unreachable':
          fail(there)
          return
        case 'busy':
          answer(there + back, 429, { success: false, message: 'slow down' }, rng.chance(0.8) ? rng.int(1, 20) : null)
          return
        case 'broken':
          answer(there + back, rng.pick([500, 502, 404]), { success: false, error: 'broken' })
          return
        case 'not-json':
          answer(there + back, 200, null)
          return
        case 'hang':
          fail(BROWSER_GIVES_UP)
          return
        case 'stale':
          if (this.#stale(nodes) !== null) {
            answer(there, 200, this.#stale(nodes))
            return
          }
          break
        case 'late':
        case 'open':
      }
      time.schedule('world', there, () => {
        const { life } = this.#options.server
        if (life === null) {
          fail(rng.chance(0.8) ? back : BROWSER_GIVES_UP)
          return
        }
        const body = life.statusAnswer(nodes)
        this.#cached = { body, life: life.number, at: time.now, nodes: nodes.join() }
        answer(counter === 'late' ? rng.int(1_000, 20_000) : back, 200, body)
      })
    })
  }

  /** This server has no tickets. Whoever asks for one learns it, or meets the weather. */
  #noTicket(): Promise<Response> {
    const { time, rng, weather } = this.#options
    const counter = weather.counter(() => rng.next())
    return new Promise((resolve, reject) => {
      const ms = counter === 'hang' ? BROWSER_GIVES_UP : rng.int(4, 160)
      time.schedule('world', ms, () => {
        time.dirty = true
        if (counter === 'hang' || counter === 'unreachable') reject(new TypeError('Failed to fetch'))
        else resolve(responseOf(counter === 'busy' ? 429 : 404, { success: false }, null))
      })
    })
  }

  /** Only of the same server life: whoever restarts a server is not followed by its caches here. */
  #stale(nodes: readonly string[]): object | null {
    const cached = this.#cached
    const { server, time } = this.#options
    if (cached === null || cached.life !== server.life?.number || cached.nodes !== nodes.join()) return null
    return time.now - cached.at <= 10_000 ? cached.body : null
  }
}

/** As much of a Response as the client reads; the real class costs more than the rest of a poll. */
function responseOf(status: number, body: unknown, retryAfter: number | null): Response {
  const headers = { get: (name: string) => (name === 'retry-after' && retryAfter !== null ? String(retryAfter) : null) }
  const json = () => (body === null ? Promise.reject(new SyntaxError('not JSON')) : Promise.resolve(body))
  return { status, ok: status >= 200 && status < 300, headers, json } as unknown as Response
}
