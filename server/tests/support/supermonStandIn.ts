/**
 * Stands in for an unmodified Supermon-NG: signing in and out, `auth/me` and `nodes`, in its shapes. It promises nothing
 * else. What it was asked is kept; {@link SupermonStandIn.answer} replaces any answer by a hostile one.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PERMISSION_NAMES } from '../../src/access/permissions.ts'

export interface StandInUser {
  permissions: readonly string[]
  nodes: readonly (string | number)[]
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface SupermonStandIn {
  readonly port: number
  /** Origin and path. */
  readonly url: string
  readonly users: Map<string, StandInUser>
  readonly asked: Asked[]
  /** Answers in place of the stand-in; null = it answers itself. */
  answer: Answer | null
  /** Over HTTP, as its page does. Returns the `Cookie` header that belongs to the session. */
  signIn(user: string): Promise<string>
  signOut(cookie: string): Promise<void>
  /** How often that route was asked for. */
  count(path: string): number
  /** Stops listening and cuts what is open; `start` goes on at the same port, sessions kept. */
  stop(): Promise<void>
  start(): Promise<void>
}

export async function startSupermon(users: Readonly<Record<string, StandInUser>> = {}, path = '/supermon-ng'): Promise<SupermonStandIn> {
  const sessions = new Map<string, string | null>()
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    standIn.asked.push({ method, path: url.slice(path.length), headers })
    if (standIn.answer !== null) standIn.answer(request, response)
    else handle(url.slice(path.length), request, response)
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}${path}`

  const standIn: SupermonStandIn = {
    port,
    url,
    users: new Map(Object.entries(users)),
    asked: [],
    answer: null,
    async signIn(username) {
      const response = await fetch(`${url}/api/v1/auth/login`, { method: 'POST', body: JSON.stringify({ username, password: 'x' }) })
      return response.headers.get('set-cookie')?.split(';')[0] ?? ''
    },
    async signOut(cookie) {
      await fetch(`${url}/api/v1/auth/logout`, { method: 'POST', headers: { cookie } })
    },
    count: (route) => standIn.asked.filter((asked) => asked.path === `/api/v1/${route}`).length,
    stop: () => new Promise((resolve) => {
      server.close(() => { resolve() })
      server.closeAllConnections()
    }),
    start: () => listen(port),
  }

  function handle(route: string, request: IncomingMessage, response: ServerResponse): void {
    const id = /(?:^|; )supermon61=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? null
    const name = id === null ? null : sessions.get(id) ?? null
    const user = name === null ? null : standIn.users.get(name) ?? null
    if (route === '/api/v1/auth/login') {
      let body = ''
      request.on('data', (piece: Buffer) => { body += piece.toString() })
      request.on('end', () => {
        const { username } = JSON.parse(body) as { username: string }
        const session = randomBytes(16).toString('hex')
        sessions.set(session, username)
        response.setHeader('set-cookie', `supermon61=${session}; path=${path}; HttpOnly; SameSite=Lax`)
        json(response, { success: true, message: 'Login successful', data: { user: username, authenticated: true } })
      })
    } else if (route === '/api/v1/auth/logout') {
      if (id !== null) sessions.delete(id)
      json(response, { success: true, data: { authenticated: false } })
    } else if (route === '/api/v1/auth/me') {
      json(response, {
        success: true,
        data: {
          user: user === null ? null : { name },
          authenticated: user !== null,
          permissions: Object.fromEntries(PERMISSION_NAMES.map((each) => [each, user?.permissions.includes(each) ?? false])),
          config_source: 'allmon.ini',
        },
        timestamp: '2026-01-02T03:04:05+00:00',
      })
    } else if (route === '/api/v1/nodes') {
      const data = (user?.nodes ?? []).map((node) => ({ id: node, node_number: node, status: 'unknown', connected_nodes: [] }))
      json(response, { success: true, data, count: data.length, config_source: 'user_specific' })
    } else {
      response.writeHead(404).end()
    }
  }
  return standIn
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
