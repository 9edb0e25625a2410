/** HTTP as bytes, for what `fetch` and `ws` would tidy or refuse to send. */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

export interface Raw {
  readonly socket: Socket
  /** All that came so far. */
  readonly text: () => string
  /** The other side has closed its direction. */
  readonly ended: () => boolean
  /** Nothing is left of the connection. */
  readonly gone: () => boolean
}

/** Sends `text` and keeps its own direction open, whatever the server does. */
export function sendRaw(port: number, text: string | Buffer, host = '127.0.0.1'): Raw {
  let received = ''
  let ended = false
  let gone = false
  const socket = connect({ port, host, allowHalfOpen: true }, () => { socket.write(text) })
  socket.on('data', (data: Buffer) => { received += data.toString('latin1') })
  socket.on('end', () => { ended = true })
  socket.on('error', () => undefined)
  socket.on('close', () => { gone = true })
  return { socket, text: () => received, ended: () => ended, gone: () => gone }
}

/** A whole handshake as bytes. */
export function handshake(path: string, headers: readonly string[] = []): string {
  return [
    `GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13', ...headers, '', '',
  ].join('\r\n')
}
