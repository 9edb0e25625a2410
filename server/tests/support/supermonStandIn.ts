/**
 * Stands in for an unmodified Supermon-NG: signing in and out, `auth/me`, tokens, `nodes`, their configuration and status, in its
 * shapes (`access/supermonStandIn.test.ts` compares them with a real one's), and its sockets ({@link SupermonDaemon}). It promises
 * nothing else, and answers many at a time where that one has them wait. What it was asked is kept; {@link SupermonStandIn.answer}
 * replaces any answer by a hostile one.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PERMISSION_NAMES } from '../../src/access/permissions.ts'
import { aLink, SupermonDaemon } from './supermonDaemon.ts'

export interface StandInUser {
  permissions: readonly string[]
  nodes: readonly (string | number)[]
}

export interface StandInOptions {
  /** Where it is mounted. Default `/supermon-ng`. */
  readonly path?: string
  /** Nodes of the general list, which everybody sees who has none of his own. */
  readonly nodes?: readonly string[]
  /** Those of them that its daemon had read when it was started. Default: all. */
  readonly daemonNodes?: readonly string[]
  /** Answers what is no route of its API: the files of a page. */
  readonly files?: (request: IncomingMessage, response: ServerResponse) => void
}

/** Of everybody who has an account. */
export const STAND_IN_PASSWORD = 'x'

/** What its `config/nodes` shows to anybody, in clear. */
export const AMI_SECRET = 'ami-secret-of-the-stand-in'

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
  readonly daemon: SupermonDaemon
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

