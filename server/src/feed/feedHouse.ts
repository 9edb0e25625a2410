/** All nodes of this process, by id, each with the Asterisk that runs it. */
import type { LinkMode } from '../../../protocol/nodeState.ts'
import type { AmiHost } from '../ami/amiHost.ts'
import type { AmiMessage } from '../ami/message.ts'
import { LEAST_STEP_MS } from '../env/clock.ts'
import type { Clock } from '../env/clock.ts'
import { ClockSteps } from '../env/clockSteps.ts'
import type { Interest } from './hostEntry.ts'
import { HostFeed } from './hostFeed.ts'
import { laterBy } from './laterBy.ts'
import type { Misses } from './misses.ts'
import { listed, NAMELESS } from './names.ts'
import type { NameLookup } from './names.ts'
import { NodeFeed, NOT_WATCHED } from './nodeFeed.ts'

export interface FeedNode {
  readonly id: string
  /** Nodes with the same key are on the same Asterisk and share its session. */
  readonly hostKey: string
}

export interface FeedHouseOptions {
  readonly nodes: readonly FeedNode[]
  /** A `steady` one: what is dated by it moves with it once it is set. */
  readonly clock: Clock
  /** The node list. What it says may change: then {@link FeedHouse.refreshNames} is called. */
  readonly names: NameLookup
  /** One sentence for the operator, about the Asterisk that has this node. Default: nobody is told. */
  readonly warn?: (node: string, message: string) => void
  /** Differs from that of every earlier run of this server. */
  readonly epoch: string
  /** Makes the session of one Asterisk; called once per host key. */
  openHost(hostKey: string): AmiHost
  readonly lingerMs?: number
}

/** How long an HTTP question waits for a node that nobody watched so far, ms. */
const FIRST_ANSWER_MS = 2_000

interface Entry {
  readonly feed: NodeFeed
  hostKey: string
  host: HostFeed
  /** Those who watch, each with its way out of the host that has the node now. */
  readonly watches: Set<{ readonly interest: Interest; leave(): void }>
}

export class FeedHouse {
  readonly #options: FeedHouseOptions
  readonly #clock: Clock
  readonly #steps: ClockSteps
  readonly #hosts = new Map<string, HostFeed>()
  readonly #feeds = new Map<string, Entry>()
  /** Which feed of this process: a node that went and came back starts with a new epoch. */
  #generation = 0

  constructor(options: FeedHouseOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#steps = new ClockSteps(options.clock, LEAST_STEP_MS)
    this.configure(options.nodes)
  }

  /**
   * These are the nodes from now on. Only what differs is touched: a node that stays on its host notices nothing, one that
   * moves to another keeps its viewers and its count, one that is gone has no feed any more.
   */
  configure(nodes: readonly FeedNode[]): void {
    const wanted = new Map(nodes.map(({ id, hostKey }) => [id, hostKey]))
    for (const [id, entry] of this.#feeds) {
      if (wanted.has(id)) continue
      this.#feeds.delete(id)
      for (const watch of entry.watches) watch.leave()
      entry.host.remove(id)
    }
    for (const [id, hostKey] of wanted) {
      const entry = this.#feeds.get(id)
      if (entry === undefined) this.#add(id, hostKey)
      else if (entry.hostKey !== hostKey) this.#move(entry, hostKey)
    }
    for (const [key, host] of this.#hosts) {
      if (host.nodes.length > 0) continue
      host.dispose()
      this.#hosts.delete(key)
    }
  }

