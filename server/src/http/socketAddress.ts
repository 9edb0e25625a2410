import type { Context } from 'hono'
import type { Proxies, Visitor } from '../env/visitor.ts'

/** Where a node's socket is, or the one for many (null), as whoever asks would reach it. */
export type SocketAddress = (c: Context, node: string | null) => { readonly port: number; readonly url: string; readonly own: boolean }

export interface SocketAddressOptions {
  readonly base: string
  readonly proxies: Proxies
  /** The port that serves everything. */
  port(): number
  /** The node's own port; null = it has none. */
  nodePort(node: string): number | null
}

/** Behind a proxy a node's own port cannot be reached, so it is only told to those who came directly. */
export function createSocketAddress({ base, proxies, ...options }: SocketAddressOptions): SocketAddress {
  return (c, node) => {
    const visitor = visitorOf(c, proxies)
    const scheme = visitor.secure ? 'wss' : 'ws'
    const host = visitor.hosts.at(-1) ?? `127.0.0.1:${options.port()}`
    const own = node === null || visitor.proxied ? null : options.nodePort(node)
    if (own !== null) return { port: own, url: `${scheme}://${hostname(host)}:${own}/`, own: true }
    const path = node === null ? '/ws' : `/ws/${encodeURIComponent(node)}`
    return { port: options.port(), url: `${scheme}://${host}${base}${path}`, own: false }
  }
}

export function visitorOf(c: Context, proxies: Proxies): Visitor {
  const env = c.env as { incoming?: { socket: { remoteAddress?: string | undefined } } } | undefined
  return proxies.visitorOf({ remoteAddress: env?.incoming?.socket.remoteAddress, header: (name) => c.req.header(name) })
}

function hostname(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host
}
