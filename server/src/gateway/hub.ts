/**
 * Everybody who watches one node. A change is encoded once per dialect that somebody speaks, and the same text is
 * written to all; twice, when it holds addresses that not everybody may see.
 */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { Change, NodeFeed } from '../feed/nodeFeed.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { Limits } from './limits.ts'
import { noMeter } from './meter.ts'
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

interface Seat {
  readonly subscriber: Subscriber
  /** Since when changes have been held back, ms; null = up to date. */
  laggingSince: number | null
}

export class Hub {
  readonly feed: NodeFeed
  readonly #now: () => number
  readonly #seats = new Map<Subscriber, Seat>()
  readonly #stop: () => void
  readonly #limits: Pick<Limits, 'lagBytes' | 'lagSeconds'>
  readonly #meter: Meter
  #beat: { readonly at: number; readonly seq: number; readonly text: string } | null = null

  constructor(feed: NodeFeed, now: () => number, limits: Pick<Limits, 'lagBytes' | 'lagSeconds'> = DEFAULT_LIMITS, meter: Meter = noMeter) {
    this.feed = feed
    this.#now = now
    this.#limits = limits
    this.#meter = meter
    this.#stop = feed.listen((change) => { this.#publish(change) })
  }

  get size(): number {
    return this.#seats.size
  }

  join(subscriber: Subscriber): void {
    this.#seats.set(subscriber, { subscriber, laggingSince: null })
  }

  leave(subscriber: Subscriber): void {
    this.#seats.delete(subscriber)
  }

  /** The whole state in the words of `subscriber`, as far as he may see it. */
  snapshot({ dialect, seesPeers }: Subscriber): string {
    const { node, epoch, seq, state } = this.feed
    return dialect.snapshot({ node, epoch, seq, state: seesPeers ? state : hidePeers(state) }, this.#now())
  }

  /** A sign of life for those who watch this node alone: the same text for all of one moment. */
  beat(now: number): string {
    const { node, epoch, seq } = this.feed
    if (this.#beat?.at !== now || this.#beat.seq !== seq) {
      this.#beat = { at: now, seq, text: JSON.stringify({ type: 'beat', at: now, nodes: { [node]: { epoch, seq } } }) }
    }
    return this.#beat.text
  }

  /** Catches up those who lagged and have drained since; sends away those who do not drain. Call now and then. */
  sweep(): void {
    for (const seat of [...this.#seats.values()]) if (seat.laggingSince !== null) this.#catchUp(seat)
  }

  dispose(): void {
    this.#stop()
    this.#seats.clear()
  }

  #publish(change: Change): void {
    const patch = hidePeersIn(change.patch)
    const forAll = new Map<Dialect, string>()
    const forSome = new Map<Dialect, string>()
    for (const seat of [...this.#seats.values()]) {
      const { subscriber } = seat
      if (seat.laggingSince !== null) {
        this.#catchUp(seat)
        continue
      }
      if (subscriber.buffered() > this.#limits.lagBytes) {
        seat.laggingSince = this.#now()
        this.#meter.held()
        continue
      }
      const { dialect, seesPeers } = subscriber
      // Most patches are the same for both kinds of viewers, and so is their text.
      const all = seesPeers || (!dialect.whole && patch === change.patch)
      const texts = all ? forAll : forSome
      let text = texts.get(dialect)
      if (text === undefined) {
        text = dialect.change(this.feed, all ? change : { ...change, patch, state: dialect.whole ? hidePeers(change.state) : change.state })
        texts.set(dialect, text)
      }
      subscriber.send(text)
    }
    this.#meter.published(this.#now() - change.at)
  }

  #catchUp(seat: Seat): void {
    const { subscriber } = seat
    if (subscriber.buffered() <= this.#limits.lagBytes / 4) {
      seat.laggingSince = null
      subscriber.send(this.snapshot(subscriber))
    } else if (this.#now() - (seat.laggingSince ?? 0) > this.#limits.lagSeconds * 1000) {
      this.leave(subscriber)
      this.#meter.refused('lagSeconds', CLOSE.slowConsumer)
      subscriber.close(CLOSE.slowConsumer, 'this connection takes the news slower than they come')
    }
  }
}
