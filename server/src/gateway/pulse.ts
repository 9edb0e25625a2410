/**
 * Which sockets are dead: their link was cut without a word, and TCP finds that out after many minutes only. Counts in sweeps and
 * has no timer of its own, so that a gateway that stood still gives everybody one more sweep to be heard in.
 */

/** A socket, as far as its life matters here. */
export interface Pulsed {
  /** Asks the other side for a sign of life. */
  ping(): void
  /** By this sweep it has to have answered; null = no ping is out. */
  dueAt: number | null
  /** Before this sweep it is not asked in haste again. */
  hasteFrom: number
}

/** So often each is asked, ms; who has not answered by the next time is dead. */
const PING_MS = 60_000
/** Sweeps in which who was asked in haste has to answer: one whole sweep, and what is left of the one under way. */
const HASTE = 2
/** Sweeps from one hasty question to the next: a page that waits for a place tries again within 17 s. */
const REST = 3

export class Pulse {
  readonly #each: number
  #sweep = 0

  /** @param sweepMs from one sweep to the next */
  constructor(sweepMs: number) {
    this.#each = Math.ceil(PING_MS / sweepMs)
  }

  /** Another sweep begins. */
  next(): void {
    this.#sweep += 1
  }

  /** Did it not answer in time? Then its place is another's. */
  isDead({ dueAt }: Pulsed): boolean {
    return dueAt !== null && this.#sweep >= dueAt
  }

  /** Asks it if it is time to; call once with every sweep. */
  look(one: Pulsed): void {
    if (this.#sweep % this.#each === 0 && one.dueAt === null) this.#ask(one, this.#each)
  }

  /** Somebody found no place because of these: they are asked at once, and often at that not again. */
  hurry(those: Iterable<Pulsed>): void {
    for (const one of those) {
      if (this.#sweep < one.hasteFrom) continue
      one.hasteFrom = this.#sweep + REST
      this.#ask(one, HASTE)
    }
  }

  #ask(one: Pulsed, sweeps: number): void {
    one.dueAt = Math.min(one.dueAt ?? Infinity, this.#sweep + sweeps)
    one.ping()
  }
}
