/** Readers of one option's text. `source` names the option or variable in what they complain of. */
import { isIP, isIPv6 } from 'node:net'

/** An option is wrong. `message` is one line: what is wrong, and what to do. Exit code by custom: 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What edges and fronts may be called on a broker: a level of a topic, and readable in a log. */
export const PEER_NAME = /^[0-9A-Za-z][0-9A-Za-z._-]{0,39}$/
/** What topics may begin with that others choose. */
export const TOPIC_PREFIX = /^[0-9A-Za-z._-]+(?:\/[0-9A-Za-z._-]+)*$/

export function readPath(text: string): string {
  return text
}

export function readPort(text: string, source: string): number {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65535) return port
  return fail(`${source} ${show(text)} is not a port`, 'give a number from 0 to 65535, 0 = any free one; see --help')
}

/** The first of several ports: free ones would be others after each start, and in no order. */
export function readFirstPort(text: string, source: string): number {
  const port = readPort(text, source)
  return port > 0 ? port : fail(`${source} ${show(text)} cannot be the first port`, 'give the first one, from 1 to 65535, like 8106; see --help')
}

export function readHost(text: string, source: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1')
  if (isIPv6(host) || /^[0-9A-Za-z](?:[0-9A-Za-z._-]{0,252})$/.test(host)) return host
  return fail(
    `${source} ${show(text)} is not an address`,
    'give one like 127.0.0.1, 0.0.0.0 or ::1, the port goes to --port; see --help',
  )
}

/** `/supermon-ng`, or nothing for the root, however many slashes it is written with. */
export function plainBase(text: string): string {
  return text.trim().split('/').flatMap((part) => (part === '' ? [] : [`/${part}`])).join('')
}

export function readBase(text: string, source: string): string {
  const base = plainBase(text)
  if (base.split('/').slice(1).every((part) => /^[0-9A-Za-z._~-]+$/.test(part) && !/^\.+$/.test(part))) return base
  return fail(`${source} ${show(text)} is not a URL path`, 'give one like /supermon-ng, or leave it out; see --help')
}

export function readOneOf<T extends string>(choices: readonly T[], text: string, source: string): T {
  const choice = choices.find((candidate) => candidate === text.trim().toLowerCase())
  return choice ?? fail(`${source} ${show(text)} is not known`, `give one of ${choices.join(', ')}; see --help`)
}

/** Origins as browsers send them, or `*`: `https://club.example,http://10.0.0.5:8080`. */
export function readOrigins(text: string, source: string): readonly string[] {
  return readList(text).map((entry) => {
    if (entry === '*') return entry
    const origin = /^https?:\/\//i.test(entry) ? (urlOf(entry)?.origin ?? '') : ''
    if (origin !== '' && origin.toLowerCase() === entry.toLowerCase().replace(/\/$/, '').replace(defaultPort(entry), '')) return origin
    return fail(`${source} ${show(entry)} is not an origin`, 'give scheme and host, like https://club.example, or * for all; see --help')
  })
}

/** Addresses and networks: `127.0.0.1,10.0.0.0/8,fd00::/8`. */
export function readNetworks(text: string, source: string): readonly string[] {
  return readList(text).map((entry) => {
    const [address = '', bits, ...rest] = entry.split('/')
    const most = [0, 0, 0, 0, 32, 0, 128][isIP(address)] ?? 0
    if (most > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))) return entry
    return fail(`${source} ${show(entry)} is not an address`, 'give addresses or networks, like 10.0.0.1 or 10.0.0.0/8; see --help')
  })
}

/** @param known every name that there is */
export function readLimits(text: string, source: string, known: readonly string[]): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {}
  for (const entry of readList(text)) {
    const [name = '', value = '', ...rest] = entry.split('=').map((part) => part.trim())
    if (!known.includes(name)) return fail(`${source} has no limit ${show(name)}`, `those there are: ${known.join(', ')}`)
    if (!/^\d{1,9}$/.test(value) || Number(value) === 0 || rest.length > 0) {
      return fail(`${source} ${show(entry)} is not a limit`, `give a whole number above 0, like ${name}=100; see --help`)
    }
    limits[name] = Number(value)
  }
  return limits
}

/** The address of Supermon-NG out of `supermon=URL`, without a slash at its end. */
export function readAuth(text: string, source: string): string {
  const [kind = '', ...rest] = text.trim().split('=')
  const url = kind === 'supermon' ? urlOf(rest.join('=')) : null
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === '') {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
  }
  // Not shown: there may be a password in it.
  return fail(`${source} cannot be used`, 'give the address of Supermon-NG, like supermon=http://127.0.0.1:8000; see --help')
}

/** The address of a broker with its port: `mqtts://broker.example:8883`. */
export function readBroker(text: string, source: string): string {
  const url = /^mqtts?:\/\//i.test(text.trim()) ? urlOf(text.trim()) : null
  if (url === null || url.hostname === '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    // Not shown: there may be a password in it.
    return fail(`${source} is not the address of a broker`, 'give one like mqtts://broker.example or mqtt://127.0.0.1:1883; see --help')
  }
  if (url.username !== '' || url.password !== '') {
    return fail(`${source} holds an account`, 'everybody on this machine would see it: give --mqtt-user and --mqtt-password-file; see --help')
  }
  return `${url.protocol}//${url.hostname}:${url.port || (url.protocol === 'mqtts:' ? '8883' : '1883')}`
}

export function readPeerName(text: string, source: string): string {
  const name = text.trim()
  if (PEER_NAME.test(name)) return name
  return fail(`${source} ${show(text)} is not a name`, 'give up to 40 letters, digits, dots, hyphens and underscores; see --help')
}

/** The beginning of topics: levels without wildcards. */
export function readTopicPrefix(text: string, source: string): string {
  const prefix = text.trim()
  if (prefix.length <= 100 && TOPIC_PREFIX.test(prefix)) return prefix
  return fail(`${source} ${show(text)} cannot begin a topic`, 'give letters, digits, dots, hyphens and underscores, like homeassistant; see --help')
}

/** `URL.parse`, which Node 18 lacks. */
function urlOf(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null
}

function readList(text: string): string[] {
  return text.split(',').map((entry) => entry.trim()).filter((entry) => entry !== '')
}

function defaultPort(origin: string): RegExp {
  return /^https:/i.test(origin) ? /:443$/ : /:80$/
}

/** What somebody typed, on one line and short. */
export function show(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?')
  return `"${clean.length > 60 ? `${clean.slice(0, 59)}…` : clean}"`
}

export function fail(what: string, whatToDo: string): never {
  throw new UsageError(`${what}; ${whatToDo}`)
}
