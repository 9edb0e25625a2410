import type { Position } from '../../../protocol/frames.ts'

/**
 * The address of one node's socket.
 * @param base absolute URL of the application, ending in `/`
 * @param held what the page already holds, so that the server need not repeat it
 * @param port the node's own port on the same host, if it has one
 */
export function socketUrl(base: string, nodeId: string, held: Position | null, port?: number): URL {
  // A port that serves another node by now refuses this path; `/` would be whichever node it serves.
  const url = new URL(`ws/${encodeURIComponent(nodeId)}`, base)
  if (port !== undefined) url.port = String(port)
  return resuming(toSocket(url), held)
}

/** The address of the socket of one node's voter. */
export function voterSocketUrl(base: string, nodeId: string, held: Position | null): URL {
  return resuming(toSocket(new URL(`ws/voter/${encodeURIComponent(nodeId)}`, base)), held)
}

/** The address of the socket that many nodes share. */
export function sharedSocketUrl(base: string): URL {
  return toSocket(new URL('ws', base))
}

function resuming(url: URL, held: Position | null): URL {
  if (held !== null) {
    url.searchParams.set('epoch', held.epoch)
    url.searchParams.set('seq', String(held.seq))
  }
  return url
}

function toSocket(url: URL): URL {
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url
}
