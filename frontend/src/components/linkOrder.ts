import type { LinkState } from '../../../protocol/nodeState.ts'

/** `heard`: who talks, then who was heard last. `number`: by node number, which nothing changes. */
export type LinkOrder = 'heard' | 'number'
export const LINK_ORDERS = ['heard', 'number'] as const satisfies readonly LinkOrder[]

type Links = Readonly<Record<string, LinkState>>

interface Entry {
  readonly id: string
  readonly link: LinkState
  /** NaN for names. */
  readonly number: number
}

/** Names as people sort them: `W1AW-2` before `W1AW-10`. */
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

/** The ids of `links` in that order. Equal links always come in the same order. */
export function orderedIds(links: Links, order: LinkOrder): string[] {
  return Object.entries(links)
    .map(([id, link]): Entry => ({ id, link, number: /^\d+$/.test(id) ? Number(id) : Number.NaN }))
    .sort(order === 'heard' ? byHeard : byNumber)
    .map(({ id }) => id)
}

/**
 * Keyed links first, those who began first in front, so that a second talker moves nobody who talks. Then the last heard;
 * those never heard by how long they are connected, unknown ages last.
 */
function byHeard(a: Entry, b: Entry): number {
  const talks = Number(b.link.keyed === true) - Number(a.link.keyed === true)
  if (talks !== 0) return talks
  const heard = (a.link.lastKeyedAt ?? 0) - (b.link.lastKeyedAt ?? 0)
  if (heard !== 0) return a.link.keyed === true ? heard : -heard
  return since(a) - since(b) || byNumber(a, b)
}

/** Numbers, then names. */
function byNumber(a: Entry, b: Entry): number {
  if (Number.isNaN(a.number) !== Number.isNaN(b.number)) return Number.isNaN(a.number) ? 1 : -1
  return (Number.isNaN(a.number) ? 0 : a.number - b.number) || natural.compare(a.id, b.id)
}

const since = ({ link }: Entry) => link.connectedSince ?? Number.MAX_SAFE_INTEGER
