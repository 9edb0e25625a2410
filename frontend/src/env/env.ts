/**
 * The one door to the outside: clock, timers, chance, network and the signals of the page. Services are handed an `Env`;
 * they never touch a global. Tests and the simulation hand them another one.
 */
export interface Env {
  /** Milliseconds since the Unix epoch, by this browser's clock; never goes back, also when that clock is set back. */
  now(): number
  /** The same by the clock as it is set, so that it does go back: for what others compare with `Date.now()`. Default: {@link now}. */
  wall?(): number
  /** However long `ms` is, also Infinity: what is longer than a timer can wait is 23 days. */
  setTimeout(fn: () => void, ms: number): TimerHandle
  clearTimeout(handle: TimerHandle): void
  /** A number in [0, 1). */
  random(): number
  /** The socket class, or null where there is none. Looked up at each call: a page may lack it or replace it. */
  webSocket(): WebSocketClass | null
  fetch(url: string, init?: RequestInit): Promise<Response>
  readonly page: PageSignals
  readonly address: AddressBar
  /** The application's base, an absolute URL that ends in `/`, e.g. `https://example.org/supermon-ng/`. Does not change while there is a page. */
  baseUrl(): string
}

/** Opaque: only an {@link Env} looks inside. */
export type TimerHandle = unknown

/** What services need of a WebSocket: the browser's class fits, and so does the one of `ws`. */
export interface SocketLike {
  readonly readyState: number
  readonly protocol: string
  readonly bufferedAmount: number
  send(data: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
}
export type WebSocketClass = new (url: string, protocols?: string[]) => SocketLike

/**
 * Things that happen to a page. `online`/`offline` are hints and not truth: a browser may say offline on a network that
 * still reaches the gateway.
 */
export type PageSignal = 'online' | 'offline' | 'visible' | 'hidden' | 'pagehide' | 'pageshow' | 'freeze' | 'resume'

export interface PageSignals {
  online(): boolean
  visible(): boolean
  /** Calls `handler` when the user moves, types, scrolls or touches. Returns the way out. */
  onActivity(handler: () => void): () => void
  /** Calls `handler` for each signal; the page is listened to only while somebody listens here. Returns the way out. */
  listen(handler: (signal: PageSignal) => void): () => void
}

/** The part of the address after `#`: a selection that can be shared and survives a reload. */
export interface AddressBar {
  /** Without the `#`. */
  hash(): string
  /** Changes it without a new history entry. */
  setHash(hash: string): void
  /** Calls `handler` when somebody else changed it. Returns the way out. */
  listen(handler: () => void): () => void
}
