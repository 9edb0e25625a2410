/**
 * One feed on the broker: each change at once, and the whole state now and then, which the broker keeps. Who reads the broker
 * sees by the numbers whether anything is missing.
 */
import type { Clock, Timer } from '../env/clock.ts'
import type { Feed } from '../feed/feed.ts'
import type { Broker } from './broker.ts'

export interface EdgeTopicOptions<S, P> {
  readonly broker: Broker
  readonly clock: Clock
  readonly feed: Feed<S, P>
  readonly state: string
  readonly patch: string
  /** Does the broker keep the state for whoever comes later? */
  readonly retain: boolean
}

/** A state that changes is kept anew so often, ms: a busy hub's has 60,000 bytes, and whoever needs it sooner asks. */
const KEEP_MS = 10_000
/** Fronts that ask at the same moment get one answer, ms. */
const ASKED_MS = 10
/** While a change was left out, it is looked so often whether the broker has taken what waits, ms. */
const BEHIND_MS = 500
/** Beyond this many bytes that the broker has not taken, changes are left out, and the state follows once it has. */
export const MAX_BACKLOG = 1_000_000

export class EdgeTopic<S, P> {
  readonly #options: EdgeTopicOptions<S, P>
  readonly #stop: readonly (() => void)[]
  #keep: Timer
  #asked: Timer
  /** A change was not told: only the whole state helps. */
  #behind = false

  constructor(options: EdgeTopicOptions<S, P>) {
    this.#options = options
    const { feed, broker, patch } = options
    this.#stop = [
      feed.listen((change) => {
        const { seq, at } = change
        if (!this.#behind && (broker.backlog > MAX_BACKLOG || !broker.publish(patch, JSON.stringify({ epoch: feed.epoch, seq, at, patch: change.patch })))) this.#fallBehind()
        this.#keepSoon()
      }),
      broker.onUp(() => { this.tell() }),
    ]
    this.tell()
  }

  /** Somebody lacks the truth: it follows in a moment. */
  asked(): void {
    this.#asked ??= this.#options.clock.setTimeout(() => { this.tell() }, ASKED_MS)
  }

  /** The whole state, now. */
  tell(): void {
    const { clock, broker, feed, state, retain } = this.#options
    clock.clearTimeout(this.#asked)
    clock.clearTimeout(this.#keep)
    this.#asked = undefined
    this.#keep = undefined
    if (broker.backlog > MAX_BACKLOG) {
      this.#fallBehind()
      this.#keepSoon()
      return
    }
    const { epoch, seq, at } = feed
    this.#behind = !broker.publish(state, JSON.stringify({ epoch, seq, at, state: feed.state }), { retain })
  }

  /** @param gone there is no such thing here any more: the broker is to forget it */
  close(gone: boolean): void {
    const { clock, broker, state, retain } = this.#options
    for (const stop of this.#stop) stop()
    clock.clearTimeout(this.#asked)
    clock.clearTimeout(this.#keep)
    if (gone && retain) broker.publish(state, '', { retain })
  }

  /** The state follows soon: the wait for the next time it is kept anew may have begun before, and is longer. */
  #fallBehind(): void {
    this.#behind = true
    this.#options.clock.clearTimeout(this.#keep)
    this.#keep = undefined
  }

  #keepSoon(): void {
    const { clock, retain } = this.#options
    if (!retain && !this.#behind) return
    this.#keep ??= clock.setTimeout(() => { this.tell() }, this.#behind ? BEHIND_MS : KEEP_MS)
  }
}
