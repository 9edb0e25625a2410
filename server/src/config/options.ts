import { isIPv6 } from 'node:net'
import { parseArgs } from 'node:util'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** `read`: visitors may watch. `none`: they see nothing before they sign in. */
export const ANONYMOUS = ['read', 'none'] as const
export type Anonymous = (typeof ANONYMOUS)[number]

/** What a connection without subprotocol is spoken to in. */
export const DIALECTS = ['plan', 'supermon-ng'] as const
export type Dialect = (typeof DIALECTS)[number]

export interface Options {
  /** `help` and `version`: print and leave; the other fields then hold defaults. */
  readonly action: 'run' | 'help' | 'version'
  /** Path of allmon.ini; null = demo with a fake Asterisk. */
  readonly config: string | null
  /** TCP port, 0 = any free one. */
  readonly port: number
  /** Address to listen on, IPv6 without brackets. */
  readonly host: string
  /** URL path before every route: '' or '/a/b', never with a slash at its end. */
  readonly base: string
  /** Paths of the node lists; null = not given. */
  readonly astdb: string | null
  readonly privateNodes: string | null
  /** Folder with `.htpasswd`, `authusers.inc` and `authini.inc`; null = nobody signs in. */
  readonly users: string | null
  /** What visitors who did not sign in may do. */
  readonly anonymous: Anonymous
  readonly dialect: Dialect
  readonly logLevel: LogLevel
}

/** An option is wrong. `message` is one line: what is wrong, and what to do. Exit code by custom: 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const DEFAULT_OPTIONS: Options = {
  action: 'run',
  config: null,
  port: 8105,
  host: '127.0.0.1',
  base: '',
  astdb: null,
  privateNodes: null,
  users: null,
  anonymous: 'read',
  dialect: 'plan',
  logLevel: 'info',
}

/** Every option with a value. `env` stands in for an absent argument; an empty variable counts as absent. */
const VALUES = [
  {
    name: 'config',
    arg: 'FILE',
    env: 'SUPERMON_LIVE_CONFIG',
    help: "Supermon-NG's allmon.ini; without it: demo, no radio",
  },
  { name: 'port', arg: 'PORT', env: 'SUPERMON_LIVE_PORT', help: 'TCP port to listen on, 0 = any free one (8105)' },
  { name: 'host', arg: 'ADDRESS', env: 'SUPERMON_LIVE_HOST', help: 'address to listen on, 0.0.0.0 = all (127.0.0.1)' },
  {
    name: 'base',
    arg: 'PATH',
    env: 'SUPERMON_LIVE_BASE',
    help: 'URL path in front of all routes, e.g. /supermon-ng (none)',
  },
  { name: 'astdb', arg: 'FILE', env: 'SUPERMON_LIVE_ASTDB', help: 'node names, astdb.txt' },
  {
    name: 'private-nodes',
    arg: 'FILE',
    env: 'SUPERMON_LIVE_PRIVATE_NODES',
    help: 'names that win over it, privatenodes.txt',
  },
  {
    name: 'users',
    arg: 'DIR',
    env: 'SUPERMON_LIVE_USERS',
    help: 'folder with .htpasswd, authusers.inc and authini.inc (none: nobody signs in)',
  },
  {
    name: 'anonymous',
    arg: 'WHAT',
    env: 'SUPERMON_LIVE_ANONYMOUS',
    help: 'read or none: what visitors may do who did not sign in (read)',
  },
  {
    name: 'dialect',
    arg: 'NAME',
    env: 'SUPERMON_LIVE_DIALECT',
    help: 'plan or supermon-ng: frames for clients that ask for none (plan)',
  },
  { name: 'log-level', arg: 'LEVEL', env: 'SUPERMON_LIVE_LOG_LEVEL', help: `${LOG_LEVELS.join(', ')} (info)` },
] as const
type ValueName = (typeof VALUES)[number]['name']

const FLAGS: Readonly<Record<string, 'help' | 'version'>> = { help: 'help', h: 'help', version: 'version' }

/**
 * The gateway's options out of its arguments and environment; an argument wins over its variable.
 *
 * @param argv without node and script: `process.argv.slice(2)`
 * @throws UsageError unknown option, missing or impossible value
 */
