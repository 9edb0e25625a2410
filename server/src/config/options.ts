import { parseArgs } from 'node:util'
import {
  fail, readAuth, readBase, readBroker, readFirstPort, readHost, readLimits, readNetworks, readOneOf, readOrigins, readPath, readPeerName, readPort, readTopicPrefix, show, UsageError,
} from './optionValues.ts'

export { UsageError } from './optionValues.ts'

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** `read`: visitors may watch. `none`: they see nothing before they sign in. */
export const ANONYMOUS = ['read', 'none'] as const
export type Anonymous = (typeof ANONYMOUS)[number]

/** `required`: a socket needs a ticket besides whatever rights its viewer has. */
export const TICKETS = ['optional', 'required'] as const
export type TicketUse = (typeof TICKETS)[number]

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
  /** Path of global.inc, the header's texts; null = the one beside `config`, if there is one. */
  readonly site: string | null
  /** Path of rollout.json, who holds sockets; null = the one beside `config`, if there is one. */
  readonly rollout: string | null
  /** Path of the file that keeps what pages report; null = the one beside `config`'s rollout.json. */
  readonly figures: string | null
  /** Folder with `.htpasswd`, `authusers.inc` and `authini.inc`; null = nobody signs in. */
  readonly users: string | null
  /** Where Supermon-NG answers, which says who is signed in; null = it is not asked. */
  readonly supermon: string | null
  /** What visitors who did not sign in may do. */
  readonly anonymous: Anonymous
  /** Port of the first node's own server, further ones follow; null = nodes have none. */
  readonly nodePorts: number | null
  /** Port of the first voter's own server, further ones follow; null = voters have none. */
  readonly voterPorts: number | null
  /** Pages of these origins may open sockets, sign people in and report figures, as those that come from here, but read no answer; `*` = all. */
  readonly origins: readonly string[]
  /** Proxies that are believed when they say whom they speak for, besides those on this machine. */
  readonly trustedProxies: readonly string[]
  readonly tickets: TicketUse
  /** By name, what differs from the defaults. */
  readonly limits: Readonly<Record<string, number>>
  /** File with the token that /metrics asks of whoever does not come from this machine; null = nobody else is answered. */
  readonly metricsTokenFile: string | null
  /** Broker that is told of the nodes; null = none is. */
  readonly mqtt: string | null
  /** Broker that tells of the nodes, in place of Asterisk; null = Asterisk does. */
  readonly fromMqtt: string | null
  /** What this gateway is called there; null = like this machine. */
  readonly mqttName: string | null
  /** Where Home Assistant looks for what there is, on the broker of `mqtt`; null = it is told nothing. */
  readonly mqttHomeAssistant: string | null
  readonly mqttUser: string | null
  /** Files: the password, and PEM for TLS. */
  readonly mqttPasswordFile: string | null
  readonly mqttCa: string | null
  readonly mqttCert: string | null
  readonly mqttKey: string | null
  /** File with the key that signs what users order: Ed25519, PEM; null = they can order nothing over the broker. */
  readonly mqttSignKey: string | null
  /** File that says whose orders are taken from the broker; null = nobody's. */
  readonly mqttOrders: string | null
  readonly dialect: Dialect
  readonly logLevel: LogLevel
}

export const DEFAULT_OPTIONS: Options = {
  action: 'run',
  config: null,
  port: 8105,
  host: '127.0.0.1',
  base: '',
  astdb: null,
  privateNodes: null,
  site: null,
  rollout: null,
  figures: null,
  users: null,
  supermon: null,
  anonymous: 'read',
  nodePorts: null,
  voterPorts: null,
  origins: [],
  trustedProxies: [],
  tickets: 'optional',
  limits: {},
  metricsTokenFile: null,
  mqtt: null,
  fromMqtt: null,
  mqttName: null,
  mqttHomeAssistant: null,
  mqttUser: null,
  mqttPasswordFile: null,
  mqttCa: null,
  mqttCert: null,
  mqttKey: null,
  mqttSignKey: null,
  mqttOrders: null,
  dialect: 'plan',
  logLevel: 'info',
}

