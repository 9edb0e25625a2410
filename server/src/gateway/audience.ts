/**
 * Everybody who is told the same news. Whoever reads slower than they come gets the newest state once it has caught up, and
 * not the backlog.
 */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { Subscriber } from './hub.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { Limits } from './limits.ts'
import { noMeter } from './meter.ts'
import type { Meter } from './meter.ts'

/** What the news are of, and where they stand. */
interface Place {
  readonly node: string
  readonly epoch: string
  readonly seq: number
}

interface Seat {
  readonly subscriber: Subscriber
  /** Since when changes have been held back, ms; null = up to date. */
  laggingSince: number | null
}

export abstract class Audience {
  abstract readonly feed: Place
  protected readonly now: () => number
  protected readonly meter: Meter
  readonly #limits: Pick<Limits, 'lagBytes' | 'lagSeconds'>
  readonly #seats = new Map<Subscriber, Seat>()
  #beat: { readonly at: number; readonly seq: number; readonly text: string } | null = null

  constructor(now: () => number, limits: Pick<Limits, 'lagBytes' | 'lagSeconds'> = DEFAULT_LIMITS, meter: Meter = noMeter) {
    this.now = now
    this.#limits = limits
    this.meter = meter
  }

  /** The whole state in the words of `subscriber`, as far as he may see it. */
  abstract snapshot(subscriber: Subscriber): string

  get size(): number {
    return this.#seats.size
  }

  join(subscriber: Subscriber): void {
    this.#seats.set(subscriber, { subscriber, laggingSince: null })
  }

  leave(subscriber: Subscriber): void {
    this.#seats.delete(subscriber)
  }

  /** A sign of life for those who watch nothing else: the same text for all of one moment. */
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
    this.#seats.clear()
  }

  /** @param textFor the news for one of those who are up to date */
  protected tell(textFor: (subscriber: Subscriber) => string): void {
    for (const seat of [...this.#seats.values()]) {
      if (seat.laggingSince !== null) {
        this.#catchUp(seat)
        continue
      }
      if (seat.subscriber.buffered() > this.#limits.lagBytes) {
        seat.laggingSince = this.now()
        this.meter.held()
        continue
      }
      seat.subscriber.send(textFor(seat.subscriber))
    }
  }

  #catchUp(seat: Seat): void {
    const { subscriber } = seat
    if (subscriber.buffered() <= this.#limits.lagBytes / 4) {
      seat.laggingSince = null
      subscriber.send(this.snapshot(subscriber))
    } else if (this.now() - (seat.laggingSince ?? 0) > this.#limits.lagSeconds * 1000) {
      this.leave(subscriber)
      this.meter.refused('lagSeconds', CLOSE.slowConsumer)
      subscriber.close(CLOSE.slowConsumer, 'this connection takes the news slower than they come')
    }
  }
}
