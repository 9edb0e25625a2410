import type { Viewer } from '../../../server/src/gateway/viewer.ts'
import type { Life } from './virtualServer.ts'
import type { VirtualSocket } from './virtualSocket.ts'

/** The endpoint of the socket that all nodes share. */
export const SHARED = '*'

/** One connection between the page and the server. */
export interface Link {
  readonly socket: VirtualSocket
  /** A node, or {@link SHARED}. */
  readonly endpoint: string
  /** The cookie that the page sent along. */
  readonly session: number
  /** One way, ms. */
  readonly delay: number
  /** Bytes vanish. */
  dead: boolean
  deadAt: number
  /** Over for the page: its close event is on the way or was given. */
  over: boolean
  life: Life | null
  viewer: Viewer | null
  /** When the newest delivery down and up arrives: the next one is not earlier. */
  downAt: number
  upAt: number
  /** The reader drains nothing until then. */
  slowUntil: number
  /** Frames that a relay swallows after it has moved this connection to another life. */
  swallow: number
  /** The server did not read all that came: it came too fast, or from somebody who does not read himself. */
  unheard: boolean
  /** When it was last moved so; null = never. */
  movedAt: number | null
}

export function newLink(socket: VirtualSocket, endpoint: string, session: number, delay: number): Link {
  return {
    socket,
    endpoint,
    session,
    delay,
    dead: false,
    deadAt: 0,
    over: false,
    life: null,
    viewer: null,
    downAt: 0,
    upAt: 0,
    slowUntil: 0,
    swallow: 0,
    unheard: false,
    movedAt: null,
  }
}