/** Every option with a value. `env` stands in for an absent argument; an empty variable counts as absent. */
const VALUES = [
  { name: 'config', arg: 'FILE', env: 'SUPERMON_LIVE_CONFIG', help: "Supermon-NG's allmon.ini; without it: demo, no radio" },
  { name: 'port', arg: 'PORT', env: 'SUPERMON_LIVE_PORT', help: 'TCP port to listen on, 0 = any free one (8105)' },
  { name: 'host', arg: 'ADDRESS', env: 'SUPERMON_LIVE_HOST', help: 'address to listen on, 0.0.0.0 = all (127.0.0.1)' },
  { name: 'base', arg: 'PATH', env: 'SUPERMON_LIVE_BASE', help: 'URL path in front of all routes, e.g. /supermon-ng (none)' },
  { name: 'astdb', arg: 'FILE', env: 'SUPERMON_LIVE_ASTDB', help: 'node names, astdb.txt' },
  { name: 'private-nodes', arg: 'FILE', env: 'SUPERMON_LIVE_PRIVATE_NODES', help: 'names that override it, privatenodes.txt' },
  { name: 'site', arg: 'FILE', env: 'SUPERMON_LIVE_SITE', help: "the header's texts and logo, global.inc (the one beside --config)" },
  { name: 'rollout', arg: 'FILE', env: 'SUPERMON_LIVE_ROLLOUT', help: 'who holds sockets, rollout.json (the one beside --config)' },
  { name: 'figures', arg: 'FILE', env: 'SUPERMON_LIVE_FIGURES', help: 'keeps what pages report of it (rollout-figures.json beside it)' },
  { name: 'users', arg: 'DIR', env: 'SUPERMON_LIVE_USERS', help: 'folder of .htpasswd, authusers.inc, authini.inc (nobody signs in)' },
  { name: 'auth', arg: 'supermon=URL', env: 'SUPERMON_LIVE_AUTH', help: 'ask the Supermon-NG there who is signed in, in place of --users' },
  { name: 'anonymous', arg: 'WHAT', env: 'SUPERMON_LIVE_ANONYMOUS', help: 'read or none: what visitors may do without signing in (read)' },
  { name: 'node-ports', arg: 'BASE', env: 'SUPERMON_LIVE_NODE_PORTS', help: 'a port for each node as well, BASE for the first, BASE+1 ... (none)' },
  { name: 'voter-ports', arg: 'BASE', env: 'SUPERMON_LIVE_VOTER_PORTS', help: 'the same for the voter of each rtcmnode= entry (none)' },
  { name: 'origins', arg: 'LIST', env: 'SUPERMON_LIVE_ORIGINS', help: 'origins whose pages may open sockets, not read HTTP; * = all (none)' },
  { name: 'trusted-proxies', arg: 'LIST', env: 'SUPERMON_LIVE_TRUSTED_PROXIES', help: 'proxies elsewhere whose X-Forwarded-* counts, 10.0.0.0/8,... (none)' },
  { name: 'tickets', arg: 'WHEN', env: 'SUPERMON_LIVE_TICKETS', help: 'optional or required: single-use tickets for sockets (optional)' },
  { name: 'limits', arg: 'LIST', env: 'SUPERMON_LIVE_LIMITS', help: 'name=number,... as in docs/configuration.md' },
  { name: 'metrics-token-file', arg: 'FILE', env: 'SUPERMON_LIVE_METRICS_TOKEN_FILE', help: 'token for /metrics from other machines (only from this one)' },
  { name: 'mqtt', arg: 'URL', env: 'SUPERMON_LIVE_MQTT', help: 'publish the nodes on this MQTT broker: mqtts://broker.example (none)' },
  { name: 'from-mqtt', arg: 'URL', env: 'SUPERMON_LIVE_FROM_MQTT', help: 'show the nodes found on this broker, and ask no Asterisk (none)' },
  { name: 'mqtt-name', arg: 'NAME', env: 'SUPERMON_LIVE_MQTT_NAME', help: 'what this gateway is called there (the name of this machine)' },
  { name: 'mqtt-home-assistant', arg: 'PREFIX', env: 'SUPERMON_LIVE_MQTT_HOME_ASSISTANT', help: 'show nodes in the Home Assistant there: homeassistant (not shown)' },
  { name: 'mqtt-user', arg: 'NAME', env: 'SUPERMON_LIVE_MQTT_USER', help: 'account there (none)' },
  { name: 'mqtt-password-file', arg: 'FILE', env: 'SUPERMON_LIVE_MQTT_PASSWORD_FILE', help: 'its password, on one line (none)' },
  { name: 'mqtt-ca', arg: 'FILE', env: 'SUPERMON_LIVE_MQTT_CA', help: "PEM of who signed the broker's certificate (those the system trusts)" },
  { name: 'mqtt-cert', arg: 'FILE', env: 'SUPERMON_LIVE_MQTT_CERT', help: 'PEM of our own certificate, where the broker wants one (none)' },
  { name: 'mqtt-key', arg: 'FILE', env: 'SUPERMON_LIVE_MQTT_KEY', help: 'PEM of its key' },
  { name: 'mqtt-sign-key', arg: 'FILE', env: 'SUPERMON_LIVE_MQTT_SIGN_KEY', help: 'signs commands for nodes of --from-mqtt: Ed25519, PEM (no commands)' },
  { name: 'mqtt-orders', arg: 'FILE', env: 'SUPERMON_LIVE_MQTT_ORDERS', help: "whose commands are taken from the broker of --mqtt (nobody's)" },
  { name: 'dialect', arg: 'NAME', env: 'SUPERMON_LIVE_DIALECT', help: 'plan or supermon-ng: frames for clients that ask for none (plan)' },
  { name: 'log-level', arg: 'LEVEL', env: 'SUPERMON_LIVE_LOG_LEVEL', help: `${LOG_LEVELS.join(', ')} (info)` },
] as const
type ValueName = (typeof VALUES)[number]['name']

