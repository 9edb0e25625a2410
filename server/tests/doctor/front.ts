/** A web server before a gateway that does well, or what misconfigured ones do. */
import { createHash } from 'node:crypto'
import { createServer, request as ask } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Instead {
  /** 0 = the connection is cut. */
  readonly status: number
  readonly html: string
  readonly location?: string
}

export interface FrontFaults {
  /** Port of the gateway, when it is looked for at another one. */
  readonly gatewayPort?: number
  /** Requests that the gateway does not get, and what is answered in its place. */
  readonly instead?: (request: IncomingMessage) => Instead | null
  /** `Connection` of a request for a socket that is passed on. */
  readonly upgrades?: (connection: string) => boolean
  /** Sockets are cut so long after the first bytes came back, ms. */
  readonly cutAfterMs?: number
  /** What is answered to a request for a socket, byte for byte, in place of the gateway. */
  readonly answersSocket?: (request: IncomingMessage) => string
  readonly hideHost?: boolean
  readonly hideScheme?: boolean
  readonly date?: string
  readonly tls?: { readonly cert: string; readonly key: string }
}

export interface Front {
  readonly port: number
  close(): Promise<void>
}

export const proofOf = ({ headers }: IncomingMessage) =>
  createHash('sha1').update(`${headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

/** A frame of WebSocket, for latin1. */
export const frame = (opcode: number, payload: string) => String.fromCharCode(0x80 | opcode, payload.length) + payload

/** The answer that opens a socket, and the frame behind it. */
export const opens = (accept: string, protocol: string | null, first = frame(1, '{"type":"hello"}')) =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${protocol === null ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`}\r\n${first}`

export async function startFront(gatewayPort: number, faults: FrontFaults = {}): Promise<Front> {
  const { instead, upgrades = () => true, cutAfterMs, answersSocket, hideHost = false, hideScheme = false, date, tls } = faults
  const port = faults.gatewayPort ?? gatewayPort
  const forwarded = (request: IncomingMessage) => ({
    ...request.headers,
    ...(hideHost ? { host: `127.0.0.1:${port}` } : {}),
    ...(hideScheme ? {} : { 'x-forwarded-proto': tls === undefined ? 'http' : 'https' }),
    'x-forwarded-for': '192.0.2.7',
  })
  const onRequest: RequestListener = (request, response) => {
    const other = instead?.(request) ?? null
    if (date !== undefined) response.setHeader('date', date)
    if (other !== null) {
      if (other.status === 0) request.socket.destroy()
      else response.writeHead(other.status, { 'content-type': 'text/html', ...(other.location === undefined ? {} : { location: other.location }) }).end(other.html)
      return
    }
    const passed = ask({ host: '127.0.0.1', port, path: request.url ?? '/', method: request.method ?? 'GET', headers: { ...forwarded(request), connection: 'close' } }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, { ...answer.headers, ...(date === undefined ? {} : { date }) })
      answer.pipe(response)
    })
    passed.on('error', () => { response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Service Unavailable</h1>') })
    request.pipe(passed)
  }
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest)
  const open = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const refuse = (status: number, html: string) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Type: text/html\r\nContent-Length: ${html.length}\r\nConnection: close\r\n\r\n${html}`)
    socket.on('error', () => undefined)
    const other = instead?.(request) ?? null
    if (other?.status === 0) return socket.destroy()
    if (other !== null) return refuse(other.status, other.html)
    if (answersSocket !== undefined) {
      open.add(socket)
      return socket.write(answersSocket(request), 'latin1')
    }
    if (!upgrades(request.headers.connection ?? '')) return refuse(400, '<h1>Bad Request</h1>')
    const gateway = connect(port, '127.0.0.1', () => {
      const headers = Object.entries({ ...forwarded(request), connection: 'Upgrade' }).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      gateway.write(`GET ${request.url ?? ''} HTTP/1.1\r\n${headers.join('')}\r\n`)
      gateway.pipe(socket).pipe(gateway)
      if (cutAfterMs !== undefined) gateway.once('data', () => setTimeout(() => { socket.destroy() }, cutAfterMs))
    })
    open.add(socket).add(gateway)
    gateway.on('error', () => { refuse(503, '') })
    gateway.on('close', () => { socket.destroy() })
    socket.on('close', () => { gateway.destroy() })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve() })
      server.closeAllConnections()
      for (const socket of open) socket.destroy()
    }),
  }
}
