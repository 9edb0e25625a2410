import { displayName } from '../../../../protocol/names.ts'
import type { NodeState } from '../../../../protocol/nodeState.ts'
import type { AstDbEntry } from '../../stores/astdb.ts'

/** A node that may be meant. */
export interface Found {
  readonly id: string
  /** '' = not known. */
  readonly name: string
  /** Why it is offered besides its name. */
  readonly because?: 'linked' | 'recent'
}

export function foundEntry(entry: AstDbEntry): Found {
  return { id: entry.node_id, name: displayName(entry) }
}

export function foundLinks(state: NodeState | undefined): readonly Found[] {
  return Object.entries(state?.links ?? {}).map(([id, link]) => ({ id, name: displayName(link), because: 'linked' }))
}

/** Those that the text may mean: as the beginning of an id, or anywhere in a name. */
export function matching(found: readonly Found[], text: string): readonly Found[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return []
  return found.filter(({ id, name }) => id.toLowerCase().startsWith(wanted) || name.toLowerCase().includes(wanted))
}

/** The lists one after another, each node once. */
export function merged(lists: readonly (readonly Found[])[], most: number): readonly Found[] {
  const all = new Map<string, Found>()
  for (const found of lists.flat()) if (!all.has(found.id)) all.set(found.id, found)
  return [...all.values()].slice(0, most)
}

/** `48752 WB6NIL Los Angeles`: an id and what is known of it. */
export function spoken({ id, name }: Found): string {
  return name === '' ? id : `${id} ${name}`
}
