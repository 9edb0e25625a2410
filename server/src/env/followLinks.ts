/** A path, link by link, on this machine or in a folder that stands for one. */
import { readlink } from 'node:fs/promises'
import { join } from 'node:path'

export interface Way {
  /** Each folder that is entered, in order, those of links too. The root itself is left out: nobody could do anything on a machine where it is shut. */
  readonly folders: readonly string[]
  /** The path without links, whether there is anything or not. */
  readonly end: string
}

/** Linux's own limit. */
const MOST_LINKS = 40

/**
 * Links of folders on the way are followed too. One that begins at `/` begins at the machine's, not at that of this process.
 *
 * @param at where a path of the machine is for this process
 * @returns null for links that lead in a circle
 */
export async function followLinks(path: string, at: (path: string) => string): Promise<Way | null> {
  const folders = new Set<string>()
  const rest = path.split('/')
  let links = 0
  let end = '/'
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue
    if (end !== '/') folders.add(end)
    const next = join(end, part)
    const target = await readlink(at(next)).catch(() => null)
    if (target === null) {
      end = next
      continue
    }
    links += 1
    if (links > MOST_LINKS) return null
    rest.unshift(...target.split('/'))
    if (target.startsWith('/')) end = '/'
  }
  return { folders: [...folders], end }
}
