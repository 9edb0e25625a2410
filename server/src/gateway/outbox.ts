import { MAX_BATCH } from '../../../protocol/frames.ts'
import type { Clock } from '../env/clock.ts'
import { Encoded } from './encoded.ts'
import type { Wire } from './wire.ts'

/** What goes out together, at most: a client reads a batch of so many frames, and so long a message, with room to spare. */
const MOMENT_FRAMES = MAX_BATCH / 2
const MOMENT_CHARS = 256 * 1024

/**
 * What goes out to one viewer. One that watches many nodes is sent what one moment brought as one message: one read from
 * Asterisk can change many nodes.
 */
export class Outbox {
  readonly #wire: Wire
  readonly #clock: Clock
  /** Messages of this moment that wait to go out together; null = each goes by itself. */
  readonly #moment: Encoded[] | null
  #waiting = 0
  #sentAt: number

  constructor(wire: Wire, clock: Clock, gathers: boolean) {
    this.#wire = wire
    this.#clock = clock
    this.#moment = gathers ? [] : null
    this.#sentAt = clock.monotonic()
  }

  /** For how long nothing was sent, ms. */
  get silentMs(): number {
    return this.#clock.monotonic() - this.#sentAt
  }

  /** Bytes that the viewer has not taken yet; of those that still wait here, their characters. */
  get buffered(): number {
    return this.#wire.buffered() + this.#waiting
  }

  send(message: Encoded): void {
    this.#sentAt = this.#clock.monotonic()
    if (this.#moment === null) {
      this.#wire.send(message)
      return
    }
    this.#waiting += message.text.length
    if (this.#moment.push(message) === 1) queueMicrotask(() => { this.flush() })
    // A message that is too big for the client would be lost whole; smaller ones also arrive one by one on a slow way.
    else if (this.#moment.length >= MOMENT_FRAMES || this.#waiting >= MOMENT_CHARS) this.flush()
  }

  flush(): void {
    if (this.#moment === null || this.#moment.length === 0) return
    const messages = this.#moment.splice(0)
    this.#waiting = 0
    const [first] = messages
    // Most moments bring one message, whose bytes others are sent as well.
    if (messages.length === 1 && first !== undefined) this.#wire.send(first)
    else this.#wire.send(new Encoded(`{"type":"batch","at":${this.#clock.now()},"frames":[${messages.map(({ text }) => text).join(',')}]}`))
  }
}
