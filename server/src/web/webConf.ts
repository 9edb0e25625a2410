/** `/etc/supermon-live/web.conf`: what `web` was told, for when it is to say it again, and for the doctor. */
import { CONFIG_FOLDER, parseSettings } from '../config/settingsFile.ts'
import { fail, readOneOf } from '../config/optionValues.ts'
import { readFilePath, readName, SERVERS } from './plan.ts'
import type { ServerName, Tls } from './plan.ts'

export const WEB_CONF = `${CONFIG_FOLDER}/web.conf`

export interface WebConf {
  readonly server: ServerName
  /** Of a host of its own; null = a folder of existing sites. */
  readonly name: string | null
  readonly tls: Tls | null
  /** File of nginx that has the include line; null = the one that there is. */
  readonly into: string | null
}

const NAMES = ['server', 'name', 'certificate', 'key', 'into'] as const

/** @throws UsageError */
export function parseWebConf(text: string, file: string): WebConf {
  const settings = parseSettings(text, file, NAMES)
  const value = <T>(name: (typeof NAMES)[number], read: (text: string, source: string) => T): T | null => {
    const setting = settings.get(name)
    return setting === undefined || setting.value === '' ? null : read(setting.value, `${file}:${setting.line}: ${name}`)
  }
  const server = value('server', (word, source) => readOneOf(SERVERS, word, source))
  if (server === null) return fail(`${file} names no server`, 'write server = apache or server = nginx, or remove the file')
  return { server, ...told(value('name', readName), value('certificate', readFilePath), value('key', readFilePath), file), into: value('into', readFilePath) }
}

/** A certificate needs its key, and both a name. @throws UsageError */
export function told(name: string | null, certificate: string | null, key: string | null, source: string): Pick<WebConf, 'name' | 'tls'> {
  if ((certificate === null) !== (key === null)) fail(`${source}: certificate and key belong together`, 'give both or neither')
  const tls = certificate === null || key === null ? null : { certificate, key }
  if (tls !== null && name === null) fail(`${source}: a certificate is for a host of its own`, 'give its name as well; in a folder of your site, your site has the certificate')
  return { name, tls }
}

export function webConfText({ server, name, tls, into }: WebConf): string {
  const lines = [['server', server], ['name', name], ['certificate', tls?.certificate ?? null], ['key', tls?.key ?? null], ['into', into]] as const
  return `# What "supermon-live web" was told.\n${lines.flatMap(([key, value]) => (value === null ? [] : [`${key} = ${value}\n`])).join('')}`
}
