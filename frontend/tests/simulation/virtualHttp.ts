/** `fetch` of the simulation: the status and ticket routes of the server, over a network with its own troubles. */
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { MAX_NODES_POLLED } from '../../../protocol/statusRow.ts'
import { SHARED } from './link.ts'
import type { Rng } from './rng.ts'
import type { Trace } from './scene.ts'
import type { VirtualAccess } from './virtualAccess.ts'
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
  readonly access: VirtualAccess
  readonly weather: Pick<Weather, 'counter'>
  onAsk(request: Request, open: readonly Request[]): void
  /** The answer asked to be left alone until then. */
  onLeaveAlone(until: number): void
  readonly trace: Trace | undefined
}

/** Browsers give up on a request that is never answered after minutes only. */
const BROWSER_GIVES_UP = 300_000

export class VirtualHttp {
  readonly open = new Set<Request>()
  /** Endpoints whose newest question for a ticket was not answered, or not with yes or no. */
  readonly ticketless = new Set<string>()
  /** The newest poll that was answered was so by a cache. */
  wasStale = false
  readonly #options: HttpOptions
  #cached: { readonly body: object; readonly life: number; readonly at: number; readonly key: string } | null = null

  constructor(options: HttpOptions) {
    this.#options = options
  }

  fetch(url: string, init?: RequestInit): Promise<Response> {
    if (!url.includes('/nodes/ami/status')) return this.#ticket(url, init)
    const { time, rng, weather, access } = this.#options
    const { session } = access
    const nodes = (new URL(url).searchParams.get('nodes') ?? '').split(',')
    const request: Request = { nodes, startedAt: time.now }
    const counter = weather.counter(() => rng.next())
    this.#options.onAsk(request, [...this.open])
    this.open.add(request)
    this.#options.trace?.(`poll for ${nodes.join(' ')} meets ${counter}`)
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
            this.#options.trace?.(`poll answered ${status}`)
            this.wasStale = counter === 'stale'
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
          if (this.#stale(nodes, session) !== null) {
            answer(there, 200, this.#stale(nodes, session))
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
        if (!isTaken(nodes)) {
          answer(back, 400, { success: false, error: 'Bad nodes', code: 'bad-nodes' })
          return
        }
        const body = life.statusAnswer(nodes, session)
        this.#cached = { body, life: life.number, at: time.now, key: keyOf(nodes, session) }
        answer(counter === 'late' ? rng.int(1_000, 20_000) : back, 200, body)
      })
    })
  }

  /** A ticket for one try; 404 where none is to be had. Browsers do not wait for it shorter than for anything else. */
  #ticket(url: string, init?: RequestInit): Promise<Response> {
    const { time, rng, weather, access, server } = this.#options
    const { session } = access
    const node = /\/nodes\/([^/]+)\/websocket\/token/.exec(url)?.[1]
    const counter = weather.counter(() => rng.next())
    const ms = rng.int(4, 160)
    const endpoint = node === undefined ? SHARED : decodeURIComponent(node)
    this.ticketless.add(endpoint)
    return new Promise((resolve, reject) => {
      const after = (wait: number, act: () => void) => {
        time.schedule('page', wait, () => {
          time.dirty = true
          act()
        })
      }
      const fail = () => {
        reject(new TypeError('Failed to fetch'))
      }
      init?.signal?.addEventListener('abort', () => {
        time.dirty = true
        fail()
      })
      if (counter === 'hang') {
        after(BROWSER_GIVES_UP, fail)
        return
      }
      time.schedule('world', ms / 2, () => {
        if (counter === 'unreachable' || server.life === null) {
          after(ms / 2, fail)
          return
        }
        const busy = counter === 'busy' || counter === 'broken'
        const ticket = busy ? null : access.issue(session, node === undefined ? null : endpoint)
        const status = counter === 'busy' ? 429 : counter === 'broken' ? 502 : ticket === null ? 404 : 200
        const late = counter === 'late' ? rng.int(1_000, 20_000) : ms / 2
        after(late, () => {
          if (!busy && init?.signal?.aborted !== true) this.ticketless.delete(endpoint)
          this.#options.trace?.(`ticket for ${node ?? 'all'} answered ${status}`)
          resolve(responseOf(status, counter === 'not-json' ? null : { success: ticket !== null, token: ticket }, null))
        })
      })
    })
  }

  /** Only of the same server life: whoever restarts a server is not followed by its caches here. */
  #stale(nodes: readonly string[], session: number): object | null {
    const cached = this.#cached
    const { server, time } = this.#options
    if (cached === null || cached.life !== server.life?.number || cached.key !== keyOf(nodes, session)) return null
    return time.now - cached.at <= 10_000 ? cached.body : null
  }
}

/** As the real route: what is too much, or names what is no node, is refused as a whole. */
export function isTaken(nodes: readonly string[]): boolean {
  return nodes.length <= MAX_NODES_POLLED && nodes.every((node) => NODE_ID.test(node))
}

function keyOf(nodes: readonly string[], session: number): string {
  return `${session} ${nodes.join()}`
}

/** As much of a Response as the client reads; the real class costs more than the rest of a poll. */
function responseOf(status: number, body: unknown, retryAfter: number | null): Response {
  const headers = { get: (name: string) => (name === 'retry-after' && retryAfter !== null ? String(retryAfter) : null) }
  const json = () => (body === null ? Promise.reject(new SyntaxError('not JSON')) : Promise.resolve(body))
  return { status, ok: status >= 200 && status < 300, headers, json } as unknown as Response
}
