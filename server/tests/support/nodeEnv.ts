import { WebSocket } from 'ws'
import type { Env } from '../../../frontend/src/env/env.ts'
import { LONGEST_TIMER } from '../../../frontend/src/env/longestTimer.ts'

/**
 * The client's doors to the world, in Node: real sockets, real requests, a page that is always seen.
 * @param cookie what this browser sends, or where it is kept
 * @param others headers, as a proxy adds them
 */
export function nodeEnv(base: string, cookie: string | (() => string) = '', others: Readonly<Record<string, string>> = {}): Env & { opened: string[] } {
  const jar = typeof cookie === 'string' ? () => cookie : cookie
  const opened: string[] = []
  class Socket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols, { headers: { ...others, cookie: jar() } })
      opened.push(url)
    }
  }
  return {
    opened,
    now: () => Date.now(),
    setTimeout: (fn, ms) => setTimeout(fn, Math.min(ms, LONGEST_TIMER)),
    clearTimeout: (handle) => { clearTimeout(handle as NodeJS.Timeout) },
    random: () => Math.random(),
    webSocket: () => Socket,
    fetch: (url, init) => fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string> | undefined), ...others, cookie: jar() } }),
    address: { hash: () => '', setHash: () => undefined, listen: () => () => undefined },
    baseUrl: () => base,
    page: { online: () => true, visible: () => true, listen: () => () => undefined, onActivity: () => () => undefined },
  }
}
