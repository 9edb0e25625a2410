import type { IncomingMessage, Server } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Is this the request for the one protocol that is spoken here besides HTTP? */
export function wantsWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.trim().toLowerCase() === 'websocket'
}

/**
 * Hands a request that asks for some other protocol (`h2c`: curl --http2) back to the server as if it had not asked: RFC 9110
 * 7.8, who does not speak it answers as usual. Node has stopped reading it as HTTP by now, so it is written anew, with
 * what came behind it.
 */
export function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method = 'GET', url = '/', httpVersion, rawHeaders } = request
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]]
    const kept = keptOf(name.toLowerCase(), value)
    if (kept !== '') lines.push(`${name}: ${kept}`)
  }
  // The time that the former request left for another one.
  if (socket instanceof Socket) socket.setTimeout(0)
  // Node reads lines of a request as latin1.
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}

const ASKING = ['upgrade', 'http2-settings']

function keptOf(name: string, value: string): string {
  if (ASKING.includes(name)) return ''
  if (name !== 'connection') return value
  return value.split(',').map((word) => word.trim()).filter((word) => !ASKING.includes(word.toLowerCase())).join(', ')
}
