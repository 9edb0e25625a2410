/** Our own allmon.ini, as it is written where there is none. */
import { parseHost } from '../config/hostPort.ts'
import { parseIni } from '../config/ini.ts'
import type { Secret } from '../config/secret.ts'
import { CommandError } from '../config/commandError.ts'

export interface AmiLogin {
  /** Address of the Asterisk, IPv6 without brackets. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly secret: Secret
}

/** First line of the file. Only what begins like this is ever changed again. */
const MARK = '; Written by supermon-live setup'

/** Nodes below are private ones, which no page of AllStarLink knows. */
const FIRST_PUBLIC = 2000

/** Nodes that the page opens with at most. */
const OPENS_WITH = 5

/** How secrets are written: as they are, or masked for somebody to look at. */
export type Reveal = (secret: Secret) => string

/** @throws CommandError when a user's name or secret cannot stand in such a file */
export function allmonText(nodes: readonly string[], login: AmiLogin, reveal: Reveal): string {
  const head = [
    `${MARK}, from rpt.conf and manager.conf.`,
    '; It is yours now: change what you like. The gateway takes a change within 4 s.',
    '',
    '; What the page opens with.',
    `default_node = ${quoted(nodes.slice(0, OPENS_WITH).join(','))}`,
  ]
  return [...head, ...nodes.flatMap((node) => ['', ...nodeSection(node, login, reveal)]), ''].join('\n')
}

function nodeSection(node: string, login: AmiLogin, reveal: Reveal): string[] {
  const isPrivate = Number(node) < FIRST_PUBLIC
  return [`[${node}]`, `host = ${addressOf(login)}`, ...loginLines(login, reveal), 'system = Nodes', 'menu = yes', ...(isPrivate ? ['hideNodeURL = yes'] : [])]
}

function loginLines({ user, secret }: AmiLogin, reveal: Reveal): [string, string] {
  return [`user = ${quoted(user)}`, `passwd = ${quoted(reveal(secret))}`]
}

function addressOf({ host, port }: AmiLogin): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/**
 * A value that the file's reader (config/ini.ts) gives back as it is.
 *
 * @throws CommandError for line ends, which no such file can hold
 */
export function quoted(value: string): string {
  if (!/[\r\n]/.test(value)) return `"${value.replace(/["\\]/g, '\\$&')}"`
  throw new CommandError('A user or secret in manager.conf has a line end inside, which allmon.ini cannot hold. Give it another one.')
}

export function isOurs(text: string): boolean {
  return text.replace(/^\uFEFF/, '').startsWith(MARK)
}

/**
 * The same file with another user for the nodes of one Asterisk; all else stays as it is, byte for byte.
 *
 * @throws ConfigError when the file cannot be understood
 */
export function withLogin(text: string, login: AmiLogin, reveal: Reveal): string {
  const [user, passwd] = loginLines(login, reveal)
  const replaced = new Map<number, string>()
  for (const { entries } of parseIni(text, 'allmon.ini').sections) {
    const address = parseHost(entries.find(({ key }) => key === 'host')?.value ?? '')
    if (!address.ok || address.host !== login.host || address.port !== login.port) continue
    for (const { key, line } of entries) {
      if (key === 'user') replaced.set(line, user)
      if (key === 'passwd') replaced.set(line, passwd)
    }
  }
  const lines = text.split(/(\r\n|\n|\r)/)
  // Every second part is a line end.
  return lines.map((part, index) => (index % 2 === 0 ? (replaced.get(index / 2 + 1) ?? part) : part)).join('')
}
