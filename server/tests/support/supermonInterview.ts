/**
 * The same questions to a Supermon-NG and to what stands in for it, over HTTP and at a socket, and what of the answers is no accident.
 * W5GLE has an account there, and the nodes 546051 and 546055.
 */
import { WebSocket } from 'ws'

export interface Said {
  readonly status: number
  readonly type: string | null
  /** Of the session's cookie that comes with it; null = none does. */
  readonly cookie: string | null
  readonly body: unknown
}

const GETS = ['auth/me', 'nodes', 'nodes/ami/status?nodes=546051,1', 'nodes/ami/status?nodes=1', 'config/nodes', 'csrf-token', 'nodes/546051/websocket/token', 'nodes/1/websocket/token']

/**
 * @param url origin and path, without a slash at its end
 * @param right password of W5GLE
 */
export async function interview(url: string, right: string): Promise<Record<string, Said>> {
  const said: Record<string, Said> = {}
  let cookie: string | null = null
  const ask = async (name: string, route: string, init: RequestInit = {}, sends: string | null = cookie) => {
    const response = await fetch(`${url}/api/v1/${route}`, { ...init, headers: { ...(init.headers as object), ...(sends === null ? {} : { cookie: sends }) } })
    const set = response.headers.getSetCookie().at(-1) ?? null
    if (set !== null) cookie = set.split(';')[0] ?? ''
    const body = JSON.parse(await response.text()) as unknown
    said[name] = { status: response.status, type: response.headers.get('content-type'), cookie: set === null ? null : steady(set) as string, body: steady(body) }
  }
  const login = (username: string, password: string, headers: object = { 'content-type': 'application/json' }) => (
    { method: 'POST', headers: { ...headers }, body: JSON.stringify({ username, password }) }
  )
  await ask('a stranger without cookie: auth/me', 'auth/me')
  const before = cookie
  for (const route of GETS) await ask(`a stranger: ${route}`, route)
  await ask('a cookie it never gave: auth/me', 'auth/me', {}, 'supermon61=0123456789abcdefghijklmnop')
  await ask('no JSON: auth/login', 'auth/login', login('W5GLE', right, {}))
  await ask('nothing: auth/login', 'auth/login', login('', ''))
  await ask('a wrong password: auth/login', 'auth/login', login('W5GLE', 'wrong'))
  await ask('nobody: auth/login', 'auth/login', login('KK9ROB', right))
  await ask('W5GLE: auth/login', 'auth/login', login('W5GLE', right))
  for (const route of GETS) await ask(`W5GLE: ${route}`, route)
  await ask('the cookie from before: auth/me', 'auth/me', {}, before)
  await ask('W5GLE: auth/logout', 'auth/logout', { method: 'POST' })
  await ask('W5GLE, signed out: auth/me', 'auth/me')
  return said
}

/** What a socket of a node that is idle is told: on coming, then for a `subscribe` and a `ping`. */
export async function listen(url: string, node: string): Promise<readonly unknown[]> {
  const socket = new WebSocket(`${url}/ws/${node}`)
  const said: unknown[] = []
  socket.on('open', () => {
    socket.send(JSON.stringify({ action: 'subscribe', node }))
    socket.send('{"action":"ping"}')
  })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', (code, reason) => { resolve([...said, { code, reason: reason.toString() }]) })
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { action?: string }
      said.push(steady(message))
      if (message.action !== 'pong') return
      resolve(said)
      socket.terminate()
    })
  })
}

/** Without what is another one each time: times, tokens, sessions. */
export function steady(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => steady(item))
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, steady(item, name)]))
  if (key === 'timestamp' && typeof value === 'number') return 0
  if (typeof value !== 'string') return value
  return value
    .replace(/^\d{4}-\d\d-\d\dT[\d:.]+(?:\+00:00|Z)$/, 'TIME')
    .replace(/\b[0-9a-f]{64}\b/, 'TOKEN64').replace(/\b[0-9a-f]{48}\b/g, 'TOKEN48')
    .replace(/supermon61=\w+/, 'supermon61=SESSION').replace(/expires=[^;]*/, 'expires=TIME').replace(/^[0-9a-v]{26}$/, 'SESSION')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
}

/** Of what kind a value is: names and types of its fields; ids are one, and a list is what its first item is. */
export function shapeOf(value: unknown): unknown {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf)
  if (typeof value !== 'object') return typeof value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [/^\d+$/.test(name) ? 'ID' : name, shapeOf(item)]))
}

/** Where the first says what the second does not, or in another type; a `null` and an empty list may be of any. */
export function strange(one: unknown, other: unknown, at = ''): string[] {
  if (one === 'null' || other === 'null') return []
  if (Array.isArray(one) && Array.isArray(other)) return one.length === 0 || other.length === 0 ? [] : strange(one[0], other[0], `${at}[]`)
  if (typeof one === 'object' && typeof other === 'object' && !Array.isArray(one) && !Array.isArray(other)) {
    return Object.entries(one as object).flatMap(([name, item]) => {
      const its = (other as Record<string, unknown>)[name]
      return its === undefined ? [`${at}.${name} is not said`] : strange(item, its, `${at}.${name}`)
    })
  }
  return JSON.stringify(one) === JSON.stringify(other) ? [] : [`${at} is ${JSON.stringify(other)}, not ${JSON.stringify(one)}`]
}
