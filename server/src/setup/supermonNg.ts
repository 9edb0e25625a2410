/** Supermon-NG as its package and its installer lay it out. Facts: its includes/common.inc, .env.example and systemd units. */
import { join } from 'node:path'
import { DEFAULT_OPTIONS } from '../config/options.ts'
import type { Place } from './place.ts'

export interface SupermonNg {
  readonly folder: string
  /** With `.htpasswd`, `authusers.inc`, `allmon.ini` and its like. */
  readonly userFiles: string
  readonly allmonIni: string
  /** URL path of its pages; '' = it has a host of its own. */
  readonly base: string
  readonly astdb: string | null
  readonly privateNodes: string | null
  /** Port of its own WebSocket daemon; null = that is not installed. */
  readonly daemonPort: number | null
}

const FOLDER = '/var/www/html/supermon-ng'

export const SUPERMON_ALLMON = `${FOLDER}/user_files/allmon.ini`

export const DAEMON = 'supermon-ng-websocket.service'

/**
 * Where its backend answers: PHP's own server on `localhost:8000`, which listens on the first address of that name alone. With Debian's
 * /etc/hosts that is ::1, and 127.0.0.1 refuses. Who asks by name gets to the same one.
 */
export const BACKEND = 'http://localhost:8000'

const UNIT_FOLDERS = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system']

/** null = it is not installed here. */
export async function findSupermonNg(place: Place): Promise<SupermonNg | null> {
  if (!(await place.isFolder(FOLDER))) return null
  const settings = dotenv((await place.textOf(`${FOLDER}/.env`)) ?? '')
  const named = settings.get('USER_FILES_PATH') ?? ''
  const userFiles = named.startsWith('/') ? named.replace(/(?<=.)\/+$/, '') : `${FOLDER}/user_files`
  const allmonIni = join(userFiles, 'allmon.ini')
  if (!(await place.isFile(allmonIni))) return null
  return {
    folder: FOLDER,
    userFiles,
    allmonIni,
    base: basePath(settings.get('APP_BASE_PATH') ?? '/supermon-ng'),
    astdb: await place.firstFile([`${FOLDER}/astdb.txt`]),
    privateNodes: await place.firstFile([join(userFiles, 'privatenodes.txt')]),
    daemonPort: await daemonPort(place),
  }
}

function basePath(written: string): string {
  const parts = written.split('/').filter((part) => part !== '')
  return parts.every((part) => /^[0-9A-Za-z._~-]+$/.test(part)) ? parts.map((part) => `/${part}`).join('') : '/supermon-ng'
}

/** The unit may be switched off today and on again tomorrow: its port is taken as long as it is installed. */
async function daemonPort(place: Place): Promise<number | null> {
  const unit = await place.firstFile(UNIT_FOLDERS.map((folder) => `${folder}/${DAEMON}`))
  if (unit === null) return null
  const parts = [unit, ...(await Promise.all(UNIT_FOLDERS.map((folder) => place.find(`${folder}/${DAEMON}.d/*.conf`)))).flat()]
  const texts = await Promise.all(parts.map((path) => place.textOf(path)))
  const port = Number(/^\s*Environment=.*\bWEBSOCKET_BASE_PORT=["']?(\d+)/m.exec(texts.reverse().join('\n'))?.[1])
  // Ours is the same on purpose: its page is answered there.
  return port > 0 && port <= 65535 ? port : DEFAULT_OPTIONS.port
}

/** `NAME=value` lines, quoted or not, as shells and PHP's dotenv take them. */
function dotenv(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const line of text.split(/\r\n|\n|\r/)) {
    const match = /^\s*(?:export\s+)?(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#]*))/.exec(line)
    if (match !== null) values.set(match[1] ?? '', (match[2] ?? match[3] ?? match[4] ?? '').trim())
  }
  return values
}
