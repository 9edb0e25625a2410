import { WebSocket } from 'ws'
import type { Env } from '../../../frontend/src/env/env.ts'

/** The client's doors to the world, in Node: real sockets, real requests, a page that is always seen. */
export function nodeEnv(base: string, cookie = ''): Env & { opened: string[] } {
  const opened: string[] = []
  class Socket extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols, { headers: { cookie } })
      opened.push(url)
    }
  }
  return {
    opened,
    now: () => Date.now(),
    setTimeout: (fn, ms) => setTimeout(fn, ms),
    clearTimeout: (handle) => { clearTimeout(handle as NodeJS.Timeout) },
    random: () => Math.random(),
    webSocket: () => Socket,
    fetch: (url, init) => fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string> | undefined), cookie } }),
    address: { hash: () => '', setHash: () => undefined, listen: () => () => undefined },
    baseUrl: () => base,
    page: { online: () => true, visible: () => true, listen: () => () => undefined, onActivity: () => () => undefined },
  }
}
