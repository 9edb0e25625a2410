import type { Tongue } from './tongue.ts'

/**
 * `per-node`: each node has a socket of its own, the plan's way. `shared`: all nodes over one. `auto`: its own for the
 * first, one for all further ones, so that hardly a page holds more than two.
 */
export type Topology = 'auto' | 'per-node' | 'shared'

/** With `auto`, nodes from this one on share a socket. */
export const SHARE_FROM = 2
/** So many are given their own, one after another, while the common socket was never heard: the server may not know the first of them. */
const MOST_SCOUTS = 5

/** How a page's nodes are dealt to sockets. */
export class Grouping {
  readonly #chosen: Topology | undefined
  /** The server's wish; it counts where the page has none, for nodes that come from then on. */
  suggested: Topology | null = null

  /** @param chosen by the page; undefined = it leaves that open */
  constructor(chosen: Topology | undefined) {
    this.#chosen = chosen
  }

  get #topology(): Topology {
    return this.#chosen ?? this.suggested ?? 'auto'
  }

  /** @param watched nodes, the one that asks among them */
  nextShares(watched: number, known: Tongue['known']): boolean {
    if (known === 'supermon-ng') return false
    return this.#topology === 'shared' || (this.#topology === 'auto' && watched >= SHARE_FROM)
  }

  /** Should one more node get its own, to find out what the server is? @param own nodes that have their own */
  needsScout(own: number): boolean {
    return this.#topology === 'auto' && own < MOST_SCOUTS
  }
}
