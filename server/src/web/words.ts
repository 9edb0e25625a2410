/** The words of `supermon-live web …`. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fail, readOneOf, show } from '../config/optionValues.ts'
import { readFilePath, readName, SERVERS } from './plan.ts'
import { told } from './webConf.ts'
import type { WebConf } from './webConf.ts'

export const HELP = `Usage: supermon-live web apache|nginx [options]

Makes the web server of this machine lead to Supermon Live: in a folder of the existing site, or as a host of its own.

  --name HOST           a host of its own, such as node.example; otherwise the folder that is the gateway's base path
  --certificate FILE    its certificate, for TLS; with --key FILE
  --into FILE           nginx: the file of the site, where there are several
  --base PATH           where the gateway answers, this once; otherwise, and again at --refresh, as the settings say
  --port PORT           likewise
  --print               shows the files and changes nothing
  --dry-run             says what would be done and changes nothing
  --remove              takes all of it out again; modules stay on, as others may use them
  --refresh             makes anew what was made before, as an upgrade does
  --force               overwrites files that were changed by hand
  --root DIR            takes DIR for /

With dialect = supermon-ng in the settings only the sockets below the base path lead to Supermon Live.
`

export interface Words {
  /** null = the server is not named. */
  readonly conf: WebConf | null
  readonly print: boolean
  readonly dryRun: boolean
  readonly remove: boolean
  readonly refresh: boolean
  readonly force: boolean
  /** Absolute. */
  readonly root: string
  /** For the gateway's own reader: `--base=…`, `--port=…`. */
  readonly options: readonly string[]
}

const VALUES = ['name', 'certificate', 'key', 'into', 'base', 'port', 'root'] as const
const FLAGS = ['print', 'dry-run', 'remove', 'refresh', 'force', 'help'] as const

/** @returns null for `--help` @throws UsageError */
export function readWords(argv: readonly string[]): Words | null {
  const { values, flags, words } = sortOut(argv)
  if (flags.has('help')) return null
  const [first, ...rest] = words
  if (rest.length > 0) fail(`web takes one web server, and got ${show(words.join(' '))}`, 'see: web --help')
  const value = <T>(name: (typeof VALUES)[number], read: (text: string, source: string) => T): T | null => {
    const text = values.get(name)
    return text === undefined ? null : read(text, `--${name}`)
  }
  const server = first === undefined ? null : readOneOf(SERVERS, first, 'web')
  const into = value('into', readFilePath)
  if (into !== null && server === 'apache') fail('--into is for nginx', 'leave it out: Apache reads a file of its own')
  const site = told(value('name', readName), value('certificate', readFilePath), value('key', readFilePath), 'web')
  if (into !== null && site.name !== null) fail('--into and --name cannot be combined', 'a host of its own has a file of its own')
  refuseBoth(flags, words.length > 0 || ['name', 'certificate', 'key', 'into'].some((name) => values.has(name)))
  return {
    conf: server === null ? null : { server, ...site, into },
    print: flags.has('print'),
    dryRun: flags.has('dry-run'),
    remove: flags.has('remove'),
    refresh: flags.has('refresh'),
    force: flags.has('force'),
    root: resolve(values.get('root') ?? '/'),
    options: (['base', 'port'] as const).flatMap((name) => (values.has(name) ? [`--${name}=${values.get(name) ?? ''}`] : [])),
  }
}

/** What one word says and another one takes back. */
function refuseBoth(flags: ReadonlySet<string>, named: boolean): void {
  if (flags.has('print') && flags.has('remove')) fail('--print and --remove cannot be combined', 'to see what would be removed, write --remove --dry-run')
  if (!flags.has('refresh')) return
  if (named) fail('--refresh makes anew what was told before, and takes neither a web server nor its site', 'leave one of them out')
  if (flags.has('remove')) fail('--refresh and --remove cannot be combined', 'leave one of them out')
}

function sortOut(argv: readonly string[]) {
  const { tokens } = parseArgs({
    args: [...argv], strict: false, tokens: true,
    options: {
      ...Object.fromEntries(VALUES.map((name) => [name, { type: 'string' as const }])),
      ...Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean' as const }])),
      help: { type: 'boolean', short: 'h' },
    },
  })
  const values = new Map<string, string>()
  const flags = new Set<string>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    else if (token.kind === 'option' && isOne(FLAGS, token.name)) flags.add(token.name)
    else if (token.kind === 'option' && isOne(VALUES, token.name)) {
      const text = token.value ?? ''
      if (text.trim() === '' || (token.inlineValue !== true && text.startsWith('--'))) fail(`--${token.name} has no value`, `write --${token.name} VALUE; see: web --help`)
      values.set(token.name, text)
    } else if (token.kind === 'option') fail(`web has no option ${show(token.rawName)}`, 'see: web --help')
  }
  return { values, flags, words }
}

function isOne(names: readonly string[], name: string): boolean {
  return names.includes(name)
}
