/** Which settings an installation gets. */
import { dirname } from 'node:path'
import { DEFAULT_OPTIONS } from '../config/options.ts'
import { CONFIG_FOLDER, STATE_FOLDER } from '../config/settingsFile.ts'
import type { Findings } from './findings.ts'
import type { SupermonNg } from './supermonNg.ts'
import { BACKEND } from './supermonNg.ts'

/** (a) below an unmodified page of Supermon-NG, (b) beside it with its sign-in, (c) ours alone, (d) simulated nodes. */
export type Setup = 'under' | 'beside' | 'alone' | 'demo'

export interface SettingLine {
  /** An option of the gateway, without its dashes. */
  readonly name: string
  readonly value: string
  /** Stands above the line. */
  readonly remark: string
}

export const OWN_ALLMON = `${CONFIG_FOLDER}/allmon.ini`
const FIGURES = `${STATE_FOLDER}/rollout-figures.json`

const { port: PORT } = DEFAULT_OPTIONS
/** Where Supermon-NG's daemon has the usual one. */
const OTHER_PORT = 8115

export interface Wish {
  readonly setup: Setup
  /** An allmon.ini that was named; null = the one that was found, or our own. */
  readonly config: string | null
  /** null = what the setup has by itself. */
  readonly base: string | null
  /** Is there a `.htpasswd` beside the allmon.ini that was named? */
  readonly accountsBeside: boolean
}

export function settingsFor(wish: Wish, findings: Findings): SettingLine[] {
  const { setup, base } = wish
  const path = base ?? usualBase(setup, findings.supermon)
  const where = [
    ...(path === '' ? [] : [line('base', path, 'The path of the page on the web server, which has to know it too: see supermon-live web.')]),
    line('port', String(portFor(setup, findings.supermon)), portRemark(setup, findings.supermon)),
  ]
  if (setup === 'demo') return where
  return [
    line('config', configOf(wish, findings), 'The nodes, and how to sign in to their Asterisk.'),
    ...where,
    ...signIn(wish, findings.supermon),
    ...names(wish, findings),
    line('rollout', `${CONFIG_FOLDER}/rollout.json`, 'Who holds sockets: see supermon-live rollout. Without that file everybody does.'),
    line('figures', FIGURES, 'What pages report of it, kept over a restart.'),
  ]
}

function line(name: string, value: string, remark: string): SettingLine {
  return { name, value, remark }
}

function usualBase(setup: Setup, supermon: SupermonNg | null): string {
  if (setup === 'under') return supermon?.base ?? '/supermon-ng'
  // Its cookie goes to pages below its own only.
  if (setup === 'beside') return `${supermon?.base ?? '/supermon-ng'}/live`
  return '/supermon-live'
}

function portFor(setup: Setup, supermon: SupermonNg | null): number {
  // Its page is sent to that very port by its own rules, and its daemon gives it up.
  if (setup === 'under') return supermon?.daemonPort ?? PORT
  return supermon?.daemonPort === PORT ? OTHER_PORT : PORT
}

/** Is Supermon-NG's own daemon to go? Only where we do its work, and need its port for that: beside it, it is none of our business. */
export function replacesDaemon(settings: ReadonlyMap<string, string>, supermon: SupermonNg | null): boolean {
  return settings.get('dialect') === 'supermon-ng' && supermon?.daemonPort === Number(settings.get('port') ?? PORT)
}

/** Is it to run on? With any other setup, unless our port is its own. */
export function leavesDaemon(settings: ReadonlyMap<string, string>, supermon: SupermonNg | null): boolean {
  const daemonPort = supermon?.daemonPort ?? null
  return settings.get('dialect') !== 'supermon-ng' && daemonPort !== null && daemonPort !== Number(settings.get('port') ?? PORT)
}

function portRemark(setup: Setup, supermon: SupermonNg | null): string {
  if (setup !== 'under' && supermon?.daemonPort === PORT) return `The port of the gateway, on this machine only: ${PORT} is that of Supermon-NG's own daemon.`
  return 'The port of the gateway, on this machine only.'
}

function configOf({ config }: Wish, { supermon }: Findings): string {
  return config ?? supermon?.allmonIni ?? OWN_ALLMON
}

function signIn(wish: Wish, supermon: SupermonNg | null): SettingLine[] {
  const auth = line('auth', `supermon=${BACKEND}`, 'Who signed in to Supermon-NG is signed in here.')
  switch (wish.setup) {
    case 'under':
      // Its page shows users the nodes of files of their own, and asks us for them.
      return [line('dialect', 'supermon-ng', "Supermon-NG's page is spoken to in its own words."), auth]
    case 'beside':
      return [auth]
    case 'alone': {
      const users = usersOf(wish, supermon)
      return users === null ? [] : [line('users', users, "People sign in here with Supermon-NG's files: .htpasswd, authusers.inc, authini.inc.")]
    }
    case 'demo':
      return []
  }
}

function usersOf({ config, accountsBeside }: Wish, supermon: SupermonNg | null): string | null {
  if (config !== null) return accountsBeside ? dirname(config) : null
  return supermon?.userFiles ?? null
}

function names({ config }: Wish, findings: Findings): SettingLine[] {
  const own = config === null ? findings.supermon : null
  const astdb = own?.astdb ?? findings.astdb
  const privateNodes = own?.privateNodes ?? findings.privateNodes
  return [
    ...(astdb === null ? [] : [line('astdb', astdb, 'Call signs and places of nodes.')]),
    ...(privateNodes === null ? [] : [line('private-nodes', privateNodes, 'Names of private nodes, which take precedence over those.')]),
  ]
}

export function settingsText(lines: readonly SettingLine[]): string {
  const head = [
    '# Settings of Supermon Live, made by supermon-live setup, which never changes them again. Each is an option of the',
    '# gateway: supermon-live --help. A change takes effect after: sudo systemctl restart supermon-live',
  ]
  return `${[...head, ...lines.flatMap(({ name, value, remark }) => ['', `# ${remark}`, `${name} = ${value}`])].join('\n')}\n`
}
