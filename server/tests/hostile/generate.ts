/** What a stranger may send: near misses of the protocol, and rubbish. The same seed gives the same. */
import { pick } from '../../src/fake-asterisk/seededRandom.ts'
import type { Random } from '../../src/env/clock.ts'

/** Texts that have broken parsers, terminals, paths, headers and AMI before. */
export const NASTY: readonly string[] = [
  '', ' ', '0', '-1', '1e9', 'NaN', 'null', 'true', '546051', '546055', '999999', '546051 ', '0546051', '../', '..%2f..%2fetc/passwd',
  '%', '%00', '%0d%0a', '\r\n', '\r\n\r\nAction: Command\r\nCommand: core stop now\r\n\r\n', '546051\r\nAction: Logoff', '\n', '\0',
  '__proto__', 'constructor', 'toString', '<img src=x onerror=alert(1)>', '"', '\\', "'; DROP TABLE nodes; --", '${7*7}', '{{7*7}}',
  '\u202e', '\u2028', '\ud800', '𝕊', 'é'.repeat(40), 'A'.repeat(300), '9'.repeat(64), '1,2,3', ',,,,', '*', '#', '*3546051', 'ilink 6',
  'file:///etc/passwd', 'http://127.0.0.1:5038/', '//', '///', '/ws/', '?', '&', '=', ';', '|', '`id`', '$(id)',
]

const KEYS = ['type', 'node', 'nodes', 'epoch', 'seq', 'id', 'action', 'at', '__proto__', 'constructor', 'localnode', 'remotenode', 'perm', 'dtmf']
const TYPES = ['subscribe', 'unsubscribe', 'resync', 'ping', 'snapshot', 'patch', 'hello', 'batch', 'goaway', '', 'SUBSCRIBE']

function anything(random: Random, depth: number): unknown {
  const dice = random()
  if (dice < 0.35 || depth > 4) return pick(random, NASTY)
  if (dice < 0.5) return pick(random, [0, -1, 1.5, 1e308, -0, Number.MAX_SAFE_INTEGER + 2, 2 ** 31])
  if (dice < 0.6) return pick(random, [true, false, null])
  if (dice < 0.8) return Array.from({ length: Math.floor(random() * 6) }, () => anything(random, depth + 1))
  return Object.fromEntries(Array.from({ length: Math.floor(random() * 5) }, () => [pick(random, KEYS), anything(random, depth + 1)]))
}

