/** The gateway's command line. Exit codes: 0 stopped as asked, 1 could not run, 2 wrong option. */
import { existsSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { watchAuthority } from './accounts.ts'
import { startApp } from './app.ts'
import type { App, AppLog } from './app.ts'
import { brokerOf } from './brokerOf.ts'
import { AstDb } from './config/astdb.ts'
import { CommandError } from './config/commandError.ts'
import { ConfigError } from './config/errors.ts'
import { helpText, parseOptions, readAction, UsageError } from './config/options.ts'
import type { Options } from './config/options.ts'
import { figuresPath, rolloutPath } from './config/rolloutFile.ts'
import { Secret } from './config/secret.ts'
import { withSettings } from './config/settingsFile.ts'
import type { Surroundings } from './config/surroundings.ts'
import { refuseUnknownVariables, withoutServices } from './config/unknownVariables.ts'
import { ConfigWatch } from './configWatch.ts'
import { startDemo } from './demo.ts'
import { doctorCommand } from './doctor/command.ts'
import { systemClock } from './env/clock.ts'
import { runProgram } from './env/runProgram.ts'
import { ServiceManager } from './env/serviceManager.ts'
import { DEFAULT_LIMITS } from './gateway/limits.ts'
import { hangup } from './hangup.ts'
import { NO_SITE } from './http/configRoutes.ts'
import { createLog, lostLines } from './log.ts'
import { standardOutput } from './logOutput.ts'
import { rolloutCommand } from './rollout/command.ts'
import { Figures } from './rollout/figures.ts'
import { FiguresStore } from './rollout/figuresStore.ts'
import { NO_ROLLOUT, RolloutWatch } from './rollout/rolloutWatch.ts'
import { setupCommand } from './setup/command.ts'
import { SiteWatch } from './site/siteWatch.ts'
import { firstOfEach } from './userInis.ts'
import { webCommand } from './web/command.ts'

declare const __VERSION__: string | undefined
const version = typeof __VERSION__ === 'string' ? __VERSION__ : '0.0.0-dev'

type Command = (argv: readonly string[], surroundings: Surroundings) => Promise<number | void>
/** What the first word may ask for in place of running the gateway. A command may answer with its exit code. */
const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['rollout', rolloutCommand],
  ['setup', setupCommand],
  ['web', webCommand],
  ['doctor', (argv, surroundings) => doctorCommand(argv, surroundings, {
    version, limits: Object.keys(DEFAULT_LIMITS), run: runProgram, uid: process.getuid?.() ?? -1, systemd: existsSync('/run/systemd/system'),
    builtAt: statSync(fileURLToPath(import.meta.url)).mtimeMs, now: () => Date.now(), holdMs: 5_000,
  })],
])

async function main(): Promise<void> {
  const [, , first = '', ...rest] = process.argv
  const variables = withoutServices(process.env)
  const command = COMMANDS.get(first)
  if (command !== undefined) {
    hearErrors()
    const code = (await command(rest, { env: variables, write: tell, now: Date.now() })) ?? 0
    process.exitCode ||= code
    return
  }
  const argv = process.argv.slice(2)
  const action = readAction(argv)
  if (action === 'help' || action === 'version') {
    hearErrors()
    tell(action === 'help' ? helpText() : `${version}\n`)
  } else {
    refuseUnknownVariables(variables)
    const { env, sourceOf } = await withSettings(variables)
    await run(parseOptions(argv, env, Object.keys(DEFAULT_LIMITS), sourceOf))
  }
}

/** Who cannot hear a command must not stop it half way. */
function hearErrors(): void {
  process.stdout.on('error', unheard)
}

let isToldUnheard = false

/** Who reads no further, as head does, wants no more. */
function unheard({ code = '' }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE' || isToldUnheard) return
  isToldUnheard = true
  process.exitCode = 1
  complain(`Standard output cannot be written (${code}), so what is said there is lost: make room, or send it elsewhere.`)
}

function tell(text: string): void {
  try {
    process.stdout.write(text)
  } catch (error) {
    // Not every Node tells it by the event.
    unheard(error as NodeJS.ErrnoException)
  }
}

