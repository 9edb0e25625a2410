/** A browser page under the simulation's hand: its signals, its clock, and the `Env` that the client is handed. */
import type { Env, PageSignal, WebSocketClass } from '../../src/env/env.ts'
import type { Rng } from './rng.ts'
import type { VirtualTime } from './virtualTime.ts'

/** Chrome: timers of a page that has been hidden for minutes fire once a minute, ms. */
export const INTENSIVE = 60_000

export interface Throttle {
  /** Timers of a hidden page fire on whole multiples of this, ms; 0 = when they are due. */
  readonly hiddenMs: number
  /** From this long after it was hidden they fire once a minute, ms; null = never. */
  readonly intensiveAfter: number | null
}

export class VirtualPage {
  online = true
  visible = true
  /** In the back-forward cache, or on the way there. */
  away = false
  /** The page has its first answer whether it may hold sockets. */
  flagKnown = true
  /** The page's clock minus the server's, ms. */
  skew = 0
  readonly listeners = new Set<(signal: PageSignal) => void>()
  readonly activity = new Set<() => void>()
  readonly #time: VirtualTime
  readonly #throttle: Throttle
  readonly #rawClock: boolean
  #hidings = 0
  #newest = 0
  #lift = 0

  /** @param options.rawClock `env.now()` follows a clock that is set back, which the contract of `Env` does not allow */
  constructor(time: VirtualTime, throttle: Throttle, options: { rawClock: boolean }) {
    this.#time = time
    this.#rawClock = options.rawClock
    this.#throttle = throttle
  }

  signal(signal: PageSignal): void {
    if (signal === 'online' || signal === 'offline') this.online = signal === 'online'
    if (signal === 'visible' || signal === 'hidden') this.visible = signal === 'visible'
    if (signal === 'pagehide' || signal === 'pageshow') this.away = signal === 'pagehide'
    if (signal === 'hidden' || signal === 'visible') this.#setThrottle()
    this.#time.dirty = true
    for (const listener of [...this.listeners]) listener(signal)
  }

  /** Browsers slow the timers of hidden pages down, and those of pages that have been hidden for long even more. */
  #setThrottle(): void {
    const hiding = ++this.#hidings
    this.#time.throttleMs = this.visible ? 0 : this.#throttle.hiddenMs
    const { intensiveAfter } = this.#throttle
    if (this.visible || intensiveAfter === null) return
    this.#time.schedule('world', intensiveAfter, () => {
      if (hiding === this.#hidings) this.#time.throttleMs = INTENSIVE
    })
  }

  /** The page's clock as `Env` promises it: it may leap forward (sleep, a clock that was set), it never goes back. */
  now(): number {
    const wall = this.#time.now + this.skew
    if (this.#rawClock) return wall
    if (wall < this.#newest) this.#lift += this.#newest - wall
    this.#newest = wall
    return wall + this.#lift
  }

  act(): void {
    for (const handler of [...this.activity]) handler()
  }

  env(parts: { rng: Rng; fetch: Env['fetch']; socketClass: WebSocketClass }): Env {
    const time = this.#time
    return {
      now: () => this.now(),
      setTimeout: (fn, ms) => time.schedule('timer', ms, fn),
      clearTimeout: (handle) => {
        time.cancel(handle)
      },
      random: () => parts.rng.next(),
      webSocket: () => parts.socketClass,
      fetch: parts.fetch,
      baseUrl: () => 'https://gateway.test/supermon-ng/',
      address: { hash: () => '', setHash: () => undefined, listen: () => () => undefined },
      page: {
        online: () => this.online,
        visible: () => this.visible,
        listen: (handler) => {
          this.listeners.add(handler)
          return () => {
            this.listeners.delete(handler)
          }
        },
        onActivity: (handler) => {
          this.activity.add(handler)
          return () => {
            this.activity.delete(handler)
          }
        },
      },
    }
  }
}

/**
 * `reconnecting-websocket` knows no env and calls the global timers. For the length of a run they are the virtual ones.
 * @returns the way back
 */
export function takeOverTimers(time: VirtualTime): () => void {
  const { setTimeout: realSet, clearTimeout: realClear } = globalThis
  globalThis.setTimeout = ((fn: () => void, ms = 0) => time.schedule('timer', ms, fn)) as unknown as typeof setTimeout
  globalThis.clearTimeout = (handle: unknown) => {
    time.cancel(handle)
  }
  return () => {
    globalThis.setTimeout = realSet
    globalThis.clearTimeout = realClear
  }
}