export async function startSupermon(users: Readonly<Record<string, StandInUser>> = {}, options: StandInOptions = {}): Promise<SupermonStandIn> {
  const { path = '/supermon-ng', nodes: general = [], files } = options
  /** By id; who did not sign in has none here. */
  const sessions = new Map<string, string>()
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    if (files !== undefined && !url.startsWith(`${path}/api/`)) {
      files(request, response)
      return
    }
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
    daemon: new SupermonDaemon(server, options.daemonNodes ?? general),
    asked: [],
    answer: null,
    async signIn(username) {
      const body = JSON.stringify({ username, password: STAND_IN_PASSWORD })
      const response = await fetch(`${url}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      return response.headers.get('set-cookie')?.split(';')[0] ?? ''
    },
    async signOut(cookie) {
      await fetch(`${url}/api/v1/auth/logout`, { method: 'POST', headers: { cookie } })
    },
    count: (route) => standIn.asked.filter((asked) => asked.path === `/api/v1/${route}`).length,
    stop: () => new Promise((resolve) => {
      standIn.daemon.stop()
      server.close(() => { resolve() })
      server.closeAllConnections()
    }),
    start: () => listen(port),
  }

  /** As PHP does: an id that it never gave is one from then on. */
  function sessionOf(request: IncomingMessage, response: ServerResponse): string {
    const known = /(?:^|; )supermon61=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
    return known ?? newSession(response)
  }

  function newSession(response: ServerResponse): string {
    const id = Array.from(randomBytes(26), (byte) => (byte & 31).toString(32)).join('')
    const expires = new Date(Date.now() + 86_400_000).toUTCString()
    response.setHeader('set-cookie', `supermon61=${id}; expires=${expires}; Max-Age=86400; path=${path}; HttpOnly; SameSite=Lax`)
    return id
  }

  function handle(route: string, request: IncomingMessage, response: ServerResponse): void {
    const id = sessionOf(request, response)
    const name = sessions.get(id) ?? null
    const user = name === null ? null : standIn.users.get(name) ?? null
    const timestamp = new Date().toISOString()
    if (route === '/api/v1/auth/login') {
      let body = ''
      request.on('data', (piece: Buffer) => { body += piece.toString() })
      request.on('end', () => { logIn(request.headers['content-type'] === 'application/json' ? body : '{}', id, response) })
    } else if (route === '/api/v1/auth/logout') {
      sessions.delete(id)
      json(response, { success: true, message: 'Logout successful', data: { authenticated: false }, timestamp })
    } else if (route === '/api/v1/auth/me') {
      json(response, {
        success: true,
        data: {
          user: user === null ? null : { name },
          authenticated: user !== null,
          permissions: Object.fromEntries(PERMISSION_NAMES.map((each) => [each, user?.permissions.includes(each) ?? false])),
          config_source: 'allmon.ini',
        },
        timestamp,
      })
    } else {
      answerNodes(route, user, response)
    }
  }

  /** Who signs in has another session from then on, and the one before is gone. */
  function logIn(body: string, before: string, response: ServerResponse): void {
    const { username = '', password = '' } = JSON.parse(body) as { username?: string; password?: string }
    const timestamp = new Date().toISOString()
    if (username === '' || password === '') {
      json(response, { success: false, message: 'Username and password are required', data: null, timestamp }, 400)
    } else if (!standIn.users.has(username) || password !== STAND_IN_PASSWORD) {
      json(response, { success: false, message: 'Invalid username or password', data: null, timestamp }, 401)
    } else {
      sessions.delete(before)
      const id = newSession(response)
      sessions.set(id, username)
      json(response, { success: true, message: 'Login successful', data: { user: username, authenticated: true, session_id: id }, timestamp })
    }
  }

  function answerNodes(target: string, user: StandInUser | null, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(target, url)
    const route = pathname.slice(API.length)
    const ids = (user?.nodes ?? general).map(String)
    const [, tokenFor] = /^nodes\/(\d{1,8})\/websocket\/token$/.exec(route) ?? []
    if (tokenFor !== undefined) {
      if (user === null) json(response, { success: false, error: 'Authentication required' }, 401)
      else if (!ids.includes(tokenFor)) json(response, { success: false, message: 'Node not found or not accessible' }, 404)
      else json(response, { success: true, node: tokenFor, token: standIn.daemon.token(tokenFor), expires_in: 120 })
    } else if (route === 'csrf-token') {
      json(response, { success: true, csrf_token: 'a'.repeat(64) })
    } else if (route === 'nodes') {
      json(response, { success: true, data: ids.map(listed), count: ids.length, config_source: 'user_specific' })
    } else if (route === 'nodes/ami/status') {
      const rows = (searchParams.get('nodes') ?? '').split(',').flatMap((id) => (ids.includes(id) ? [[id, statusOf(id)] as const] : []))
      // PHP writes an empty map as a list.
      json(response, { success: true, data: rows.length === 0 ? [] : Object.fromEntries(rows), timestamp: new Date().toISOString() })
    } else if (route === 'config/nodes') {
      const config = Object.fromEntries(ids.map((id) => [id, { host: '127.0.0.1', user: 'admin', passwd: AMI_SECRET, menu: '1', system: 'Nodes', hideNodeURL: '' }]))
      json(response, { success: true, data: { config: ids.length === 0 ? [] : config, ini_file: 'allmon.ini', default_node: ids[0] ?? null } })
    } else {
      response.writeHead(404).end()
    }
  }

  /** A node that the daemon does not know is asked of Asterisk all the same. */
  function statusOf(id: string): object {
    return standIn.daemon.row(id) ?? { node: id, info: `Node ${id}`, status: 'online', cos_keyed: 0, tx_keyed: 0, remote_nodes: [aLink('2009')] }
  }
  return standIn
}

const API = '/api/v1/'

/** Ids are numbers in its lists, and a description says everything, the call sign too. */
function listed(id: string): object {
  return {
    id: Number(id), node_number: Number(id), callsign: 'WB6NIL', description: 'WB6NIL ASL Public Hub Los Angeles', location: 'Los Angeles',
    info: 'Los Angeles', status: 'unknown', connected_nodes: [], is_online: false,
  }
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
