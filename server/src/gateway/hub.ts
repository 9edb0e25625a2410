/**
 * Everybody who watches one node. A change is encoded once per dialect that somebody speaks, and the same bytes are
 * written to all; twice, when some may see addresses and others not, who have an epoch each.
 */
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { Change, NodeFeed } from '../feed/nodeFeed.ts'
import { Audience } from './audience.ts'
import type { AudienceOptions } from './audience.ts'
import { Encoded } from './encoded.ts'
import { epochFor, hidePeers, hidePeersIn } from './peers.ts'

/** A node's state at one moment, as far as the one it goes to may see it. */
export interface Sight {
  readonly node: string
  readonly epoch: string
  readonly seq: number
  readonly state: NodeState
  /** The state as JSON, made once. */
  readonly json: () => string
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
  send(message: Encoded): void
  /** Bytes written that the viewer has not taken yet. */
  buffered(): number
  /** Takes one of the whole states that he may be sent now; false = he has had too many of late. */
  takeSnapshot(): boolean
  close(code: number, reason: string): void
}

export class Hub extends Audience {
  readonly feed: NodeFeed
  readonly #stop: readonly (() => void)[]
  /** The state as the two kinds of viewers see it, until it changes. */
  readonly #sights: { seen: Sight | null; hidden: Sight | null } = { seen: null, hidden: null }

  constructor(feed: NodeFeed, now: () => number, options?: AudienceOptions) {
    super(now, options)
    this.feed = feed
    this.#stop = [
      feed.listen((change) => { this.#publish(change) }),
      feed.onWhole(() => { this.#anew() }),
    ]
  }

  override placeFor({ seesPeers }: Pick<Subscriber, 'seesPeers'>): Pick<Sight, 'node' | 'epoch' | 'seq'> {
    const { node, epoch, seq } = this.feed
    return { node, epoch: epochFor(epoch, seesPeers), seq }
  }

  protected override stateFor({ dialect, seesPeers }: Subscriber): Encoded {
    return new Encoded(dialect.snapshot(this.#sight(seesPeers), this.now()))
  }

  override dispose(): void {
    for (const stop of this.#stop) stop()
    super.dispose()
  }

  #anew(): void {
    this.#forget()
    this.tellWhole()
  }

  #forget(): void {
    this.#sights.seen = null
    this.#sights.hidden = null
  }

  #publish(change: Change): void {
    this.#forget()
    const seen = new Map<Dialect, Encoded>()
    const hidden = new Map<Dialect, Encoded>()
    this.tell(({ dialect, seesPeers }) => {
      const messages = seesPeers ? seen : hidden
      let message = messages.get(dialect)
      if (message === undefined) {
        message = new Encoded(dialect.change(this.placeFor({ seesPeers }), seesPeers ? change : withoutPeers(change, dialect)))
        messages.set(dialect, message)
      }
      return message
    })
  }

  #sight(seesPeers: boolean): Sight {
    const kind = seesPeers ? 'seen' : 'hidden'
    const kept = this.#sights[kind]
    if (kept !== null) return kept
    const { node, epoch, seq } = this.placeFor({ seesPeers })
    const state = seesPeers ? this.feed.state : hidePeers(this.feed.state)
    let json: string | null = null
    const sight = { node, epoch, seq, state, json: () => (json ??= JSON.stringify(state)) }
    this.#sights[kind] = sight
    return sight
  }
}

/** What the dialect does not tell is left as it is. */
function withoutPeers(change: Change, { whole }: Dialect): Change {
  return whole ? { ...change, state: hidePeers(change.state) } : { ...change, patch: hidePeersIn(change.patch) }
}
