/** The words behind `supermon-live setup`. */
import { parseArgs } from 'node:util'
import { fail, readBase, readOneOf, show } from '../config/optionValues.ts'
import type { WebServer } from './findings.ts'
import type { Setup } from './settings.ts'

export interface SetupOptions {
  /** null = the one that suits what is found. */
  readonly setup: Setup | null
  readonly config: string | null
  readonly base: string | null
  /** null = the one that is found. */
  readonly web: WebServer | 'none' | null
  readonly manager: 'print' | 'apply' | null
  /** May people command nodes, and see names of EchoLink stations? */
  readonly control: boolean
  /** Nobody is there to be asked. */
  readonly yes: boolean
  readonly dryRun: boolean
  readonly root: string
}

export const SETUP_HELP = `Usage: supermon-live setup [options]

Finds Supermon-NG or Asterisk on this machine, writes the settings of the gateway, and tells the web server. What is there
already is kept, so it may be run again at any time.

  --beside              our page beside Supermon-NG's, with its sign-in (where Supermon-NG is found)
  --under               below an unmodified Supermon-NG page, in place of its own WebSocket daemon
  --alone               our page alone (where only Asterisk is found)
  --demo                simulated nodes, to look around
  --config FILE         an allmon.ini that is somewhere else
  --base PATH           URL path of the page (/supermon-ng/live beside, /supermon-live alone)
  --web SERVER          apache, nginx, or none = leave web servers alone (the one that is installed)
  --manager WHAT        print = show the user for manager.conf; apply = add it (a terminal is asked, else print)
  --control             that user may also command nodes, and ask for names of EchoLink stations
  --yes                 ask no questions
  --dry-run             show what would be written, and change nothing
  --root DIR            set up the machine below that folder, not this one

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no nodes found.
`

const SETUPS = ['under', 'beside', 'alone', 'demo'] as const

/**
 * @returns null = `--help`
 * @throws UsageError
 */
export function readSetupOptions(argv: readonly string[]): SetupOptions | null {
  const values = parse(argv)
  if (values.has('help')) return null
  const text = <T>(name: string, read: (value: string, source: string) => T): T | null => {
    const value = values.get(name)
    return value === undefined ? null : read(value, `--${name}`)
  }
  const setups = SETUPS.filter((name) => values.has(name))
  if (setups.length > 1) fail(`--${setups.join(' and --')} cannot be combined`, 'give one of them; see: setup --help')
  if (values.has('demo') && values.has('config')) fail('--demo and --config cannot be combined', 'the demo has nodes of its own; see: setup --help')
  const absolute = (value: string, source: string) => (value.startsWith('/') ? value : fail(`${source} ${show(value)} does not begin with /`, 'give the whole path'))
  return {
    setup: setups[0] ?? null,
    config: text('config', absolute),
    base: text('base', readBase),
    web: text('web', (value, source) => readOneOf(['apache', 'nginx', 'none'] as const, value, source)),
    manager: text('manager', (value, source) => readOneOf(['print', 'apply'] as const, value, source)),
    control: values.has('control'),
    yes: values.has('yes'),
    dryRun: values.has('dry-run'),
    root: text('root', absolute) ?? '/',
  }
}

const VALUES = ['config', 'base', 'web', 'manager', 'root']
const FLAGS = [...SETUPS, 'control', 'yes', 'dry-run', 'help']

function parse(argv: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const { tokens } = parseArgs({
    args: [...argv], strict: false, tokens: true,
    options: {
      ...Object.fromEntries(VALUES.map((name) => [name, { type: 'string' as const }])),
      ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' as const, ...(name === 'help' ? { short: 'h' } : {}) }])),
    },
  })
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') return fail(`setup takes no ${show(token.value)}`, 'options start with --; see: setup --help')
    const { name, value } = token
    if (FLAGS.includes(name)) {
      if (value !== undefined) fail(`--${name} takes no value`, 'leave the value out; see: setup --help')
    } else if (!VALUES.includes(name)) {
      fail(`setup has no option ${show(token.rawName)}`, 'see: setup --help')
    } else if (value === undefined || value.trim() === '' || (token.inlineValue === false && value.startsWith('-'))) {
      fail(`--${name} has no value`, `write --${name} VALUE; see: setup --help`)
    }
    values.set(name, value ?? '')
  }
  return values
}
