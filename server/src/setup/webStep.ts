/** Hands the web server over to the command `web`, which knows how to tell it. */
import { CommandError } from '../config/commandError.ts'
import { DEFAULT_OPTIONS, OPTION_VARIABLES } from '../config/options.ts'
import { plainBase, UsageError } from '../config/optionValues.ts'
import type { Surroundings } from '../config/surroundings.ts'
import { isLoopback } from '../env/addressPace.ts'
import { parseWebConf, WEB_CONF } from '../web/webConf.ts'
import type { WebConf } from '../web/webConf.ts'
import type { WebServer } from './findings.ts'
import type { SetupOptions } from './options.ts'
import type { Place } from './place.ts'

export type WebCommand = (argv: readonly string[], surroundings: Surroundings) => Promise<number | void>

export interface WebStep {
  readonly options: SetupOptions
  readonly found: WebServer | null
  readonly settings: ReadonlyMap<string, string>
  readonly place: Place
  readonly web: WebCommand
  readonly surroundings: Surroundings
  readonly say: (line: string) => void
  readonly hostName: string
}

/** @returns whether all went well */
export async function tellWebServer(step: WebStep): Promise<boolean> {
  const { options, found, settings, say } = step
  const told = await whatItWasTold(step)
  if (told === 'broken') return false
  const server = options.web ?? found
  if (options.web === 'none' || (server === null && told === null)) {
    if (server === null) say('Note     There is no web server here that setup knows. Install apache2 or nginx, then: sudo supermon-live setup')
    say(`Page     ${withoutWebServer(step)}`)
    return true
  }
  if (settings.get('dialect') === 'supermon-ng' && baseOf(step) === '' && (told?.name ?? null) === null) return leaveToItsSite(step, told)
  // What it was told before stays so, a host of its own above all.
  const isRefresh = told !== null && (options.web === null || options.web === told.server)
  const done = await callWeb(step, isRefresh ? ['--refresh'] : [server ?? ''])
  if (!done) return false
  // Another server was told of a folder only. On a dry run nothing says so.
  const now = isRefresh ? told : options.dryRun ? null : await whatItWasTold(step)
  if (now === 'broken') return false
  say(`Page     ${now?.tls == null ? 'http' : 'https'}://${now?.name ?? step.hostName}${baseOf(step)}/`)
  return true
}

/**
 * The site that Supermon-NG has for itself at APP_BASE_PATH=/ leads /ws/ to us in every browser (its generate-apache-template.sh). What the web
 * server was told for another path is of no use any more.
 */
async function leaveToItsSite(step: WebStep, told: WebConf | null): Promise<boolean> {
  if (told !== null && !(await callWeb(step, ['--remove']))) return false
  step.say(`Note     Supermon-NG has a site of its own, so no web server is set up: its own rule for /ws/ has to lead to port ${portOf(step.settings)}`)
  step.say(`Page     http://${step.hostName}/`)
  return true
}

/** Where the gateway itself answers, and to whom. */
function withoutWebServer(step: WebStep): string {
  const { settings, hostName } = step
  const host = settings.get('host') ?? DEFAULT_OPTIONS.host
  const isLocal = host === 'localhost' || isLoopback(host)
  const name = isLocal ? host : ['0.0.0.0', '::'].includes(host) ? hostName : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${portOf(settings)}${baseOf(step)}/${isLocal ? ' from this machine only' : ''}`
}

function portOf(settings: ReadonlyMap<string, string>): string {
  return settings.get('port') ?? String(DEFAULT_OPTIONS.port)
}

/** null = nothing yet. */
async function whatItWasTold({ place, say }: WebStep): Promise<WebConf | 'broken' | null> {
  try {
    const text = await place.textOf(WEB_CONF)
    return text === null ? null : parseWebConf(text, WEB_CONF)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    say(`Failed   The web server was not set up: ${error.message}`)
    return 'broken'
  }
}

function baseOf({ settings }: WebStep): string {
  return plainBase(settings.get('base') ?? '')
}

async function callWeb({ options, settings, web, surroundings, place, say }: WebStep, words: readonly string[]): Promise<boolean> {
  const base = settings.get('base')
  const argv = [
    ...words,
    ...(base === undefined ? [] : ['--base', base]),
    ...['--port', portOf(settings)],
    ...(place.isThisMachine ? [] : ['--root', options.root]),
    ...(options.dryRun ? ['--dry-run'] : []),
  ]
  // The settings may be a minute old, or not written at all: it must not look for them in what this process was started with.
  const env: Record<string, string | undefined> = { ...surroundings.env }
  for (const [name, variable] of OPTION_VARIABLES) env[variable] = settings.get(name)
  try {
    return ((await web(argv, { ...surroundings, env })) ?? 0) === 0
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof UsageError)) throw error
    say(`Failed   The web server was not set up: ${error.message}`)
    return false
  }
}
