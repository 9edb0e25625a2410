/** The one HTTP port: routes, dashboard files and upgrades, below any base path. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { originForm } from '../env/requestUrl.ts'
import type { InFlight } from './inFlight.ts'
import { PageFiles } from './pageFiles.ts'
import { answerPlainly, wantsWebSocket } from './plainRequest.ts'
import type { RequestPace } from './requestPace.ts'

export interface HttpOptions {
  readonly api: Hono
  /** Folder of the built dashboard; null = none. */
  readonly files: string | null
  /** URL path before every route, '' or '/a/b'. Routes also answer without it, for proxies that strip it. */
  readonly base: string
  readonly pace: RequestPace
  readonly inFlight: InFlight
  /** @param path below the base, with its query */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void
}

/** How often Node looks for requests past their time, ms; its own 30 s would make the deadlines below a rumour. */
const CHECK_MS = 2_000
/** Who takes nothing of his answer for so long, ms, is let go: what waits for him is held here. Longer than any answer takes to begin. */
const STALL_MS = 30_000

/**
 * Where a proxy sends the visitor on who asked for `/`. One that hands all of a host on asks for this below the base; one that strips the base
 * asks for it at `/`, and is given the page: without it, he would be sent round in circles.
 */
const FROM_ROOT = '?from=root'

export function createHttpServer(options: HttpOptions): Server {
  const { base } = options
  const api = getRequestListener(options.api.fetch, { overrideGlobalObjects: false })
  const files = options.files === null ? null : new PageFiles(options.files)

  const server = createServer({ connectionsCheckingInterval: CHECK_MS }, (request, response) => {
    options.inFlight.begin(request, response)
    const waitMs = options.pace(request)
    if (waitMs > 0) {
      tooMany(response, waitMs)
      return
    }
    const path = originForm(request.url)
    if (base !== '' && (path === base || path.startsWith(`${base}?`) || path === '/')) {
      redirect(response, `${base}/${path === '/' && isForwarded(request) ? FROM_ROOT : ''}`)
      return
    }
    request.url = below(base, path)
    if (files?.answer(request, response) !== true) void api(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    const ignore = () => undefined
    socket.on('error', ignore)
    // Of several requests in a row each is answered before the next.
    options.inFlight.answered(socket, () => {
      if (socket.destroyed) return
      if (wantsWebSocket(request)) {
        options.upgrade(request, socket, head, below(base, originForm(request.url)))
      } else {
        answerPlainly(server, request, socket, head)
        socket.off('error', ignore)
      }
    })
  })
  // Slow-loris: a request that is not whole by then is not a request.
  server.headersTimeout = 6_000
  server.requestTimeout = 15_000
  // Upgraded connections are the socket library's, which takes this off them.
  server.timeout = STALL_MS
  return server
}

function below(base: string, path: string): string {
  return base !== '' && path.startsWith(`${base}/`) ? path.slice(base.length) : path
}

/** Did a proxy hand this on? */
function isForwarded({ headers }: IncomingMessage): boolean {
  return ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'via'].some((name) => headers[name] !== undefined)
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location, 'content-length': '0' })
  response.end()
}

function tooMany(response: ServerResponse, waitMs: number): void {
  response.writeHead(429, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'retry-after': String(Math.ceil(waitMs / 1000)),
    connection: 'close',
  })
  const message = 'Too many requests from your address; wait a little.'
  response.end(JSON.stringify({ success: false, error: 'Too many requests', message, code: 'too-many-requests' }))
}
