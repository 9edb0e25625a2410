/** `supermon-live rollout …`: reads and changes the rollout's file. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { loadConfig } from '../config/loadConfig.ts'
import { OPTION_VARIABLES, parseOptions } from '../config/options.ts'
import type { Options } from '../config/options.ts'
import { fail, show, UsageError } from '../config/optionValues.ts'
import { EVERYBODY, parseRollout, revisionOf, rolloutPath, rolloutText } from '../config/rolloutFile.ts'
import type { RolloutReading } from '../config/rolloutFile.ts'
import { withSettings } from '../config/settingsFile.ts'
import type { Surroundings } from '../config/surroundings.ts'
import { obstacleOf } from '../env/obstacle.ts'
import { printable } from '../env/printable.ts'
import { askReport } from './askReport.ts'
import { CommandError } from '../config/commandError.ts'
import { decide } from './decide.ts'
import { reportText } from './reportText.ts'
import { statusText } from './statusText.ts'
import { changeFile, clearWay, codeOf, FileBusy, keepAside, textOf } from '../env/wholeFile.ts'

/** Changes that the file remembers. */
const HISTORY = 200

const HELP = `Usage: supermon-live rollout <what> --config FILE

Who holds sockets, and who polls. A running gateway takes a change within 2 s.

  status                        what is in force, and the last changes
  set N                         N percent hold sockets, 0 to 100; 0 = listed users and nodes only
  off                           the kill switch: nobody holds a socket; works whatever the file says
  on                            back to what it was
  allow user NAME | node ID     holds sockets at every stage
  deny user NAME | node ID      never holds one; being denied wins
  unlist user NAME | node ID    takes it off both lists
  report                        what pages report, and what to do: asks the gateway that runs

  --config FILE                 allmon.ini, with rollout.json beside it
  --rollout FILE                rollout.json itself

For the report:
  --url URL                     where the gateway is; otherwise by --host, --port and --base
  --metrics-token-file FILE     the token that it asks of other machines

In the environment instead: SUPERMON_LIVE_CONFIG, SUPERMON_LIVE_ROLLOUT and the like; SUPERMON_LIVE_URL
`

/** Options that say which file. */
const OF_THE_FILE = ['rollout', 'config']
/** Options that mean something here. */
const OPTIONS = [...OF_THE_FILE, 'host', 'port', 'base', 'metrics-token-file']

/**
 * @param argv what stands behind `rollout`
 * @throws UsageError, CommandError
 */
export async function rolloutCommand(argv: readonly string[], surroundings: Surroundings): Promise<void> {
  const { words, options, url } = await sortOut(argv, surroundings)
  if (options === null) {
    surroundings.write(HELP)
    return
  }
  const [verb = ''] = words
  if (verb === '') fail('rollout needs a command', 'see: rollout --help')
  if (verb === 'report') {
    takesNothing(words)
    surroundings.write(reportText(await askReport(url ?? urlOf(options), options.metricsTokenFile)))
    return
  }
  const path = rolloutPath(options)
  if (path === null) throw new UsageError('rollout does not know which file; name it with --rollout FILE, or the configuration beside it with --config FILE')
  const lack = await lackOf(options, path)
  if (verb === 'status') await status(words, path, lack, surroundings)
  else await change(words, path, { lack, doubt: await doubtOf(words, options) }, surroundings)
}

interface Remarks {
  readonly lack: string | null
  readonly doubt: string | null
}

/** A slip in a node's number lists a node that there is not. null = none is listed, or it is there, or nobody knows. */
async function doubtOf([verb = '', what, id = '']: readonly string[], { config }: Options): Promise<string | null> {
  if (config === null || what !== 'node' || !['allow', 'deny'].includes(verb)) return null
  const nodes = await loadConfig(config).then((read) => read.nodes, () => null)
  if (nodes?.some((node) => node.id === id) !== false) return null
  return `${config} has no node ${id}: is that number right? Users' own files may have it.`
}

/** A slip in the name of the configuration makes a file that nobody reads. null = it is there, or the file itself was named. */
async function lackOf({ rollout, config }: Options, path: string): Promise<string | null> {
  if (rollout !== null || config === null) return null
  const code = await stat(config).then((found) => (found.isFile() ? '' : 'ENOENT'), codeOf)
  if (code !== 'ENOENT' && code !== 'ENOTDIR') return null
  return `There is no file ${config}, so perhaps no gateway reads ${path}: give --config the file that the gateway was given, or name its own with --rollout.`
}

async function status(words: readonly string[], path: string, lack: string | null, { write }: Surroundings): Promise<void> {
  takesNothing(words)
  mustBeRead(lack)
  const text = await telling(path, 'read', () => textOf(path))
  const file = text === null ? null : understood(text, path)
  write(statusText(file?.value ?? null, path) + linesOf(file?.warnings ?? []))
}

function takesNothing([verb = '', ...rest]: readonly string[]): void {
  if (rest.length > 0) fail(`rollout ${verb} takes nothing behind it, and got ${show(rest.join(' '))}`, 'leave it out')
}

function mustBeRead(lack: string | null, behind = ''): void {
  if (lack !== null) throw new CommandError(lack + behind)
}

