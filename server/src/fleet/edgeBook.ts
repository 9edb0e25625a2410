/** Which edges there are, and which of them has which node. Every front that hears the same comes to the same. */
import type { EdgeNodes, EdgeStatus, FleetNode } from './messages.ts'

export interface KnownEdge {
  readonly name: string
  /** The broker says that it is there, and it gives signs of life. */
  readonly up: boolean
  /** The broker says that it is there, and it gives none. */
  readonly silent: boolean
  /** null = not heard so far. */
  readonly run: string | null
  /** When this run began, by its own clock, ms. 0 = its list of nodes was not heard so far. */
  readonly since: number
  readonly nodes: readonly FleetNode[]
}

/** Two edges that say they have the same node. */
export interface Clash {
  readonly node: string
  readonly kept: string
  readonly other: string
}

export class EdgeBook {
  readonly #edges = new Map<string, KnownEdge>()
  /** Who has which node; null = to be worked out when somebody asks: edges come by hundreds. */
  #assigned: { readonly owners: ReadonlyMap<string, KnownEdge>; readonly clashes: readonly Clash[] } | null = null

  /**
   * @param status null = it was taken from the broker
   * @param kept the broker kept it, and may not know that the edge is gone
   */
  heardStatus(name: string, status: EdgeStatus | null, kept: boolean): void {
    const known = this.#edgeOf(name)
    // A Last Will of a former run comes late: that run is over, this one is not.
    if (status !== null && !status.up && known.run !== null && known.run !== status.run) return
    const silent = status?.up === true && kept && known.silent
    this.#keep({ ...known, up: status?.up === true && !silent, silent, run: status?.run ?? null })
  }

  heardNodes(name: string, told: EdgeNodes | null): void {
    this.#keep({ ...this.#edgeOf(name), since: told?.since ?? 0, nodes: told?.nodes ?? [] })
  }

  /** Nothing came from an edge that is said to be there; or something did. Returns whether that is news. */
  heardOf(name: string, alive: boolean): boolean {
    const known = this.#edges.get(name)
    if (known === undefined || (alive ? !known.silent : !known.up)) return false
    this.#keep({ ...known, up: alive, silent: !alive })
    return true
  }

  get edges(): readonly KnownEdge[] {
    return [...this.#edges.values()]
  }

  /** null = never heard of. */
  edge(name: string): KnownEdge | null {
    return this.#edges.get(name) ?? null
  }

  get clashes(): readonly Clash[] {
    return (this.#assigned ??= this.#assign()).clashes
  }

  /** The edge that has the node; null = none says so. */
  ownerOf(node: string): KnownEdge | null {
    return (this.#assigned ??= this.#assign()).owners.get(node) ?? null
  }

  /** All nodes, each once, in the order of the edges' names. */
  get nodes(): readonly FleetNode[] {
    return [...this.#edges.values()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((edge) => edge.nodes.filter(({ id }) => this.ownerOf(id) === edge))
  }

  /** An edge of which the broker keeps nothing was taken from it. */
  #keep(edge: KnownEdge): void {
    if (edge.run === null && edge.since === 0) this.#edges.delete(edge.name)
    else this.#edges.set(edge.name, edge)
    this.#assigned = null
  }

  #edgeOf(name: string): KnownEdge {
    return this.#edges.get(name) ?? { name, up: false, silent: false, run: null, since: 0, nodes: [] }
  }

  /** An edge that is there wins over one that is gone, then the one that began first, then the first by name. */
  #assign(): { readonly owners: ReadonlyMap<string, KnownEdge>; readonly clashes: readonly Clash[] } {
    const owners = new Map<string, KnownEdge>()
    const clashes: Clash[] = []
    const order = [...this.#edges.values()].sort((a, b) => Number(b.up) - Number(a.up) || a.since - b.since || (a.name < b.name ? -1 : 1))
    for (const edge of order) {
      for (const { id } of edge.nodes) {
        const kept = owners.get(id)
        if (kept === undefined) owners.set(id, edge)
        else if (kept.up && edge.up) clashes.push({ node: id, kept: kept.name, other: edge.name })
      }
    }
    return { owners, clashes }
  }
}
