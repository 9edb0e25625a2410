/**
 * The settings of an installed gateway: a file of `name = value` lines, `name` being an option of the command line without
 * its dashes. It stands in for variables that are not set, so arguments and the environment win over it.
 */
import { readFile } from 'node:fs/promises'
import { decodeText } from '../env/decodeText.ts'
import { OPTION_VARIABLES } from './options.ts'
import { fail, show, UsageError } from './optionValues.ts'

export type Variables = Readonly<Record<string, string | undefined>>

/** Variables, and where each comes from as people are told: `/etc/…/supermon-live.conf:3: port`. */
export interface Environment {
  readonly env: Variables
  readonly sourceOf: (variable: string) => string
}

/** Names the file; the installed command sets it. */
export const SETTINGS_VARIABLE = 'SUPERMON_LIVE_SETTINGS'
/** What an installed gateway is configured by. */
export const CONFIG_FOLDER = '/etc/supermon-live'
export const SETTINGS_FILE = `${CONFIG_FOLDER}/supermon-live.conf`
/** What it keeps by itself. */
export const STATE_FOLDER = '/var/lib/supermon-live'
/** What systemd calls the gateway. */
export const SERVICE_UNIT = 'supermon-live.service'

export interface Setting {
  readonly value: string
  /** Counted from 1. */
  readonly line: number
}

/**
 * The lines of a settings file, by name. Lines that begin with `#` or `;` are comments; a value is what stands behind the first `=`,
 * without blanks around it; an empty one says nothing.
 *
 * @param names those that there are
 * @param others what becomes of lines with other names
 * @throws UsageError for a line that is no setting, a name that there is not or that stands there twice
 */
export function parseSettings(text: string, file: string, names: readonly string[], others: 'refused' | 'ignored' = 'refused'): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>()
  text.split(/\r\n|\n|\r/).forEach((raw, index) => {
    const line = index + 1
    const content = raw.trim()
    if (content === '' || content.startsWith('#') || content.startsWith(';')) return
    const [name = '', ...rest] = content.split('=')
    const key = name.trim()
    if (others === 'ignored' && !names.includes(key)) return
    // The line itself is not shown: it may be anything, a password too.
    if (rest.length === 0) fail(`${file}:${line}: this is no setting`, 'write name = value, or # in front of a remark')
    if (!names.includes(key)) fail(`${file}:${line}: there is no setting ${show(key)}`, `those there are: ${names.join(', ')}`)
    const before = settings.get(key)
    if (before !== undefined) fail(`${file}:${line}: ${key} stands in line ${before.line} already`, 'remove one of them')
    settings.set(key, { value: rest.join('=').trim(), line })
  })
  return settings
}

/**
 * The environment, with what the settings file says where it says nothing. Without `SUPERMON_LIVE_SETTINGS`, or where that file does
 * not exist, just the environment.
 *
 * @param own names of the settings that are read, for whoever must do its work whatever else stands there; null = all, and no other may be there
 * @throws UsageError when the file cannot be read, whose cause is then what the file system has against it, or understood
 */
export async function withSettings(env: Variables, own: readonly string[] | null = null): Promise<Environment> {
  const file = env[SETTINGS_VARIABLE] ?? ''
  const text = file === '' ? null : await settingsText(file)
  if (text === null) return { env, sourceOf: (variable) => variable }
  const settings = parseSettings(text, file, own ?? [...OPTION_VARIABLES.keys()], own === null ? 'refused' : 'ignored')
  const merged: Record<string, string | undefined> = { ...env }
  const sources = new Map<string, string>()
  for (const [name, { value, line }] of settings) {
    const variable = OPTION_VARIABLES.get(name) ?? ''
    if ((env[variable]?.trim() ?? '') !== '') continue
    merged[variable] = value
    sources.set(variable, `${file}:${line}: ${name}`)
  }
  return { env: merged, sourceOf: (variable) => sources.get(variable) ?? variable }
}

async function settingsText(file: string): Promise<string | null> {
  try {
    return decodeText(await readFile(file))
  } catch (error) {
    const code = (error as { code?: string }).code ?? 'unknown'
    if (code === 'ENOENT') return null
    const whatToDo = code === 'EACCES' ? 'run this as root, or as a user that may read it' : 'check the file and the disk'
    throw new UsageError(`${file} cannot be read (${code}); ${whatToDo}`, { cause: error })
  }
}
