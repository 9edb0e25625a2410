/**
 * Everybody who watches one node. A change is encoded once per dialect that somebody speaks, and the same text is
 * written to all.
 */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { Change, NodeFeed } from '../feed/nodeFeed.ts'

/** How a group of viewers is spoken to about one node. Encoders are called once per change, whatever the crowd. */
export interface Dialect {
  readonly name: string
  /** The whole state, for somebody who holds nothing or something else. */
  snapshot(feed: NodeFeed, now: number): string
  change(feed: NodeFeed, change: Change): string
}

export interface Subscriber {
  readonly dialect: Dialect
  send(data: string): void
  /** Bytes written that the viewer has not taken yet. */
  buffered(): number
  close(code: number, reason: string): void
}

export const SLOW = {
  /** Above this many bytes a viewer is not sent the backlog but, once it has caught up, the newest state. */
  lagBytes: 256 * 1024,
  /** A viewer that lags this long is sent away, ms. */
  closeMs: 30_000,
} as const

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

  constructor(feed: NodeFeed, now: () => number) {
    this.feed = feed
    this.#now = now
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

  /** Catches up those who lagged and have drained since; sends away those who do not drain. Call now and then. */
  sweep(): void {
    for (const seat of [...this.#seats.values()]) if (seat.laggingSince !== null) this.#catchUp(seat)
  }

  dispose(): void {
    this.#stop()
    this.#seats.clear()
  }

  #publish(change: Change): void {
    const encoded = new Map<Dialect, string>()
    for (const seat of [...this.#seats.values()]) {
      const { subscriber } = seat
      if (seat.laggingSince !== null) {
        this.#catchUp(seat)
        continue
      }
      if (subscriber.buffered() > SLOW.lagBytes) {
        seat.laggingSince = this.#now()
        continue
      }
      let text = encoded.get(subscriber.dialect)
      if (text === undefined) {
        text = subscriber.dialect.change(this.feed, change)
        encoded.set(subscriber.dialect, text)
      }
      subscriber.send(text)
    }
  }

  #catchUp(seat: Seat): void {
    const { subscriber } = seat
    if (subscriber.buffered() <= SLOW.lagBytes / 4) {
      seat.laggingSince = null
      subscriber.send(subscriber.dialect.snapshot(this.feed, this.#now()))
    } else if (this.#now() - (seat.laggingSince ?? 0) > SLOW.closeMs) {
      this.leave(subscriber)
      subscriber.close(CLOSE.slowConsumer, 'this connection takes the news slower than they come')
    }
  }
}
