/** How a path is gone, link by link: a link in a shut folder leads nowhere, however open what it leads to. */
import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Place } from './place.ts'

export interface Way {
  /** Each folder that is entered, in order, those of links too. The root itself is left out: nobody could do anything on a machine where it is shut. */
  readonly folders: readonly string[]
  /** The path without links. */
  readonly end: string
}

/** Linux's own limit. */
const MOST_LINKS = 40

/** @returns null when there is no such thing */
export async function wayTo(path: string, place: Place): Promise<Way | null> {
  const folders = new Set<string>()
  const rest = path.split('/')
  let links = 0
  let end = '/'
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === '' || part === '.') continue
    if (end !== '/') folders.add(end)
    const next = join(end, part)
    const target = await readlink(place.at(next)).catch(() => null)
    if (target === null) {
      end = next
      continue
    }
    links += 1
    if (links > MOST_LINKS) return null
    rest.unshift(...target.split('/'))
    if (target.startsWith('/')) end = '/'
  }
  return (await place.isThere(end)) ? { folders: [...folders], end } : null
}
