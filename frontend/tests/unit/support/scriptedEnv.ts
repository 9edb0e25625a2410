/**
 * An outside world under the test's hand: sockets that do what the test says, page signals at its word, time from
 * Vitest's fake timers (the library under the gate uses the global ones too).
 */
import { vi } from 'vitest'
import type { Env, PageSignal, SocketLike } from '../../../src/env/env.ts'
import { LONGEST_TIMER } from '../../../src/env/longestTimer.ts'

export class ScriptedSocket implements SocketLike {
  readonly url: string
  protocol = 'supermon.v2'
  readonly bufferedAmount = 0
  readonly sent: string[] = []
  readyState = 0
  readonly #listeners = new Map<string, ((event: never) => void)[]>()

  /** The subprotocols that were offered. */
  readonly offered: readonly string[]

  constructor(url: string, offered: readonly string[] = []) {
    this.url = url
    this.offered = offered
  }
  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener])
  }
  removeEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, (this.#listeners.get(type) ?? []).filter((each) => each !== listener))
  }
  send(data: string): void {
    this.sent.push(data)
  }
  /** The page closes: like a browser's, the close event comes later, when the peer has answered. */
  close(): void {
    if (this.readyState >= 2) return
    this.readyState = 2
    setTimeout(() => { this.end(1000) }, 5)
  }
  #fire(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never)
  }
  accept(): void {
    this.readyState = 1
    this.#fire('open', {})
  }
  say(frame: unknown): void {
    this.#fire('message', { data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
  }
  /** The connection is over; `code` 1006 comes with an error first, as in browsers. */
  end(code = 1006, reason = ''): void {
    if (this.readyState === 3) return
    this.readyState = 3
    if (code === 1006) this.#fire('error', {})
    this.#fire('close', { code, reason, wasClean: code !== 1006 })
  }
  frames(): { type: string }[] {
    return this.sent.map((text) => JSON.parse(text) as { type: string })
  }
}

export interface ScriptedEnv extends Env {
  readonly sockets: ScriptedSocket[]
  /** The newest socket. */
  last(): ScriptedSocket
  /** Sockets that the page holds open or is opening. */
  held(): ScriptedSocket[]
  signal(signal: PageSignal): void
  /** The address changes: a link, Back, or typing. */
  goTo(hash: string): void
  /** The user does something. */
  act(): void
  readonly activity: Set<() => void>
  readonly listeners: Set<(signal: PageSignal) => void>
  state: { online: boolean; visible: boolean; hasWebSocket: boolean; protocol: string }
  fetches: { url: string; init: RequestInit | undefined }[]
  respond: (url: string, init?: RequestInit) => Promise<Response>
}

export function scriptedEnv(random: () => number = () => 0.5): ScriptedEnv {
  const sockets: ScriptedSocket[] = []
  const listeners = new Set<(signal: PageSignal) => void>()
  class Socket extends ScriptedSocket {
    static readonly CONNECTING = 0
    static readonly OPEN = 1
    static readonly CLOSING = 2
    static readonly CLOSED = 3
    constructor(url: string, offered?: string[]) {
      super(url, offered)
      this.protocol = env.state.protocol
      sockets.push(this)
    }
  }
  let hash = ''
  const addressed = new Set<() => void>()
  const activity = new Set<() => void>()
  const env: ScriptedEnv = {
    sockets,
    listeners,
    state: { online: true, visible: true, hasWebSocket: true, protocol: 'supermon.v2' },
    fetches: [],
    respond: () => Promise.reject(new Error('no server')),
    last: () => sockets.at(-1) as ScriptedSocket,
    held: () => sockets.filter((socket) => socket.readyState < 2),
    act: () => { for (const handler of [...activity]) handler() },
    activity,
    signal(signal) {
      if (signal === 'online' || signal === 'offline') env.state.online = signal === 'online'
      if (signal === 'visible' || signal === 'hidden') env.state.visible = signal === 'visible'
      for (const listener of [...listeners]) listener(signal)
    },
    now: () => Date.now(),
    setTimeout: (fn, ms) => setTimeout(fn, Math.min(ms, LONGEST_TIMER)),
    clearTimeout: (handle) => { clearTimeout(handle as ReturnType<typeof setTimeout>) },
    random,
    webSocket: () => (env.state.hasWebSocket ? Socket : null),
    fetch: (url, init) => {
      env.fetches.push({ url, init })
      return env.respond(url, init)
    },
    baseUrl: () => 'http://gateway.test/supermon-ng/',
    goTo(next) {
      hash = next
      for (const listener of [...addressed]) listener()
    },
    address: {
      hash: () => hash,
      setHash: (next) => { hash = next },
      listen(handler) {
        addressed.add(handler)
        return () => { addressed.delete(handler) }
      },
    },
    page: {
      onActivity(handler) {
        activity.add(handler)
        return () => { activity.delete(handler) }
      },
      online: () => env.state.online,
      visible: () => env.state.visible,
      listen(handler) {
        listeners.add(handler)
        return () => { listeners.delete(handler) }
      },
    },
  }
  return env
}

/** Fake time, from a round start. Call in `beforeEach`; undo with `vi.useRealTimers()`. */
export function holdTime(): void {
  vi.useFakeTimers({ now: 1_800_000_000_000 })
}

/** Lets `ms` pass, promises included. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}
