/** The voters of this process, by node. Asterisk is asked for as long as somebody watches, or once for somebody who asks once. */
import type { AmiMessage } from '../ami/message.ts'
import type { VoterState } from '../../../protocol/voter.ts'
import type { Clock } from '../env/clock.ts'
import type { Misses } from './misses.ts'
import type { NodeFeed } from './nodeFeed.ts'
import { VoterFeed } from './voterFeed.ts'
import { VoterPoll } from './voterPoll.ts'

/** The nodes behind the voters: `FeedHouse`, as far as it is needed. */
export interface VoterNodes {
  feed(node: string): NodeFeed | null
  /** Somebody watches the node from now on. Returns the way out. */
  watch(node: string): () => void
  /** Asks the node's Asterisk; null = nobody has it. May reject when Asterisk is away. */
  voterStatus(node: string): Promise<AmiMessage> | null
  /** The questions over which it hung, until it may be another Asterisk; null = nobody has the node. */
  voterMisses(node: string): Misses | null
}

interface Entry {
  readonly nodeFeed: NodeFeed
  readonly feed: VoterFeed
  readonly poll: VoterPoll
  watchers: number
}

export class VoterHouse {
  readonly #clock: Clock
  readonly #nodes: VoterNodes
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock, nodes: VoterNodes) {
    this.#clock = clock
    this.#nodes = nodes
  }

  /** The voter's feed, which says by itself whether there is a voter; null = there is no such node. */
  feed(node: string): VoterFeed | null {
    return this.#entry(node)?.feed ?? null
  }

  /** Somebody watches from now on, and the node with it: who keys up is news for the voter too. Returns the way out, safe to call twice. */
  watch(node: string): () => void {
    const entry = this.#entry(node)
    if (entry === null) return () => undefined
    const leaveNode = this.#nodes.watch(node)
    entry.watchers += 1
    if (entry.watchers === 1) entry.poll.start()
    let left = false
    return () => {
      if (left) return
      left = true
      entry.watchers -= 1
      if (entry.watchers === 0) entry.poll.stop()
      leaveNode()
    }
  }

  /** How the voter is now, for somebody who asks once about a node that is watched. Never rejects; null = there is no such node. */
  async look(node: string): Promise<VoterState | null> {
    const entry = this.#entry(node)
    if (entry === null) return null
    await entry.poll.look()
    return entry.feed.state
  }

  dispose(): void {
    for (const { poll } of this.#entries.values()) poll.stop()
    this.#entries.clear()
  }

  /** A node that went and came back has another feed, and so has its voter. */
  #entry(node: string): Entry | null {
    const held = this.#entries.get(node)
    const nodeFeed = this.#nodes.feed(node)
    if (held !== undefined && held.nodeFeed === nodeFeed) return held
    held?.poll.stop()
    this.#entries.delete(node)
    if (nodeFeed === null) return null
    const feed = new VoterFeed(node, nodeFeed.epoch, this.#clock.now())
    const poll = new VoterPoll({
      clock: this.#clock, feed, node: nodeFeed, ask: () => this.#nodes.voterStatus(node), misses: () => this.#nodes.voterMisses(node),
    })
    const entry: Entry = { nodeFeed, feed, poll, watchers: 0 }
    this.#entries.set(node, entry)
    return entry
  }
}