export function parseOptions(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Options {
  const given = readArguments(argv)
  if (given.action !== 'run') return { ...DEFAULT_OPTIONS, action: given.action }
  const value = <T>(name: ValueName, read: (text: string, source: string) => T, fallback: T): T => {
    const variable = VALUES.find((option) => option.name === name)?.env ?? ''
    const argument = given.values.get(name)
    if (argument !== undefined) return read(argument, `--${name}`)
    const text = env[variable]?.trim() ?? ''
    return text === '' ? fallback : read(text, variable)
  }
  const options: Options = {
    action: 'run',
    config: value('config', readPath, DEFAULT_OPTIONS.config),
    port: value('port', readPort, DEFAULT_OPTIONS.port),
    host: value('host', readHost, DEFAULT_OPTIONS.host),
    base: value('base', readBase, DEFAULT_OPTIONS.base),
    astdb: value('astdb', readPath, DEFAULT_OPTIONS.astdb),
    privateNodes: value('private-nodes', readPath, DEFAULT_OPTIONS.privateNodes),
    users: value('users', readPath, DEFAULT_OPTIONS.users),
    anonymous: value('anonymous', (text, source) => readOneOf(ANONYMOUS, text, source), DEFAULT_OPTIONS.anonymous),
    dialect: value('dialect', (text, source) => readOneOf(DIALECTS, text, source), DEFAULT_OPTIONS.dialect),
    logLevel: value('log-level', (text, source) => readOneOf(LOG_LEVELS, text, source), DEFAULT_OPTIONS.logLevel),
  }
  if (options.users !== null && options.config === null) {
    throw new UsageError('--users needs --config: the demo has no users; see --help')
  }
  if (options.anonymous === 'none' && options.users === null) {
    throw new UsageError('--anonymous none needs --users: nobody could sign in; see --help')
  }
  return options
}

/** Text for `--help`, with its final newline. */
export function helpText(): string {
  const left = VALUES.map((option) => `  --${option.name} ${option.arg}`)
  const width = Math.max(...left.map((text) => text.length)) + 2
  return [
    'Usage: supermon-live [options]',
    '',
    'Live state of AllStarLink nodes over WebSocket and HTTP. Without --config it shows a demo.',
    '',
    ...VALUES.map((option, index) => `${(left[index] ?? '').padEnd(width)}${option.help}`),
    `${'  --help, -h'.padEnd(width)}this text`,
    `${'  --version'.padEnd(width)}the version`,
    '',
    'In the environment instead of an argument (an argument wins):',
    ...VALUES.map((option) => `  ${option.env}`),
    '',
  ].join('\n')
}

function readArguments(argv: readonly string[]): { action: Options['action']; values: ReadonlyMap<string, string> } {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(VALUES.map((option) => [option.name, { type: 'string' as const }])),
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  })
  const values = new Map<string, string>()
  let action: Options['action'] = 'run'
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      fail(`unexpected argument ${show(token.value)}`, 'options start with --, such as --config FILE; see --help')
    }
    const flag = Object.hasOwn(FLAGS, token.name) ? FLAGS[token.name] : undefined
    if (flag !== undefined) {
      if (token.value !== undefined) fail(`--${token.name} takes no value`, 'leave the value out; see --help')
      action = action === 'run' ? flag : action
    } else if (!VALUES.some((option) => option.name === token.name)) {
      fail(`unknown option ${show(token.rawName)}`, 'see --help for all options')
    } else if (
      token.value === undefined ||
      token.value.trim() === '' ||
      (!token.inlineValue && token.value.startsWith('-'))
    ) {
      fail(`--${token.name} has no value`, `write --${token.name} VALUE; see --help`)
    } else values.set(token.name, token.value)
  }
  return { action, values }
}

function readPath(text: string): string {
  return text
}

function readPort(text: string, source: string): number {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65535) return port
  return fail(`${source} ${show(text)} is no port`, 'give a number from 0 to 65535, 0 = any free one; see --help')
}

function readHost(text: string, source: string): string {
  const host = text.trim().replace(/^\[(.*)\]$/, '$1')
  if (isIPv6(host) || /^[0-9A-Za-z](?:[0-9A-Za-z._-]{0,252})$/.test(host)) return host
  return fail(
    `${source} ${show(text)} is no address`,
    'give one like 127.0.0.1, 0.0.0.0 or ::1, the port goes to --port; see --help',
  )
}

function readBase(text: string, source: string): string {
  const parts = text
    .trim()
    .split('/')
    .filter((part) => part !== '')
  if (parts.every((part) => /^[0-9A-Za-z._~-]+$/.test(part) && !/^\.+$/.test(part)))
    return parts.map((part) => `/${part}`).join('')
  return fail(`${source} ${show(text)} is no URL path`, 'give one like /supermon-ng, or leave it out; see --help')
}

function readOneOf<T extends string>(choices: readonly T[], text: string, source: string): T {
  const choice = choices.find((candidate) => candidate === text.trim().toLowerCase())
  return choice ?? fail(`${source} ${show(text)} is not known`, `give one of ${choices.join(', ')}; see --help`)
}

/** What somebody typed, on one line and short. */
function show(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?')
  return `"${clean.length > 60 ? `${clean.slice(0, 59)}…` : clean}"`
}

function fail(what: string, whatToDo: string): never {
  throw new UsageError(`${what}; ${whatToDo}`)
}
