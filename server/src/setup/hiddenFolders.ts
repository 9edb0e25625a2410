/** Folders that the unit keeps from the service, whatever the modes of what is in them: its ProtectHome=yes and PrivateTmp=yes. */
import { basename, dirname, join } from 'node:path'
import { CommandError } from '../config/commandError.ts'
import { CONFIG_FOLDER } from '../config/settingsFile.ts'
import type { Place } from './place.ts'
import { wayTo } from './wayTo.ts'

const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp']

/** Files of accounts that a folder of them has, besides users' own *.ini. */
export const ACCOUNTS = ['.htpasswd', 'authusers.inc', 'authini.inc']
/** Texts of the page's header, which stand beside allmon.ini. */
export const TEXTS = 'global.inc'

/** The folder that hides a file, or a link on the way to it, from the service; null = it is in none of them. */
export async function hidingFolder(path: string, place: Place): Promise<string | null> {
  const way = await wayTo(path, place)
  const all = [dirname(path), ...(way?.folders ?? [])]
  return HIDDEN.find((folder) => all.some((each) => each === folder || each.startsWith(`${folder}/`))) ?? null
}

/** Puts copies of these files where the service reads them. */
export function copyCommand(paths: readonly string[]): string {
  return `sudo install -m 640 -g supermon-live ${paths.map(shellWord).join(' ')} ${CONFIG_FOLDER}/`
}

export function shellWord(path: string): string {
  return /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

/** @throws CommandError for an allmon.ini that the service could not see, with all that stands beside it */
export async function mustBeSeen(config: string, place: Place): Promise<void> {
  const folder = await hidingFolder(config, place)
  if (folder === null) return
  throw new CommandError(
    `The service cannot see ${config}, whatever its mode: ${folder} is hidden from it. Nothing was changed. Copy it, and set up that: ` +
      `${copyCommand(await withWhatStandsBeside(config, place))} && sudo supermon-live setup --config ${shellWord(join(CONFIG_FOLDER, basename(config)))}`,
  )
}

/** Whoever left the accounts behind would let everybody in. */
async function withWhatStandsBeside(config: string, place: Place): Promise<string[]> {
  const folder = dirname(config)
  const files = (await Promise.all([TEXTS, ...ACCOUNTS].map((name) => place.find(join(folder, name))))).flat()
  const hasAccounts = files.some((path) => basename(path) === '.htpasswd')
  return [...new Set([config, ...files, ...(hasAccounts ? await place.find(`${folder}/*.ini`) : [])])]
}