/** By option, the variable that stands in for it. */
export const OPTION_VARIABLES: ReadonlyMap<string, string> = new Map(VALUES.map(({ name, env }) => [name, env]))

const FLAGS: Readonly<Record<string, 'help' | 'version'>> = { help: 'help', h: 'help', version: 'version' }

/** What the arguments ask for, before anything else is looked at. @throws UsageError likewise */
export function readAction(argv: readonly string[]): Options['action'] {
  return readArguments(argv).action
}

/**
 * The gateway's options out of its arguments and environment; an argument wins over its variable.
 *
 * @param argv without node and script: `process.argv.slice(2)`
 * @param limits names of all limits
 * @param sourceOf what a variable is called in what is complained of
 * @throws UsageError unknown option, missing or impossible value
 */
export function parseOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  limits: readonly string[] = [],
  sourceOf: (variable: string) => string = (variable) => variable,
): Options {
  const given = readArguments(argv)
  if (given.action !== 'run') return { ...DEFAULT_OPTIONS, action: given.action }
  const value = <T>(name: ValueName, read: (text: string, source: string) => T, fallback: T): T => {
    const variable = VALUES.find((option) => option.name === name)?.env ?? ''
    const argument = given.values.get(name)
    if (argument !== undefined) return read(argument, `--${name}`)
    const text = env[variable]?.trim() ?? ''
    return text === '' ? fallback : read(text, sourceOf(variable))
  }
  const options: Options = {
    action: 'run',
    config: value('config', readPath, DEFAULT_OPTIONS.config),
    port: value('port', readPort, DEFAULT_OPTIONS.port),
    host: value('host', readHost, DEFAULT_OPTIONS.host),
    base: value('base', readBase, DEFAULT_OPTIONS.base),
    astdb: value('astdb', readPath, DEFAULT_OPTIONS.astdb),
    privateNodes: value('private-nodes', readPath, DEFAULT_OPTIONS.privateNodes),
    site: value('site', readPath, DEFAULT_OPTIONS.site),
    rollout: value('rollout', readPath, DEFAULT_OPTIONS.rollout),
    figures: value('figures', readPath, DEFAULT_OPTIONS.figures),
    users: value('users', readPath, DEFAULT_OPTIONS.users),
    supermon: value('auth', readAuth, DEFAULT_OPTIONS.supermon),
    anonymous: value('anonymous', (text, source) => readOneOf(ANONYMOUS, text, source), DEFAULT_OPTIONS.anonymous),
    nodePorts: value('node-ports', readFirstPort, DEFAULT_OPTIONS.nodePorts),
    voterPorts: value('voter-ports', readFirstPort, DEFAULT_OPTIONS.voterPorts),
    origins: value('origins', readOrigins, DEFAULT_OPTIONS.origins),
    trustedProxies: value('trusted-proxies', readNetworks, DEFAULT_OPTIONS.trustedProxies),
    tickets: value('tickets', (text, source) => readOneOf(TICKETS, text, source), DEFAULT_OPTIONS.tickets),
    limits: value('limits', (text, source) => readLimits(text, source, limits), DEFAULT_OPTIONS.limits),
    metricsTokenFile: value('metrics-token-file', readPath, DEFAULT_OPTIONS.metricsTokenFile),
    mqtt: value('mqtt', readBroker, DEFAULT_OPTIONS.mqtt),
    fromMqtt: value('from-mqtt', readBroker, DEFAULT_OPTIONS.fromMqtt),
    mqttName: value('mqtt-name', readPeerName, DEFAULT_OPTIONS.mqttName),
    mqttHomeAssistant: value('mqtt-home-assistant', readTopicPrefix, DEFAULT_OPTIONS.mqttHomeAssistant),
    mqttUser: value('mqtt-user', readPath, DEFAULT_OPTIONS.mqttUser),
    mqttPasswordFile: value('mqtt-password-file', readPath, DEFAULT_OPTIONS.mqttPasswordFile),
    mqttCa: value('mqtt-ca', readPath, DEFAULT_OPTIONS.mqttCa),
    mqttCert: value('mqtt-cert', readPath, DEFAULT_OPTIONS.mqttCert),
    mqttKey: value('mqtt-key', readPath, DEFAULT_OPTIONS.mqttKey),
    mqttSignKey: value('mqtt-sign-key', readPath, DEFAULT_OPTIONS.mqttSignKey),
    mqttOrders: value('mqtt-orders', readPath, DEFAULT_OPTIONS.mqttOrders),
    dialect: value('dialect', (text, source) => readOneOf(DIALECTS, text, source), DEFAULT_OPTIONS.dialect),
    logLevel: value('log-level', (text, source) => readOneOf(LOG_LEVELS, text, source), DEFAULT_OPTIONS.logLevel),
  }
  checkTogether(options)
  return options
}

