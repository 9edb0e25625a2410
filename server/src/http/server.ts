/** The one HTTP port: routes, dashboard files and upgrades, below any base path. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import sirv from 'sirv'
import type { InFlight } from './inFlight.ts'
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

const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'"

/** How often Node looks for requests past their time, ms; its own 30 s would make the deadlines below a rumour. */
const CHECK_MS = 2_000

export function createHttpServer(options: HttpOptions): Server {
  const { base } = options
  const api = getRequestListener(options.api.fetch, { overrideGlobalObjects: false })
  const files =
    options.files === null
      ? null
      : sirv(options.files, {
          etag: true,
          // Made by the build; a caller that takes neither gets the file itself.
          gzip: true,
          brotli: true,
          setHeaders(response, path) {
            // The page is asked for each time; what it loads bears its content's hash in its name.
            response.setHeader('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
            response.setHeader('content-security-policy', POLICY)
            response.setHeader('x-content-type-options', 'nosniff')
            response.setHeader('referrer-policy', 'same-origin')
          },
        })

  const server = createServer({ connectionsCheckingInterval: CHECK_MS }, (request, response) => {
    options.inFlight.begin(request, response)
    const waitMs = options.pace(request)
    if (waitMs > 0) {
      tooMany(response, waitMs)
      return
    }
    const path = request.url ?? '/'
    if (base !== '' && (path === base || path.startsWith(`${base}?`) || path === '/')) {
      redirect(response, `${base}/`)
      return
    }
    request.url = below(base, path)
    if (files === null || /^\/(?:api\/|healthz?(?:$|\?))/.test(request.url)) void api(request, response)
    else files(request, response, () => void api(request, response))
  })
  server.on('upgrade', (request, socket, head) => {
    const ignore = () => undefined
    socket.on('error', ignore)
    // Of several requests in a row each is answered before the next.
    options.inFlight.answered(socket, () => {
      if (socket.destroyed) return
      if (wantsWebSocket(request)) {
        options.upgrade(request, socket, head, below(base, request.url ?? '/'))
      } else {
        answerPlainly(server, request, socket, head)
        socket.off('error', ignore)
      }
    })
  })
  // Slow-loris: a request that is not whole by then is not a request.
  server.headersTimeout = 6_000
  server.requestTimeout = 15_000
  return server
}

function below(base: string, path: string): string {
  return base !== '' && path.startsWith(`${base}/`) ? path.slice(base.length) : path
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