async function run(options: Options): Promise<void> {
  const demo = options.config === null && options.fromMqtt === null ? await startDemo() : null
  // Whoever tries the demo reads one block, not a log.
  const quiet = demo !== null && options.logLevel === 'info'
  const output = standardOutput()
  lastWords = () => output.flush(systemClock, LAST_WORDS_MS)
  const log = createLog(quiet ? 'warn' : options.logLevel, output)
  output.onLost(lostLines(log))
  const astdb = new AstDb({
    files: [options.privateNodes, options.astdb].filter((path) => path !== null),
    ...(demo === null ? {} : { builtIn: demo.names }),
    warn: (message) => { log.warn({}, message) },
  })
  await astdb.refresh()
  const names = (id: string) => astdb.lookup(id)
  const configured = options.config === null ? null : await ConfigWatch.open({ path: options.config, log })
  let general = demo?.nodes ?? configured?.config.nodes ?? []

  const { orders, ...broker } = await brokerOf(options, log)
  const metricsToken = options.metricsTokenFile === null ? null : await readToken(options.metricsTokenFile)
  const authority = await watchAuthority(options, () => new Set(general.map(({ id }) => id)), log)
  // What users have besides is there for them; whoever did not sign in goes by the general file.
  const nodes = () => firstOfEach([...general, ...authority.nodes()])
  const texts = siteTexts(options, log)
  const rollout = rolloutOf(options, log)
  const kept = figuresPath(options)
  const figures = kept === null ? null : await FiguresStore.open({ path: kept, clock: systemClock, warn: (message) => { log.warn({}, message) } })
  await Promise.all([texts?.refresh(), rollout?.refresh()])
  let app: App
  try {
    app = await startApp({ ...options, ...broker, nodes: demo === null && configured === null ? null : nodes(), site: demo?.site ?? configured?.config ?? NO_SITE, ...(texts === null ? {} : { texts }), rollout: rollout ?? NO_ROLLOUT, figures: figures?.figures ?? new Figures(), search: astdb, names, version, files: dashboardFiles(), demo: demo !== null, log, metricsToken, access: authority.access, orderRights: authority.orderRights })
  } catch (error) {
    authority.stop()
    await demo?.close()
    throw error
  }
  astdb.onChange(() => { app.namesChanged() })
  const stopNames = astdb.watch(systemClock)
  const stopTexts = texts?.watch(systemClock)
  const stopRollout = rollout?.watch(systemClock)
  const stopOrders = orders?.watch(systemClock)
  configured?.watch.start((config) => {
    general = config.nodes
    app.reconfigure(nodes(), config)
    log.info({ nodes: nodes().length }, 'configuration read again')
  })
  authority.onNodes(() => {
    app.reconfigure(nodes())
    log.info({ nodes: nodes().length }, "users' ini files read again")
  })
  const manager = new ServiceManager({ env: process.env, pid: process.pid, clock: systemClock, run: runProgram, warn: (message) => { log.warn({}, message) } })
  const status = () => `serving ${app.nodes} node${app.nodes === 1 ? '' : 's'} at ${app.url}`
  const stop = stopOnce(async (signal) => {
    const told = manager.stopping()
    log.info({ signal }, 'stopping')
    configured?.watch.stop()
    stopNames()
    stopTexts?.()
    stopRollout?.()
    stopOrders?.()
    await app.close()
    await figures?.close()
    authority.stop()
    await demo?.close()
    await told
    await lastWords()
  })
  const reread = async () => {
    await Promise.all([configured?.watch.reload(), authority.reload(), astdb.refresh(), texts?.refresh(), rollout?.refresh(), orders?.refresh()])
    log.info({}, 'SIGHUP: all files read again')
  }
  process.on('SIGHUP', hangup({ reread: () => void manager.reloading(reread, status), stop: () => { stop('SIGHUP') } }))
  if (demo === null && authority.access === null && !isLoopback(options.host)) log.warn({ host: options.host }, OPEN_DOOR)
  // Last: whoever reads it may send a signal at once.
  if (demo === null) log.info({ url: app.url, nodes: app.nodes }, `listening on ${app.url}`)
  else process.stdout.write(demoNotice(app.url))
  void manager.ready(status())
}

/** The header's texts: from the file that is named, or from Supermon-NG's own, which stands beside its allmon.ini. */
function siteTexts({ site, config }: Options, log: AppLog): SiteWatch | null {
  const path = site ?? (config === null ? null : join(dirname(config), 'global.inc'))
  return path === null ? null : new SiteWatch({ path, named: site !== null, warn: (message) => { log.warn({}, message) } })
}

