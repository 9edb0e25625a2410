/** Hands the web server over to the command `web`, which knows how to tell it. */
import { CommandError } from '../config/commandError.ts'
import { OPTION_VARIABLES } from '../config/options.ts'
import { UsageError } from '../config/optionValues.ts'
import type { Surroundings } from '../config/surroundings.ts'
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
  const { options, found, say } = step
  const told = await whatItWasTold(step)
  if (told === 'broken') return false
  const server = options.web ?? found
  if (options.web === 'none' || (server === null && told === null)) {
    if (server === null) say('Note     There is no web server here that setup knows. Install apache2 or nginx, then: sudo supermon-live setup')
    say(`Page     http://127.0.0.1:${step.settings.get('port') ?? '8105'}${baseOf(step)}/ from this machine only`)
    return true
  }
  // What it was told before stays so, a host of its own above all.
  const words = told !== null && options.web === null ? ['--refresh'] : [server ?? '']
  const done = await callWeb(step, words)
  if (done) say(`Page     ${told?.tls == null ? 'http' : 'https'}://${told?.name ?? step.hostName}${baseOf(step)}/`)
  return done
}

/** null = nothing yet. */
async function whatItWasTold({ place, say }: WebStep): Promise<WebConf | 'broken' | null> {
  try {
    const text = await place.textOf(WEB_CONF)
    return text === null ? null : parseWebConf(text, WEB_CONF)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    say(`Failed   The web server was not told: ${error.message}`)
    return 'broken'
  }
}

function baseOf({ settings }: WebStep): string {
  return settings.get('base') ?? ''
}

async function callWeb({ options, settings, web, surroundings, place, say }: WebStep, words: readonly string[]): Promise<boolean> {
  const base = settings.get('base')
  const argv = [
    ...words,
    ...(base === undefined ? [] : ['--base', base]),
    ...['--port', settings.get('port') ?? '8105'],
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
    say(`Failed   The web server was not told: ${error.message}`)
    return false
  }
}
