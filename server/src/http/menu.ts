/** `config/menu`: what `allmon.ini` wants in the menu, in the file's order, without what whoever asks may not see. */

interface Entry {
  readonly name: string
  /** The drop-down it stands in; null = an entry of its own. */
  readonly system: string | null
  readonly menu: boolean
}

/** What a menu is made of besides nodes. */
export interface MenuSource {
  readonly groups: readonly (Entry & { readonly nodes: readonly string[] })[]
  readonly voters: readonly (Entry & { readonly node: string })[]
  readonly links: readonly (Entry & { readonly url: string; readonly newTab: boolean })[]
  /** Names of all entries, nodes' ids among them, in the order to show; those that are missing follow. */
  readonly order: readonly string[]
}

/** `url` is Supermon-NG's; `kind` and `nodes` say the same without having to read one. */
export interface MenuItem {
  readonly name: string
  readonly url: string
  readonly targetBlank: boolean
  readonly kind: 'node' | 'group' | 'voter' | 'link'
  /** What it shows; empty for links. */
  readonly nodes: readonly string[]
}

export type MenuSection =
  | ({ readonly type: 'link' } & MenuItem)
  | { readonly type: 'dropdown'; readonly label: string; readonly items: readonly MenuItem[] }

/** Supermon-NG's menu begins with these, wherever they stand in the file. */
const FIRST = ['Nodes', 'Display Groups']

interface Placed {
  readonly entry: Entry
  readonly item: MenuItem
}

/**
 * @param nodes all that are configured
 * @param may may whoever asks see this node? Who sees none has no menu: a closed door tells nothing of the house.
 */
export function menuSections(source: MenuSource, nodes: readonly (Omit<Entry, 'name'> & { readonly id: string })[], may: (node: string) => boolean): MenuSection[] {
  const seen = new Set(nodes.map(({ id }) => id).filter(may))
  if (seen.size === 0) return []
  const entries = [
    ...nodes.filter(({ id }) => seen.has(id)).map((node) => watch({ ...node, name: node.id }, 'node', [node.id])),
    ...source.groups.map((group) => watch(group, 'group', group.nodes.filter((id) => seen.has(id)))).filter(({ item }) => item.nodes.length > 0),
    ...source.voters.filter(({ node }) => seen.has(node)).map(voter),
    ...source.links.map(link),
  ]
  const places = new Map(source.order.map((name, place) => [name, place]))
  const placeOf = ({ entry }: Placed) => places.get(entry.name) ?? places.size
  return sectionsOf(entries.filter(({ entry }) => entry.menu).sort((a, b) => placeOf(a) - placeOf(b)))
}

function watch(entry: Entry, kind: 'node' | 'group', nodes: readonly string[]): Placed {
  return { entry, item: { name: entry.name, url: `link.php?nodes=${nodes.map(encodeURIComponent).join()}`, targetBlank: false, kind, nodes } }
}

function voter(entry: MenuSource['voters'][number]): Placed {
  return { entry, item: { name: entry.name, url: `voter.php?node=${encodeURIComponent(entry.node)}`, targetBlank: false, kind: 'voter', nodes: [entry.node] } }
}

function link(entry: MenuSource['links'][number]): Placed {
  return { entry, item: { name: entry.name, url: entry.url, targetBlank: entry.newTab, kind: 'link', nodes: [] } }
}

/** Entries without a system stand by themselves; the others in one drop-down per system, where its first one stands. */
function sectionsOf(placed: readonly Placed[]): MenuSection[] {
  const sections: MenuSection[] = []
  const dropdowns = new Map<string, MenuItem[]>()
  for (const { entry: { system }, item } of placed) {
    const items = system === null ? undefined : dropdowns.get(system)
    if (system === null) sections.push({ type: 'link', ...item })
    else if (items !== undefined) items.push(item)
    else {
      const first = [item]
      dropdowns.set(system, first)
      sections.push({ type: 'dropdown', label: system, items: first })
    }
  }
  return sections.sort((a, b) => rank(a) - rank(b))
}

function rank(section: MenuSection): number {
  const found = section.type === 'dropdown' ? FIRST.indexOf(section.label) : -1
  return found === -1 ? FIRST.length : found
}
