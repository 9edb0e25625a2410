/** The names of one Asterisk's nodes and links: who says them, in which order, and who is told when they change. */
import type { AmiHost } from '../ami/amiHost.ts'
import type { Clock } from '../env/clock.ts'
import { EchoLinkNames } from './echoLinkNames.ts'
import { listed, NAMELESS, nameByConvention, renameLinks } from './names.ts'
import type { NameLookup } from './names.ts'
import type { NodeFeed } from './nodeFeed.ts'

export interface HostNamesOptions {
  readonly host: AmiHost
  readonly clock: Clock
  /** The node list. */
  readonly names: NameLookup
  readonly warn?: (node: string, message: string) => void
  /** This Asterisk's nodes; `active`: somebody watches. */
  nodes(): Iterable<{ readonly feed: NodeFeed; readonly active: boolean }>
}

export class HostNames {
  readonly #options: HostNamesOptions
  readonly #echoLink: EchoLinkNames

  constructor(options: HostNamesOptions) {
    this.#options = options
    this.#echoLink = new EchoLinkNames({
      clock: options.clock,
      command: (line) => options.host.request('Command', { Command: line }),
      idle: () => options.host.pending === 0,
      wanted: () => this.#unlistedEchoLinks(),
      onName: (link) => { this.refresh(link) },
      warn: (message) => {
        const [first] = options.nodes()
        options.warn?.(first?.feed.node ?? '', message)
      },
    })
  }

  /** What a link is called: the node list says it, or EchoLink's directory, or the link's own name. */
  readonly of: NameLookup = (link) =>
    listed(this.#options.names, link) ?? this.#echoLink.lookup(link) ?? nameByConvention(link)

  /**
   * Names have changed: each node and its links get those that hold now. Nobody is told when nothing differs.
   * @param link only nodes with this link are concerned; left out, all are
   */
  refresh(link?: string): void {
    const { clock, names } = this.#options
    for (const { feed } of this.#options.nodes()) {
      if (link !== undefined && !Object.hasOwn(feed.state.links, link)) continue
      feed.update({ ...renameLinks(feed.state, this.of), ...(listed(names, feed.node) ?? NAMELESS) }, clock.now())
    }
  }

  /** A poll told which links there are: those without a name are asked for, later and behind everything else. */
  look(): void {
    this.#echoLink.look()
  }

  /** Asterisk was connected to anew. */
  newSession(): void {
    this.#echoLink.newSession()
  }

  dispose(): void {
    this.#echoLink.dispose()
  }

  *#unlistedEchoLinks(): Generator<string> {
    for (const { active, feed } of this.#options.nodes()) {
      if (!active || feed.state.reach !== 'up') continue
      for (const [name, { kind }] of Object.entries(feed.state.links)) {
        if (kind === 'echolink' && listed(this.#options.names, name) === null) yield name
      }
    }
  }
}