/** One message, text or bytes. */
export function frame(random: Random): string | Buffer {
  const dice = random()
  if (dice < 0.05) return Buffer.from(Array.from({ length: Math.floor(random() * 64) }, () => Math.floor(random() * 256)))
  if (dice < 0.08) return '['.repeat(1 + Math.floor(random() * 8_000))
  if (dice < 0.1) return `{"type":"ping","id":"${'x'.repeat(Math.floor(random() * 16_000))}"}`
  if (dice < 0.2) return String(pick(random, NASTY))
  const near = {
    type: pick(random, TYPES),
    nodes: random() < 0.5
      ? Array.from({ length: Math.floor(random() * 8) }, () =>
          random() < 0.7 ? { node: pick(random, NASTY), epoch: pick(random, NASTY), seq: anything(random, 4) } : anything(random, 3))
      : anything(random, 2),
    ...(random() < 0.5 ? { node: anything(random, 3) } : {}),
    ...(random() < 0.3 ? { action: pick(random, ['subscribe', 'ping', 'connect', 'reboot']) } : {}),
  }
  const text = JSON.stringify(random() < 0.7 ? near : anything(random, 0)) ?? ''
  // Cut or bent somewhere, now and then.
  if (random() < 0.15) return text.slice(0, Math.floor(random() * text.length))
  return random() < 0.1 ? text.replace(/[":{]/, String(pick(random, NASTY))) : text
}

/** Of somebody who is signed in. */
export interface Session {
  readonly cookie: string
  readonly token: string
}

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND']
const PATHS = [
  '/', '/healthz', '/metrics', '/api', '/api/nodes', '/api/v1', '/api/v1/nodes', '/api/v1/nodes/available', '/api/v1/nodes/ami/status',
  '/api/v1/nodes/websocket/ports', '/api/v1/nodes/546051', '/api/v1/nodes/546051/status', '/api/v1/nodes/546051/websocket/port',
  '/api/v1/nodes/546051/websocket/token', '/api/v1/nodes/connect', '/api/v1/nodes/disconnect', '/api/v1/nodes/monitor', '/api/v1/nodes/dtmf',
  '/api/v1/nodes/voter/status', '/api/v1/config/nodes', '/api/v1/config/menu', '/api/v1/config/system-info', '/api/v1/bootstrap',
  '/api/v1/astdb/search', '/api/v1/astdb/node/546051', '/api/v1/astdb/nodes', '/api/v1/auth/me', '/api/v1/auth/login', '/api/v1/auth/logout',
  '/api/v1/csrf-token', '/api/v1/nodes/local-monitor', '/api/v1/nodes/websocket/token', '/api/v1/config/display', '/api/v1/config/user/preferences',
  '/api/v1/config/bubblechart', '/api/v1/astdb/clear-cache', '/api/v1/system/health', '/health', '/ws', '/ws/546051', '/ws/voter/546051', '/index.html', '/assets/', '/.git/config', '/../../etc/passwd',
]
/** What these are asked with when it is to lead somewhere; all others with GET. */
const POSTED = /\/nodes\/(?:connect|disconnect|monitor|local-monitor|dtmf)$|\/(?:login|logout|bubblechart|clear-cache)$/
const QUERIES = ['nodes', 'node', 'q', 'limit', 'epoch', 'seq', 'ticket', 'token', '__proto__']
const HEADERS = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Cookie', 'Origin', 'X-CSRF-Token', 'Authorization', 'Accept', 'Range', 'If-None-Match', 'Upgrade', 'HTTP2-Settings']

/** Parts of a file that are none, or hardly. */
const RANGES = ['bytes=5-2', 'bytes=0-0', 'bytes=-1', 'bytes=-', 'bytes=0-1,3-2', 'bytes=9999999999-', 'bytes=1e9-1', 'bytes=0x5-2', 'lines=1-0']

/** As a header value or a request target: nothing that ends the line, or it would be another request. */
function inLine(text: string): string {
  return Buffer.from(text.replace(/[\r\n\0]/g, '%0a')).toString('latin1')
}

/**
 * One whole HTTP/1.1 request that keeps its connection; whether it makes sense is for the server to find out.
 * @param sessions who is signed in; some requests come from them, most of these with their token
 */
export function request(random: Random, sessions: readonly Session[] = []): Buffer {
  const route = pick(random, PATHS) ?? '/'
  const method = random() < 0.7 ? (POSTED.test(route) ? 'POST' : 'GET') : (pick(random, METHODS) ?? 'GET')
  let target = route
  if (random() < 0.2) target += `/${random() < 0.5 ? encodeURIComponent(safe(random)) : inLine(safe(random)).replaceAll(' ', '+')}`
  if (random() < 0.6) {
    const pairs = Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
      const value = safe(random)
      return `${pick(random, QUERIES)}=${random() < 0.6 ? encodeURIComponent(value) : inLine(value).replaceAll(' ', '+')}`
    })
    target += `?${pairs.join('&')}`
  }
  const headers = [`Host: ${random() < 0.9 ? '127.0.0.1' : inLine(safe(random)).trim()}`]
  // Who signs out is of no more use.
  const session = random() < 0.4 && !route.endsWith('logout') ? pick(random, sessions) : undefined
  const token = session !== undefined && random() < 0.8 ? session.token : undefined
  if (session !== undefined) headers.push(`Cookie: ${session.cookie}`)
  if (token !== undefined && random() < 0.5) headers.push(`X-CSRF-Token: ${token}`)
  const said = random() < 0.3 ? String(frame(random)) : JSON.stringify({ ...control(random), ...(token === undefined ? {} : { csrf_token: token }) })
  const body = method === 'POST' || method === 'PUT' ? said : ''
  for (let i = Math.floor(random() * 3); i > 0; i--) headers.push(`${pick(random, HEADERS)}: ${inLine(safe(random)).trim()}`)
  if (random() < 0.05) headers.push(`Range: ${pick(random, RANGES)}`)
  // Asks for another protocol, and is answered all the same.
  if (random() < 0.05) headers.push('Connection: Upgrade', 'Upgrade: h2c')
  if (body !== '') headers.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`)
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)])
}

/** What a page sends to act on a node, nearly. */
function control(random: Random): object {
  return {
    localnode: random() < 0.6 ? pick(random, ['546051', '546055']) : pick(random, NASTY),
    remotenode: pick(random, NASTY),
    perm: random() < 0.7 ? pick(random, ['on', null]) : anything(random, 4),
    'show-all': pick(random, ['1', ...NASTY]),
    node: pick(random, NASTY),
    dtmf: pick(random, NASTY),
    username: pick(random, NASTY),
    password: pick(random, NASTY),
  }
}

/** Lone surrogates cannot be percent-encoded. */
function safe(random: Random): string {
  return String(pick(random, NASTY)).replace(/\p{Cs}/gu, '')
}
