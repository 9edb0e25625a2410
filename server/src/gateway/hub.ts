/**
 * Everybody who watches one node. A change is encoded once per dialect that somebody speaks, and the same text is
 * written to all; twice, when it holds addresses that not everybody may see.
 */
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { Change, NodeFeed } from '../feed/nodeFeed.ts'
import { Audience } from './audience.ts'
import type { Limits } from './limits.ts'
import type { Meter } from './meter.ts'
import { hidePeers, hidePeersIn } from './peers.ts'

/** A node's state at one moment, as far as the one it goes to may see it. */
export interface Sight {
  readonly node: string
  readonly epoch: string
  readonly seq: number
  readonly state: NodeState
}

/** How a group of viewers is spoken to about one node. Encoders are called once per change, whatever the crowd. */
export interface Dialect {
  readonly name: string
  /** Does each change carry the whole state? Otherwise the patch. */
  readonly whole: boolean
  /** The whole state, for somebody who holds nothing or something else. */
  snapshot(sight: Sight, now: number): string
  change(place: Pick<Sight, 'node' | 'epoch'>, change: Change): string
}

export interface Subscriber {
  readonly dialect: Dialect
  /** May he see the addresses that links come from? May change while he stays; then he needs a snapshot. */
  readonly seesPeers: boolean
  send(data: string): void
  /** Bytes written that the viewer has not taken yet. */
  buffered(): number
  close(code: number, reason: string): void
}

export class Hub extends Audience {
  readonly feed: NodeFeed
  readonly #stop: () => void

  constructor(feed: NodeFeed, now: () => number, limits?: Pick<Limits, 'lagBytes' | 'lagSeconds'>, meter?: Meter) {
    super(now, limits, meter)
    this.feed = feed
    this.#stop = feed.listen((change) => { this.#publish(change) })
  }

  override snapshot({ dialect, seesPeers }: Subscriber): string {
    const { node, epoch, seq, state } = this.feed
    return dialect.snapshot({ node, epoch, seq, state: seesPeers ? state : hidePeers(state) }, this.now())
  }

  override dispose(): void {
    this.#stop()
    super.dispose()
  }

  #publish(change: Change): void {
    const patch = hidePeersIn(change.patch)
    const forAll = new Map<Dialect, string>()
    const forSome = new Map<Dialect, string>()
    this.tell(({ dialect, seesPeers }) => {
      // Most patches are the same for both kinds of viewers, and so is their text.
      const all = seesPeers || (!dialect.whole && patch === change.patch)
      const texts = all ? forAll : forSome
      let text = texts.get(dialect)
      if (text === undefined) {
        text = dialect.change(this.feed, all ? change : { ...change, patch, state: dialect.whole ? hidePeers(change.state) : change.state })
        texts.set(dialect, text)
      }
      return text
    })
    this.meter.published(this.now() - change.at)
  }
}