/** Who holds sockets: by the file that is named, or by the one beside the configuration. The demo's are for everybody. */
function rolloutOf(options: Options, log: AppLog): RolloutWatch | null {
  const path = rolloutPath(options)
  return path === null ? null : new RolloutWatch({ path, named: options.rollout !== null, warn: (message) => { log.warn({}, message) } })
}

/** So long a gateway that ends waits for whoever reads its log, ms. */
const LAST_WORDS_MS = 1_000

/** A terminal, npm and a wrapper may each deliver the same Ctrl-C: repeats within this time are one wish, ms. */
const SAME_WISH = 1_000

/** Ends the process after `stop`, by a signal or by whoever calls what is returned. */
function stopOnce(stop: (signal: string) => Promise<void>): (signal: string) => void {
  let since: number | null = null
  const wish = (signal: string) => {
    if (since === null) {
      since = Date.now()
      void stop(signal).then(() => { end(signal) })
    } else if (Date.now() - since > SAME_WISH) {
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, wish)
  return wish
}

function end(signal: string): void {
  if (signal !== 'SIGHUP') process.exit(0)
  // Node 20 crashes at its exit, resetting a terminal that is gone; the signal's own end is quiet.
  process.removeAllListeners('SIGHUP')
  process.kill(process.pid, 'SIGHUP')
}

/** All nodes for everybody is what some want; nobody should have it without knowing. */
const OPEN_DOOR =
  'Whoever reaches this address sees all nodes: there are no accounts. Name a folder of them with --users or a ' +
  'Supermon-NG with --auth, or listen on 127.0.0.1 behind a web server.'

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

function demoNotice(url: string): string {
  return `
  Supermon Live ${version}

  Dashboard     ${url}
  The nodes are simulated: no radio, no Asterisk.
  Your own      npm start -- --config /path/to/allmon.ini
  Stop          Ctrl-C

`
}

/** Long enough not to be guessed, and on one line: it travels in a header. */
const TOKEN = /^[\x21-\x7e]{16,256}$/

async function readToken(path: string): Promise<Secret> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`--metrics-token-file cannot be read (${(error as { code?: string }).code ?? 'unknown'}); check its path and rights`)
  })
  if (TOKEN.test(text.trim())) return new Secret(text.trim())
  throw new UsageError('--metrics-token-file holds no token; put 16 to 256 letters and digits into it, on one line')
}

/** The built dashboard: beside the bundle in a checkout, below it in a package, or two up from the source. */
function dashboardFiles(): string | null {
  const candidates = ['../dist-app', './app', '../../dist-app'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
  return candidates.find((path) => existsSync(`${path}/index.html`)) ?? null
}

/** One line that says what is wrong and what to do. */
function explain(error: unknown): { message: string; code: number } {
  if (error instanceof UsageError) return { message: error.message, code: 2 }
  if (error instanceof ConfigError || error instanceof CommandError) return { message: error.message, code: 1 }
  const { code, port, address } = error as { code?: string; port?: number; address?: string }
  if (code === 'EADDRINUSE') {
    return { message: `Port ${port} is in use: stop what uses it, or choose another with --port.`, code: 1 }
  }
  if (code === 'EACCES' && port !== undefined) return { message: `Port ${port} may not be used by this user: choose one above 1023 with --port.`, code: 1 }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return { message: `This machine has no address ${address ?? ''}: choose another with --host.`, code: 1 }
  }
  return { message: `Unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, code: 1 }
}

/** Ends when the log is written, or need not be waited for any longer. */
let lastWords = (): Promise<void> => Promise.resolve()
let isDying = false

/** What led up to it stands in the log first. Of what else goes wrong meanwhile nothing is told. */
async function die(error: unknown): Promise<void> {
  if (isDying) return
  isDying = true
  await lastWords()
  const { message, code } = explain(error)
  complain(message)
  process.exit(code)
}

function complain(message: string): void {
  process.stderr.write(`supermon-live: ${message}\n`)
}

// Where complaints cannot be read either, nobody is left to tell.
process.stderr.on('error', () => undefined)

process.on('uncaughtException', (error) => void die(error))
process.on('unhandledRejection', (error) => void die(error))
await main().catch(die)
