import { displayName } from '../../../../protocol/names.ts'
import { LINK_KINDS } from '../../../../protocol/nodeState.ts'
import type { LinkKind, LinkState } from '../../../../protocol/nodeState.ts'

export type LinkFilter = 'all' | 'talking' | LinkKind

type Links = Readonly<Record<string, LinkState>>
type NameOf = (id: string) => string

/** What there is to choose from: only kinds that are connected, and none where all are of one kind. */
export function filtersOf(links: Links): readonly LinkFilter[] {
  const there = new Set(Object.values(links).map(({ kind }) => kind))
  return ['all', 'talking', ...LINK_KINDS.filter((kind) => there.size > 1 && there.has(kind))]
}

/**
 * Does this link fit? Each word of `text` has to be found in its id or its name, whatever its case.
 * @param nameOf for links that bring no name themselves
 */
export function linkTest(text: string, filter: LinkFilter, nameOf: NameOf): (id: string, link: LinkState) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '')
  return (id, link) => fits(link, filter) && (words.length === 0 || holds(`${id} ${displayName(link) || nameOf(id)}`.toLowerCase(), words))
}

const holds = (text: string, words: readonly string[]) => words.every((word) => text.includes(word))

function fits(link: LinkState, filter: LinkFilter): boolean {
  switch (filter) {
    case 'all':
      return true
    case 'talking':
      return link.keyed === true
    case 'allstar':
    case 'echolink':
    case 'irlp':
    case 'phone':
    case 'client':
    case 'private':
    case 'unknown':
      return link.kind === filter
  }
}
