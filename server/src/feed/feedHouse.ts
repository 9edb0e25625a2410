/** All nodes of this process, by id, each with the Asterisk that runs it. */
import type { AmiHost } from '../ami/amiHost.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import type { Clock } from '../env/clock.ts'
import type { NameLookup } from './applyEvent.ts'
import { HostFeed } from './hostFeed.ts'
import { NodeFeed } from './nodeFeed.ts'

export interface FeedNode {
  readonly id: string
  /** Nodes with the same key are on the same Asterisk and share its session. */
  readonly hostKey: string
}

export interface FeedHouseOptions {
  readonly nodes: readonly FeedNode[]
  readonly clock: Clock
  readonly names: NameLookup
  /** Differs from that of every earlier run of this server. */
  readonly epoch: string
  /** Makes the session of one Asterisk; called once per host key. */
  openHost(hostKey: string): AmiHost
  readonly lingerMs?: number
}

/** How long an HTTP question waits for a node that nobody watched so far, ms. */
const FIRST_ANSWER_MS = 2_000

export class FeedHouse {
  readonly #clock: Clock
  readonly #hosts = new Map<string, HostFeed>()
  readonly #feeds = new Map<string, { readonly feed: NodeFeed; readonly host: HostFeed }>()

  constructor(options: FeedHouseOptions) {
    this.#clock = options.clock
    for (const { id, hostKey } of options.nodes) {
      let host = this.#hosts.get(hostKey)
      if (host === undefined) {
        host = new HostFeed({ ...options, host: options.openHost(hostKey) })
        this.#hosts.set(hostKey, host)
      }
      const identity: Partial<Identity> = options.names(id) ?? {}
      const feed = new NodeFeed(id, options.epoch, options.clock.now(), identity)
      host.add(feed)
      this.#feeds.set(id, { feed, host })
    }
  }

  get hosts(): readonly HostFeed[] {
    return [...this.#hosts.values()]
  }

  feed(node: string): NodeFeed | null {
    return this.#feeds.get(node)?.feed ?? null
  }

  /** Somebody watches the node from now on. Returns the way out. */
  watch(node: string): () => void {
    return this.#feeds.get(node)?.host.watch(node) ?? (() => undefined)
  }

  /**
   * The node's feed for somebody who asks once: counts as watching for the linger time, and waits a little for the first
   * word of an Asterisk that was not being asked.
   */
  async fresh(node: string): Promise<NodeFeed | null> {
    const entry = this.#feeds.get(node)
    if (entry === undefined) return null
    const { feed, host } = entry
    const leave = host.watch(node)
    try {
      if (feed.state.reach === 'unknown') await this.#firstWord(feed)
    } finally {
      leave()
    }
    return feed
  }

  dispose(): void {
    for (const host of this.#hosts.values()) host.dispose()
  }

  #firstWord(feed: NodeFeed): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        off()
        this.#clock.clearTimeout(timer)
        resolve()
      }
      const off = feed.listen(({ state }) => {
        if (state.reach !== 'unknown') done()
      })
      const timer = this.#clock.setTimeout(done, FIRST_ANSWER_MS)
    })
  }
}
