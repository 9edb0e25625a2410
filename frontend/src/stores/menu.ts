/** The menu that the configuration asks for, as `config/menu` tells it; Supermon-NG's two shapes are read as well. */
import { NODE_ID } from '../../../protocol/nodeState.ts'

export type MenuItem =
  | { readonly kind: 'nodes'; readonly name: string; readonly nodes: readonly string[] }
  | { readonly kind: 'voter'; readonly name: string; readonly node: string }
  /** @property url as written: whoever makes a link of it checks it */
  | { readonly kind: 'link'; readonly name: string; readonly url: string; readonly newTab: boolean }

export interface MenuSection {
  /** null = its items stand by themselves. */
  readonly label: string | null
  readonly items: readonly MenuItem[]
}

/** Supermon-NG puts these first, whatever the file's order. */
const FIRST = ['Nodes', 'Display Groups']
/** More is no menu. */
const MOST = 500

/** @param data `{sections: […]}`, or `{<system>: items[], mainItems: items[]}`; whatever has another shape is left out */
export function readMenu(data: unknown): readonly MenuSection[] {
  const record = recordOf(data)
  const sections = Array.isArray(record['sections']) ? record['sections'].map(readSection) : Object.entries(record).map(readEntry)
  const rank = ({ label }: MenuSection) => (label === null || !FIRST.includes(label) ? FIRST.length : FIRST.indexOf(label))
  return sections.filter(({ items }) => items.length > 0).sort((a, b) => rank(a) - rank(b))
}

function readSection(section: unknown): MenuSection {
  const { type, label, items } = recordOf(section)
  if (type === 'link') return { label: null, items: readItems([section]) }
  return { label: typeof label === 'string' ? label : null, items: readItems(items) }
}

function readEntry([label, items]: [string, unknown]): MenuSection {
  return { label: label === 'mainItems' ? null : label, items: readItems(items) }
}

function readItems(items: unknown): readonly MenuItem[] {
  return Array.isArray(items) ? items.slice(0, MOST).flatMap((item) => readItem(recordOf(item)) ?? []) : []
}

function readItem({ name: said, url, targetBlank }: Readonly<Record<string, unknown>>): MenuItem | null {
  // Of Supermon-NG it is a section's key, and PHP keeps the keys that look like integers as such: each node's own.
  const name = typeof said === 'number' ? String(said) : said
  if (typeof name !== 'string' || typeof url !== 'string') return null
  const [, page, ids = ''] = /^\/?(link|voter)\.php\?nodes?=([^&#]*)/.exec(url) ?? []
  const nodes = ids.split(',').map((id) => id.trim()).filter((id) => NODE_ID.test(id))
  const [node] = nodes
  if (page === undefined) {
    const newTab = targetBlank === true || url.endsWith('>')
    return { kind: 'link', name, url: url.endsWith('>') ? url.slice(0, -1).trimEnd() : url, newTab }
  }
  if (node === undefined) return null
  return page === 'link' ? { kind: 'nodes', name, nodes } : { kind: 'voter', name, node }
}

/** PHP writes an empty map as `[]`, which has no entries either. */
function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