  get hosts(): readonly HostFeed[] {
    return [...this.#hosts.values()]
  }

  feed(node: string): NodeFeed | null {
    return this.#feeds.get(node)?.feed ?? null
  }

  /** Somebody watches the node from now on. Returns the way out, safe to call twice. */
  watch(node: string, interest: Interest = 'stay'): () => void {
    const entry = this.#feeds.get(node)
    if (entry === undefined) return () => undefined
    // Its times too, for whoever is told of it before Asterisk says anything.
    this.#now()
    const watch = { interest, leave: entry.host.watch(node, interest) }
    entry.watches.add(watch)
    return () => {
      entry.watches.delete(watch)
      watch.leave()
    }
  }

  /**
   * The node's feed for somebody who asks once: counts as watching for the linger time, and waits a little for the first
   * word of an Asterisk that was not being asked.
   */
  async fresh(node: string): Promise<NodeFeed | null> {
    const entry = this.#feeds.get(node)
    if (entry === undefined) return null
    const { feed } = entry
    const leave = this.watch(node, 'ask')
    try {
      if (feed.state.reach === 'unknown') await this.#firstWord(feed)
    } finally {
      leave()
    }
    return feed
  }

  /** Polls a watched node at once, see {@link HostFeed.look}. */
  look(node: string): Promise<void> {
    return this.#feeds.get(node)?.host.look(node) ?? Promise.resolve()
  }

  /** Polls a watched node often for a while, see {@link HostFeed.urge}. */
  urge(node: string, forMs: number): void {
    this.#feeds.get(node)?.host.urge(node, forMs)
  }

  /** A link of it is being called in this mode by an order, see {@link HostFeed.calledIn}. */
  calledIn(node: string, link: string, mode: LinkMode): void {
    this.#feeds.get(node)?.host.calledIn(node, link, mode)
  }

  /** See {@link HostFeed.lastMode}. */
  lastMode(node: string, link: string): LinkMode | null {
    return this.#feeds.get(node)?.host.lastMode(node, link) ?? null
  }

  /** Runs a CLI line on the Asterisk that has the node; null = nobody has it. See {@link HostFeed.command}. */
  command(node: string, line: string, go: () => boolean): Promise<AmiMessage> | null {
    return this.#feeds.get(node)?.host.command(line, go) ?? null
  }

  /** Asks the Asterisk that has the node how its voter's receivers are; null = nobody has it. Rejects when Asterisk is away. */
  voterStatus(node: string): Promise<AmiMessage> | null {
    return this.#feeds.get(node)?.host.voterStatus(node) ?? null
  }

  /** The questions about its voter over which the node's Asterisk hung; null = nobody has it. See {@link HostFeed.voterMisses}. */
  voterMisses(node: string): Misses | null {
    return this.#feeds.get(node)?.host.voterMisses(node) ?? null
  }

  /** A moment in server time, as the times of its nodes are told now: they move when the clock is set. @param at by the clock that nobody sets, ms */
  dated(at: number): number {
    return this.#steps.dated(at)
  }

  /** The node list says something else: names every node and every link anew. Who watches is told of what differs. */
  refreshNames(): void {
    for (const host of this.#hosts.values()) host.refreshNames()
  }

  dispose(): void {
    for (const host of this.#hosts.values()) host.dispose()
  }

  #add(id: string, hostKey: string): void {
    const { names, epoch } = this.#options
    const host = this.#hostOf(hostKey)
    const identity = listed(names, id) ?? NAMELESS
    const feed = new NodeFeed(id, `${epoch}-${(this.#generation++).toString(36)}`, this.#now(), identity)
    host.add(feed)
    this.#feeds.set(id, { feed, hostKey, host, watches: new Set() })
  }

  #move(entry: Entry, hostKey: string): void {
    const { node } = entry.feed
    const before = entry.host
    entry.hostKey = hostKey
    entry.host = this.#hostOf(hostKey)
    entry.host.add(entry.feed)
    // What the one before said of it, the other has not said, also if it is connected already.
    entry.feed.setReach('unknown', NOT_WATCHED, this.#now())
    for (const watch of entry.watches) {
      watch.leave()
      watch.leave = entry.host.watch(node, watch.interest)
    }
    before.remove(node)
  }

  /**
   * Server time for whoever dates something, ms. Where the clock was set since the last time, as a Pi's is by NTP some while after its start,
   * all that was dated until then moves with it first: nobody has talked, or been silent, for any longer.
   */
  #now(): number {
    const step = this.#steps.taken()
    const now = this.#clock.now()
    if (step !== 0) for (const { feed } of this.#feeds.values()) feed.update(laterBy(feed.state, step), now)
    return now
  }

  #hostOf(key: string): HostFeed {
    let host = this.#hosts.get(key)
    if (host === undefined) {
      host = new HostFeed({ ...this.#options, now: () => this.#now(), host: this.#options.openHost(key) })
      this.#hosts.set(key, host)
    }
    return host
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
