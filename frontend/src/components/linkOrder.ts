import type { LinkState } from '../../../protocol/nodeState.ts'

export interface LinkEntry {
  readonly id: string
  readonly link: LinkState
}

/** Names as people sort them: `2000` before `48752`, `W1AW-2` before `W1AW-10`. */
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/**
 * Longest connected first, newcomers at the end, unknown ages last. Nothing in it changes when somebody keys up, so no
 * row moves under a thumb that is about to tap it.
 */
export function orderedLinks(links: Readonly<Record<string, LinkState>>): readonly LinkEntry[] {
  return Object.entries(links)
    .map(([id, link]) => ({ id, link }))
    .sort((a, b) => since(a) - since(b) || natural.compare(a.id, b.id))
}

const since = (entry: LinkEntry) => entry.link.connectedSince ?? Number.MAX_SAFE_INTEGER
