/** The templates of the web servers' files, and how their gaps are filled. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CommandError } from '../config/commandError.ts'

/** Beside the installed bundle, beside the bundle's folder in a checkout, or three up from this source. */
const PLACES = ['./web', '../deploy/web', '../../../deploy/web']

export type TemplateName =
  | 'apache-directory' | 'apache-sockets' | 'apache-host' | 'apache-host-tls'
  | 'nginx-http' | 'nginx-directory' | 'nginx-sockets' | 'nginx-host' | 'nginx-host-tls'

/** @throws CommandError when the templates are not where they belong */
export async function readTemplate(name: TemplateName): Promise<string> {
  const folder = PLACES.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(join(path, 'nginx-http.conf')))
  if (folder === undefined) throw new CommandError('The templates of the web servers are missing: the folder web belongs beside main.js. Install Supermon Live again.')
  return readFile(join(folder, `${name}.conf`), 'utf8')
}

/**
 * Puts values into the gaps of a template, `@NAME@`. Values must be fit for a configuration file: nothing is quoted here.
 *
 * @throws Error for a gap without a value: the template and the program do not belong together
 */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/@([A-Z_]+)@/g, (gap, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) throw new Error(`there is no value for ${gap}`)
    return value
  })
}

const HEAD = /^# Made by "supermon-live web", checksum ([0-9a-f]{16}): [^\n]*\n/

/** The text as it is written: with a first line by which {@link isOurs} knows whether somebody changed it. */
export function sealed(text: string): string {
  return `# Made by "supermon-live web", checksum ${checksum(text)}: it leaves a file alone that was changed.\n${text}`
}

/** Is it as we wrote it? Certbot and operators change such files, and what they did must outlive an upgrade. */
export function isOurs(text: string): boolean {
  const head = HEAD.exec(text)
  return head !== null && head[1] === checksum(text.slice(head[0].length))
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
