import type { Position } from '../../../protocol/frames.ts'

/**
 * The address of one node's socket.
 * @param base absolute URL of the application, ending in `/`
 * @param held what the page already holds, so that the server need not repeat it
 * @param port the node's own port on the same host, if it has one
 */
export function socketUrl(base: string, nodeId: string, held: Position | null, port?: number): URL {
  const url = port === undefined ? new URL(`ws/${encodeURIComponent(nodeId)}`, base) : new URL('/', base)
  if (port !== undefined) url.port = String(port)
  toSocket(url)
  if (held !== null) {
    url.searchParams.set('epoch', held.epoch)
    url.searchParams.set('seq', String(held.seq))
  }
  return url
}

/** The address of the socket that many nodes share. */
export function sharedSocketUrl(base: string): URL {
  return toSocket(new URL('ws', base))
}

function toSocket(url: URL): URL {
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url
}
