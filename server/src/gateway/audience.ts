/**
 * Everybody who is told the same news. Whoever reads slower than they come gets the newest state once it has caught up, and
 * not the backlog.
 */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { Encoded } from './encoded.ts'
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
  /** Is there anything to tell yet? */
  readonly heard: boolean
}

export interface AudienceOptions {
  readonly limits?: Pick<Limits, 'lagBytes' | 'lagSeconds'>
  readonly meter?: Meter
  /** Begins to measure how long a change is under way, see {@link Arrival.timer}. Default: nothing is measured. */
  readonly timer?: (() => () => number) | undefined
}

interface Seat {
  readonly subscriber: Subscriber
  /** Since when he has been owed the newest state and did not drain, ms; null = he is up to date. */
  owedSince: number | null
  /** What is to happen once there is anything to tell; null = he has been told. */
  greeting: (() => void) | null
}

export abstract class Audience {
  abstract readonly feed: Place
  protected readonly now: () => number
  readonly #meter: Meter
  readonly #limits: Pick<Limits, 'lagBytes' | 'lagSeconds'>
  readonly #timer: (() => () => number) | undefined
  readonly #seats = new Map<Subscriber, Seat>()
  /** Those of one moment, by place. */
  readonly #beats = new Map<string, Encoded>()
  #beatsAt = 0

  constructor(now: () => number, { limits = DEFAULT_LIMITS, meter = noMeter, timer }: AudienceOptions = {}) {
    this.now = now
    this.#limits = limits
    this.#meter = meter
    this.#timer = timer
  }

  /** The whole state in the words of `subscriber`, as far as he may see it. */
  protected abstract stateFor(subscriber: Subscriber): Encoded

  /** Where `subscriber` stands once he has been told all. */
  placeFor(_subscriber: Subscriber): Pick<Place, 'node' | 'epoch' | 'seq'> {
    return this.feed
  }

  get size(): number {
    return this.#seats.size
  }

  join(subscriber: Subscriber): void {
    this.#seats.set(subscriber, { subscriber, owedSince: null, greeting: null })
  }

  /** Runs `greeting` as soon as there is anything to tell, and until then tells that subscriber nothing. */
  greet(subscriber: Subscriber, greeting: () => void): void {
    const seat = this.#seats.get(subscriber)
    if (seat === undefined) return
    if (this.feed.heard) greeting()
    else seat.greeting = greeting
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
    if (seat === undefined || seat.greeting !== null) return
    if (seat.owedSince !== null) this.#catchUp(seat)
    else if (subscriber.buffered() > this.#limits.lagBytes || !subscriber.takeSnapshot()) this.#owe(seat)
    else subscriber.send(this.stateFor(subscriber))
  }

  /** A sign of life for those who watch nothing else: the same bytes for all of one moment and place. */
  beat(now: number, subscriber: Subscriber): Encoded {
    const { node, epoch, seq } = this.placeFor(subscriber)
    if (this.#beatsAt !== now) this.#beats.clear()
    this.#beatsAt = now
    const place = `${epoch} ${seq}`
    let message = this.#beats.get(place)
    if (message === undefined) {
      message = new Encoded(JSON.stringify({ type: 'beat', at: now, nodes: { [node]: { epoch, seq } } }))
      this.#beats.set(place, message)
    }
    return message
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
    this.#seats.clear()
  }

  /** What was told before is void: everybody is told the state whole, and who waited for it is greeted. */
  protected tellWhole(): void {
    for (const seat of [...this.#seats.values()]) {
      const { greeting } = seat
      seat.greeting = null
      if (greeting === null) this.snapshot(seat.subscriber)
      else greeting()
    }
  }

  /** @param messageFor the news for one of those who are up to date */
  protected tell(messageFor: (subscriber: Subscriber) => Encoded): void {
    const elapsed = this.#timer?.()
    for (const seat of [...this.#seats.values()]) {
      const { subscriber } = seat
      if (seat.greeting !== null) continue
      if (seat.owedSince !== null) this.#catchUp(seat)
      else if (subscriber.buffered() > this.#limits.lagBytes) this.#owe(seat)
      else subscriber.send(messageFor(subscriber))
    }
    // Viewers of many nodes write in a microtask of their own, which stands before this one.
    if (elapsed !== undefined) queueMicrotask(() => { this.#meter.published(elapsed()) })
  }

  #owe(seat: Seat): void {
    seat.owedSince = this.now()
    this.#meter.held()
  }

  #catchUp(seat: Seat): void {
    const { subscriber } = seat
    if (subscriber.buffered() > this.#limits.lagBytes / 4) {
      if (this.now() - (seat.owedSince ?? 0) > this.#limits.lagSeconds * 1000) this.#sendAway(subscriber)
    } else if (subscriber.takeSnapshot()) {
      seat.owedSince = null
      subscriber.send(this.stateFor(subscriber))
    } else {
      // He drains, and has asked for too much: that is no reason to send him away.
      seat.owedSince = this.now()
    }
  }

  #sendAway(subscriber: Subscriber): void {
    this.leave(subscriber)
    this.#meter.refused('lagSeconds', CLOSE.slowConsumer)
    subscriber.close(CLOSE.slowConsumer, 'this connection reads more slowly than news arrives')
  }
}