async function change(words: readonly string[], path: string, { lack, doubt }: Remarks, { env, now, write }: Surroundings): Promise<void> {
  // Wrong words are told before anything is touched.
  decide(words, EVERYBODY)
  const entry = { at: new Date(now).toISOString(), by: whoAsks(env), did: words.join(' ') }
  const braking = words[0] === 'off'
  // The gateway may run on by a configuration that was taken away.
  if (!braking) mustBeRead(lack, ' Nothing was changed.')
  let says: string[] = []
  const left = braking ? await telling(path, 'changed', () => clearWay(path, now)) : null
  const ofLeft = left === null ? [] : [`A change before broke off. What it left is in ${left}, and counts for nothing.`]
  await telling(path, 'changed', () => changeFile(path, async (text) => {
    const file = text === null ? null : (braking ? parseRollout : understood)(text, path)
    const before = file?.broken === false ? file.value : null
    const { rollout, says: next } = decide(words, before ?? { ...EVERYBODY, salt: randomBytes(8).toString('hex') })
    const same = before !== null && revisionOf(before) === revisionOf(rollout)
    says = [same ? `It is so already. ${next}` : next, ...(file?.warnings ?? [])]
    if (same) return null
    if (file?.broken === true) says.push(asideText(await keepAside(path, '.broken')))
    return rolloutText({ ...rollout, history: [...rollout.history, entry].slice(-HISTORY) }, before === null ? null : text)
  })).catch((error: unknown) => {
    // The next brake finds nothing in its way, and has nothing to tell.
    throw error instanceof CommandError ? new CommandError([error.message, ...ofLeft].join(' ')) : error
  })
  // That nobody may read it comes first: whoever brakes reads no further than that it is done.
  write(linesOf([lack, ...says, ...ofLeft, doubt].filter((line) => line !== null)))
}

/** Of a file that the brake found and nobody understands. */
function asideText(aside: string): string {
  return `What stood there is in ${aside}, and counts no more. Before rollout on, say the stage anew (rollout set N), or correct that file and put it back.`
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/** Does it, with errors that people can act on. */
async function telling<T>(path: string, done: 'read' | 'changed', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UsageError || error instanceof CommandError) throw error
    if (error instanceof FileBusy) {
      throw new CommandError(`Somebody is changing the rollout: ${error.beside} is there. Try again in a moment; if nobody is, a change broke off: remove that file.`)
    }
    const { why, remedy } = obstacleOf(error)
    throw new CommandError(`${path} cannot be ${done}: ${why}. Nothing was changed; ${remedy ?? 'check the path, or run this as the user that may'}.`)
  }
}

/** @throws CommandError */
function understood(text: string, path: string): RolloutReading {
  const file = parseRollout(text, path)
  if (file.broken) throw new CommandError(`${file.warnings.join(' ')}. Nothing was changed. The brake works all the same, and puts the file aside: rollout off`)
  return file
}

/** Where the gateway listens that has these options, as this machine reaches it. */
function urlOf({ host, port, base }: Options): string {
  if (port === 0) fail('the gateway has any free port', 'say where it is with --url')
  const address = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}${base}`
}

interface Given {
  readonly words: readonly string[]
  /** null = `--help`. */
  readonly options: Options | null
  readonly url: string | null
}

/** The words, and the options among them. */
async function sortOut(argv: readonly string[], { env }: Surroundings): Promise<Given> {
  const words: string[] = []
  const options: string[] = []
  let url = env['SUPERMON_LIVE_URL'] ?? ''
  for (let i = 0; i < argv.length; i += 1) {
    const word = argv[i] ?? ''
    if (word === '--help' || word === '-h') return { words, options: null, url: null }
    if (!word.startsWith('--')) {
      words.push(word)
      continue
    }
    const name = word.slice(2).split('=')[0] ?? ''
    if (name !== 'url' && !OPTIONS.includes(name)) fail(`rollout has no option ${show(word)}`, 'see: rollout --help')
    const inline = word.includes('=')
    const value = inline ? [] : argv.slice(i + 1, i + 2)
    i += value.length
    if (name === 'url') url = inline ? word.slice('--url='.length) : (value[0] ?? '')
    else options.push(word, ...value)
  }
  // What stands in the environment for the report must not keep the brake from its work.
  if (words[0] === 'report' && url !== '' && !/^https?:\/\//.test(url)) fail(`--url ${show(url)} is not an address`, 'give one like http://127.0.0.1:8105; see: rollout --help')
  return { words, options: await optionsOf(options, words[0] === 'report' ? OPTIONS : OF_THE_FILE, env), url: url === '' ? null : url.replace(/\/+$/, '') }
}

/** @param own settings that matter. The kill switch works whatever else stands there, as after a downgrade. */
async function optionsOf(argv: readonly string[], own: readonly string[], env: Surroundings['env']): Promise<Options> {
  const settings = await withSettings(env, own)
  const variables = own.map((name) => OPTION_VARIABLES.get(name) ?? '')
  return parseOptions(argv, Object.fromEntries(variables.map((name) => [name, settings.env[name]])), [], settings.sourceOf)
}

function whoAsks(env: Surroundings['env']): string {
  const sudo = env['SUDO_USER'] ?? ''
  if (sudo !== '') return printable(sudo, 64)
  try {
    return printable(userInfo().username, 64)
  } catch {
    // A user id without a name, as containers have them.
    return `uid ${process.getuid?.() ?? '?'}`
  }
}