/** @throws UsageError for options that are right each by itself and wrong together */
function checkTogether(options: Options): void {
  checkBroker(options)
  checkOrders(options)
  const { config, users, supermon, anonymous, port, nodePorts, voterPorts } = options
  for (const [option, value] of [['--users', users], ['--auth', supermon]] as const) {
    if (value === null || config !== null) continue
    const why = options.fromMqtt === null ? 'the demo has no users' : 'it says which nodes visitors see'
    throw new UsageError(`${option} needs --config: ${why}; see --help`)
  }
  if (supermon !== null && users !== null) {
    throw new UsageError('--auth and --users cannot be combined: either Supermon-NG says who is signed in, or this gateway does; see --help')
  }
  if (anonymous === 'none' && users === null && supermon === null) {
    throw new UsageError('--anonymous none needs --users or --auth: nobody could sign in; see --help')
  }
  for (const [option, base] of [['--node-ports', nodePorts], ['--voter-ports', voterPorts]] as const) {
    if (base !== null && base === port) throw new UsageError(`${option} ${base} is the gateway's own port: choose another; see --help`)
  }
  if (voterPorts !== null && voterPorts === nodePorts) {
    throw new UsageError(`--voter-ports ${voterPorts} is the port of the first node: choose another; see --help`)
  }
}

/** @throws UsageError */
function checkBroker({ mqtt, fromMqtt, mqttName, mqttHomeAssistant, mqttUser, mqttPasswordFile, mqttCa, mqttCert, mqttKey }: Options): void {
  if (mqtt !== null && fromMqtt !== null) {
    throw new UsageError('--mqtt and --from-mqtt cannot be combined: a gateway publishes its own nodes, or shows those of others; see --help')
  }
  const [detail] = [['--mqtt-name', mqttName], ['--mqtt-user', mqttUser], ['--mqtt-password-file', mqttPasswordFile], ['--mqtt-ca', mqttCa], ['--mqtt-cert', mqttCert], ['--mqtt-key', mqttKey]].filter(([, value]) => value !== null)
  if (mqttHomeAssistant !== null && mqtt === null) {
    throw new UsageError('--mqtt-home-assistant needs --mqtt: a gateway that shows the nodes of others publishes none; see --help')
  }
  const url = mqtt ?? fromMqtt
  if (url === null) {
    if (detail !== undefined) throw new UsageError(`${detail[0]} needs --mqtt or --from-mqtt: there is no broker; see --help`)
    return
  }
  if ((mqttCert === null) !== (mqttKey === null)) throw new UsageError('--mqtt-cert and --mqtt-key need each other; see --help')
  if (mqttPasswordFile !== null && mqttUser === null) throw new UsageError('--mqtt-password-file needs --mqtt-user; see --help')
  if (!url.startsWith('mqtts:') && (mqttCa !== null || mqttCert !== null)) {
    throw new UsageError('--mqtt-ca and --mqtt-cert need an address that begins with mqtts://; see --help')
  }
}

/** @throws UsageError */
function checkOrders({ mqtt, fromMqtt, users, supermon, mqttSignKey, mqttOrders }: Options): void {
  if (mqttSignKey !== null && fromMqtt === null) throw new UsageError('--mqtt-sign-key needs --from-mqtt: it signs commands for nodes of others; see --help')
  if (mqttOrders === null) return
  if (mqtt === null) throw new UsageError('--mqtt-orders needs --mqtt: it says whose commands are taken from that broker; see --help')
  if (users === null && supermon === null) throw new UsageError('--mqtt-orders needs --users or --auth: without their files nobody has a right to command; see --help')
}

/** Text for `--help`, with its final newline. */
export function helpText(): string {
  const left = VALUES.map((option) => `  --${option.name} ${option.arg}`)
  const width = Math.max(...left.map((text) => text.length)) + 2
  return [
    'Usage: supermon-live [options]',
    '       supermon-live setup ..., writes the settings; see: supermon-live setup --help',
    '       supermon-live rollout ..., who holds sockets; see: supermon-live rollout --help',
    '       supermon-live web ..., puts it behind Apache or nginx; see: supermon-live web --help',
    '       supermon-live doctor, what is wrong and how to fix it',
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
