/** A viewer and its socket, which is the only thing here that the socket library made. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Clock } from '../env/clock.ts'
import type { Meter } from './meter.ts'
import type { Pulsed } from './pulse.ts'
import type { Target } from './upgradeRequest.ts'
import type { Viewer } from './viewer.ts'
import type { Wire } from './wire.ts'

/** Somebody on the way to a seat. */
export interface Arrival {
  /** That the socket runs on. */
  readonly stream: Duplex
  /** By which the place is counted. */
  readonly address: string
  readonly target: Target
}

export interface Seat extends Pulsed {
  readonly viewer: Viewer
  readonly socket: WebSocket
  readonly address: string
}

/** A wire that remembers how it ended. */
interface SeatWire extends Wire {
  /** The code that this side closed it with first; null = it did not. A viewer that reads nothing never gets so far as to say it too. */
  readonly closedWith: number | null
}

/**
 * Messages go to the stream as whole frames, the same bytes for everybody: the library would frame each anew for each viewer, in
 * two pieces, at twice the cost. Its own frames (ping, pong, close) are written whole as well, so none ever stands inside another.
 * @param stream that the socket runs on
 */
export function wireOf(socket: WebSocket, stream: Duplex, meter: Meter): SeatWire {
  let closedWith: number | null = null
  return {
    get closedWith() {
      return closedWith
    },
    send: (message) => {
      if (socket.readyState !== socket.OPEN) return
      stream.write(message.frame)
      meter.sent(message.size)
    },
    // Nothing waits in the library: what it writes itself goes to the stream at once.
    buffered: () => stream.writableLength,
    close: (code, reason) => {
      if (socket.readyState === socket.OPEN) closedWith = code
      socket.close(code, reason)
    },
  }
}

/** Hands everything that comes from the socket to the viewer. */
export function seatOf(viewer: Viewer, socket: WebSocket, { stream, address }: Arrival, clock: Clock, meter: Meter): Seat {
  const seat: Seat = { viewer, socket, address, dueAt: null, hasteFrom: 0, ping: () => { socket.ping() } }
  socket.on('message', (data: Buffer, isBinary) => {
    meter.received(data.length)
    viewer.receive(isBinary ? null : data.toString('utf8'))
  })
  socket.on('ping', (data) => {
    if (viewer.hears()) socket.pong(data)
  })
  socket.on('pong', () => { seat.dueAt = null })
  // One thing at a time: others have their turn before what this viewer is owed.
  stream.on('drain', () => { clock.setTimeout(() => { viewer.drained() }, 0) })
  return seat
}
