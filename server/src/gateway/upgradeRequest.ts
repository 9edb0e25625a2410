/** What an upgrade request asks for, and the answer to one that is not worth a handshake. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Position } from '../../../protocol/frames.ts'
import { requestUrl } from '../env/requestUrl.ts'
import type { Wish } from './doorkeeper.ts'

/** What the address asks for. */
export interface Target extends Wish {
  /** The node's voter, and not the node. */
  readonly voter: boolean
  readonly held: Position | null
}

/**
 * @param path below the base, with its query; null = there is no socket
 * @param isV2 does it ask for our subprotocol?
 */
export function readTarget(path: string, isV2: boolean): Target | null {
  const url = requestUrl(path)
  const own = url.searchParams.get('ticket')
  const ticket = own ?? url.searchParams.get('token')
  const mayBeTheirs = own === null && !isV2
  if (url.pathname === '/ws' || url.pathname === '/ws/') return { node: null, voter: false, held: null, ticket, mayBeTheirs }
  const match = /^\/ws\/(voter\/)?([^/]+)\/?$/.exec(url.pathname)
  const encoded = match?.[2]
  if (encoded === undefined) return null
  let node: string
  try {
    node = decodeURIComponent(encoded)
  } catch {
    return null
  }
  const epoch = url.searchParams.get('epoch')
  const seq = Number(url.searchParams.get('seq') ?? Number.NaN)
  return { node, voter: match?.[1] !== undefined, held: epoch !== null && Number.isSafeInteger(seq) ? { epoch, seq } : null, ticket, mayBeTheirs }
}

/** Does the request ask for that subprotocol, among others? */
export function offers({ headers }: IncomingMessage, protocol: string): boolean {
  return (headers['sec-websocket-protocol'] ?? '').split(',').some((each) => each.trim() === protocol)
}

export interface UpgradeRefusal {
  readonly status: 400 | 404 | 426 | 429 | 500
  /** Permanent. */
  readonly code: string
  readonly message: string
  /** Until it makes sense to try again. */
  readonly waitMs?: number
}

const ERROR = {
  400: 'Bad Request',
  404: 'Not Found',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
} as const

/** Answers in the shape that all refusals over HTTP have, and lets the socket go: what the other side keeps open is not kept here. */
export function refuseUpgrade(socket: Duplex, { status, code, message, waitMs = 0 }: UpgradeRefusal): void {
  const error = ERROR[status]
  const body = JSON.stringify({ success: false, error, message, code })
  const answer =
    `HTTP/1.1 ${status} ${error}\r\nConnection: close\r\nContent-Type: application/json\r\nSec-WebSocket-Version: 13\r\n` +
    (waitMs > 0 ? `Retry-After: ${Math.ceil(waitMs / 1000)}\r\n` : '') +
    `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  socket.end(answer, () => { socket.destroy() })
}
