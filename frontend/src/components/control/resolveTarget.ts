import { matching } from './found.ts'
import type { Found } from './found.ts'

/**
 * Which node somebody means by what he wrote.
 * - `sure`: he wrote its id;
 * - `one`: his words fit one node only, and he has not seen which;
 * - `unheard`: the search did not work, which says nothing of the node.
 */
export type Resolved =
  | { readonly kind: 'sure' | 'one'; readonly target: Found }
  | { readonly kind: 'several'; readonly found: readonly Found[] }
  | { readonly kind: 'none' | 'too-short' | 'unheard' }

export interface Places {
  /** What the node is linked to. */
  readonly links: readonly Found[]
  /** Only these can be meant. */
  readonly linksOnly: boolean
  /** null = the question could not be answered. */
  readonly search: (text: string) => Promise<readonly Found[] | null>
}

/** The server searches for no less. */
const SHORTEST = 2

export async function resolveTarget(written: string, { links, linksOnly, search }: Places): Promise<Resolved> {
  const text = written.trim()
  const linked = links.find(({ id }) => id.toLowerCase() === text.toLowerCase())
  if (linked !== undefined) return { kind: 'sure', target: linked }
  // Numbers are dialled as they are: private nodes are on no list.
  if (/^\d+$/.test(text)) return { kind: 'sure', target: { id: text, name: '' } }
  if (text.length < SHORTEST) return { kind: 'too-short' }
  const found = linksOnly ? matching(links, text) : await search(text)
  if (found === null) return { kind: 'unheard' }
  const [only, another] = found
  if (only === undefined) return { kind: 'none' }
  return another === undefined ? { kind: 'one', target: only } : { kind: 'several', found }
}
