/** Can the service read what its settings name? By owner, group and mode, as the kernel would judge. */
import { stat } from 'node:fs/promises'
import { hidingFolder, shellWord } from './hiddenFolders.ts'
import type { Identities } from './identities.ts'
import type { Place } from './place.ts'
import { wayTo } from './wayTo.ts'

/** A path, and what the service wants of it. */
export interface Wanted {
  readonly path: string
  readonly kind: 'file' | 'folder'
}

export type Right =
  | { readonly kind: 'yes' }
  /** These groups are what is missing. */
  | { readonly kind: 'groups'; readonly groups: readonly string[] }
  /** The unit hides that folder from the service: neither groups nor modes help. */
  | { readonly kind: 'hidden'; readonly folder: string }
  /** No group helps; `command` does. */
  | { readonly kind: 'no'; readonly path: string; readonly command: string }

const READ = 4
const ENTER = 1

/** @returns null when there is no such file */
export async function rightTo({ path, kind }: Wanted, place: Place, identities: Identities): Promise<Right | null> {
  const way = await wayTo(path, place)
  if (way === null) return null
  const folder = await hidingFolder(path, place)
  if (folder !== null) return { kind: 'hidden', folder }
  const steps = [...way.folders.map((each) => ({ path: each, needs: ENTER })), { path: way.end, needs: kind === 'file' ? READ : READ + ENTER }]
  const groups = new Set<string>()
  for (const step of steps) {
    const judged = await judge(step, kind, place, identities)
    if (judged.kind === 'no') return judged
    if (judged.kind === 'groups') for (const group of judged.groups) groups.add(group)
  }
  return groups.size === 0 ? { kind: 'yes' } : { kind: 'groups', groups: [...groups] }
}

async function judge({ path, needs }: { path: string; needs: number }, kind: Wanted['kind'], place: Place, { service, serviceGroup, groupName }: Identities): Promise<Right> {
  const { uid, gid, mode } = await stat(place.at(path))
  const allows = (shift: number) => ((mode >> shift) & needs) === needs
  if (service !== null && uid === service.uid) return allows(6) ? { kind: 'yes' } : no(path, needs, kind)
  // Like the kernel: whoever is in the group is judged by the group's bits, also where others might do more.
  if (service?.gids.has(gid) === true || gid === serviceGroup) return allows(3) ? { kind: 'yes' } : no(path, needs, kind)
  if (allows(0)) return { kind: 'yes' }
  const name = groupName(gid)
  // Root's group opens far more than one file.
  if (allows(3) && gid !== 0 && name !== null) return { kind: 'groups', groups: [name] }
  return no(path, needs, kind)
}

function no(path: string, needs: number, kind: Wanted['kind']): Right {
  const quoted = shellWord(path)
  if (needs === ENTER) return { kind: 'no', path, command: `sudo chmod o+x ${quoted}` }
  return { kind: 'no', path, command: `sudo sh -c "chgrp supermon-live ${quoted} && chmod g+r${kind === 'folder' ? 'x' : ''} ${quoted}"` }
}
