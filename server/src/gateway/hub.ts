/**
 * Everybody who watches one node. A change is encoded once per dialect that somebody speaks, and the same bytes are
 * written to all; twice, when it holds addresses that not everybody may see.
 */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { Change, NodeFeed } from '../feed/nodeFeed.ts'
import { Encoded } from './encoded.ts'
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

export interface HubOptions {
  readonly limits?: Pick<Limits, 'lagBytes' | 'lagSeconds'>
  readonly meter?: Meter
  /** Begins to measure how long a change is under way, see {@link Arrival.timer}. Default: nothing is measured. */
  readonly timer?: (() => () => number) | undefined
}

interface Seat {
  readonly subscriber: Subscriber
  /** Since when he has been owed the newest state and did not drain, ms; null = he is up to date. */
  owedSince: number | null
}

export class Hub {
  readonly feed: NodeFeed
  readonly #now: () => number
  readonly #seats = new Map<Subscriber, Seat>()
  readonly #stop: () => void
  readonly #limits: Pick<Limits, 'lagBytes' | 'lagSeconds'>
  readonly #meter: Meter
  readonly #timer: (() => () => number) | undefined
  /** The state as the two kinds of viewers see it, until it changes. */
  readonly #sights: { seen: Sight | null; hidden: Sight | null } = { seen: null, hidden: null }
  #beat: { readonly at: number; readonly seq: number; readonly message: Encoded } | null = null

  constructor(feed: NodeFeed, now: () => number, { limits = DEFAULT_LIMITS, meter = noMeter, timer }: HubOptions = {}) {
    this.feed = feed
    this.#now = now
    this.#limits = limits
    this.#meter = meter
    this.#timer = timer
    this.#stop = feed.listen((change) => { this.#publish(change) })
  }

  get size(): number {
    return this.#seats.size
  }

  join(subscriber: Subscriber): void {
    this.#seats.set(subscriber, { subscriber, owedSince: null })
  }

  leave(subscriber: Subscriber): void {
    this.#seats.delete(subscriber)
  }

  /**
   * Sends the whole state, as far as `subscriber` may see it: now, or as soon as he has taken what he was sent before. Who asks
   * without reading costs nothing.
   */
  snapshot(subscriber: Subscriber): void {
    const seat = this.#seats.get(subscriber)
    if (seat === undefined) return
    if (seat.owedSince !== null) this.#catchUp(seat)
    else if (subscriber.buffered() > this.#limits.lagBytes || !subscriber.takeSnapshot()) this.#owe(seat)
    else this.#sendState(subscriber)
  }

  /** A sign of life for those who watch this node alone: the same bytes for all of one moment. */
  beat(now: number): Encoded {
    const { node, epoch, seq } = this.feed
    if (this.#beat?.at !== now || this.#beat.seq !== seq) {
      const text = JSON.stringify({ type: 'beat', at: now, nodes: { [node]: { epoch, seq } } })
      this.#beat = { at: now, seq, message: new Encoded(text) }
    }
    return this.#beat.message
  }

  /** He has taken what he was sent: if he is owed the newest state, now is the time. */
  drained(subscriber: Subscriber): void {
    const seat = this.#seats.get(subscriber)
    if (seat !== undefined && seat.owedSince !== null) this.#catchUp(seat)
  }

  /** Catches up those who lagged and have drained since; sends away those who do not drain. Call now and then. */
  sweep(): void {
    for (const seat of [...this.#seats.values()]) {
      if (seat.owedSince !== null) this.#catchUp(seat)
      else if (seat.subscriber.buffered() > this.#limits.lagBytes) this.#owe(seat)
    }
  }

  dispose(): void {
    this.#stop()
    this.#seats.clear()
  }

  #publish(change: Change): void {
    const elapsed = this.#timer?.()
    this.#sights.seen = null
    this.#sights.hidden = null
    const patch = hidePeersIn(change.patch)
    const forAll = new Map<Dialect, Encoded>()
    const forSome = new Map<Dialect, Encoded>()
    for (const seat of [...this.#seats.values()]) {
      const { subscriber } = seat
      if (seat.owedSince !== null) {
        this.#catchUp(seat)
        continue
      }
      if (subscriber.buffered() > this.#limits.lagBytes) {
        this.#owe(seat)
        continue
      }
      const { dialect, seesPeers } = subscriber
      // Most patches are the same for both kinds of viewers, and so are their bytes.
      const all = seesPeers || (!dialect.whole && patch === change.patch)
      const messages = all ? forAll : forSome
      let message = messages.get(dialect)
      if (message === undefined) {
        message = new Encoded(
          dialect.change(this.feed, all ? change : { ...change, patch, state: dialect.whole ? hidePeers(change.state) : change.state }),
        )
        messages.set(dialect, message)
      }
      subscriber.send(message)
    }
    // Viewers of many nodes write in a microtask of their own, which stands before this one.
    if (elapsed !== undefined) queueMicrotask(() => { this.#meter.published(elapsed()) })
  }

  #owe(seat: Seat): void {
    seat.owedSince = this.#now()
    this.#meter.held()
  }

  #catchUp(seat: Seat): void {
    const { subscriber } = seat
    if (subscriber.buffered() > this.#limits.lagBytes / 4) {
      if (this.#now() - (seat.owedSince ?? 0) > this.#limits.lagSeconds * 1000) this.#sendAway(subscriber)
    } else if (subscriber.takeSnapshot()) {
      seat.owedSince = null
      this.#sendState(subscriber)
    } else {
      // He drains, and has asked for too much: that is no reason to send him away.
      seat.owedSince = this.#now()
    }
  }

  #sendAway(subscriber: Subscriber): void {
    this.leave(subscriber)
    this.#meter.refused('lagSeconds', CLOSE.slowConsumer)
    subscriber.close(CLOSE.slowConsumer, 'this connection takes the news slower than they come')
  }

  #sendState(subscriber: Subscriber): void {
    subscriber.send(new Encoded(subscriber.dialect.snapshot(this.#sight(subscriber.seesPeers), this.#now())))
  }

  #sight(seesPeers: boolean): Sight {
    const kind = seesPeers ? 'seen' : 'hidden'
    const kept = this.#sights[kind]
    if (kept !== null) return kept
    const { node, epoch, seq } = this.feed
    const state = seesPeers ? this.feed.state : hidePeers(this.feed.state)
    let json: string | null = null
    const sight = { node, epoch, seq, state, json: () => (json ??= JSON.stringify(state)) }
    this.#sights[kind] = sight
    return sight
  }
}
