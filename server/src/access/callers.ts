import { Secret } from '../config/secret.ts'
import type { Timer } from '../env/clock.ts'
import { fingerprint } from './safeEqual.ts'
import type { SupermonAnswer } from './supermonAnswer.ts'

/** One cookie, and what is known about it. Times are by the clock that nobody sets, ms. */
export interface Caller {
  /** SHA-256 of the cookie's value, hex. */
  readonly id: string
  readonly cookie: Secret
  /** The last that was understood; null = none yet. */
  answer: SupermonAnswer | null
  answeredAt: number
  /** When asking ended last, well or not; null = never. */
  askedAt: number | null
  /** When asking ended last without an answer in time; -Infinity = it did not, or something came of it since. */
  slowAt: number
  /** Under way now. */
  flight: Promise<void> | null
  /** The answer that counted when asking ended last. */
  settled: SupermonAnswer | null
  /** When a viewer with this cookie was last there. */
  watchedAt: number
  /** Until it is asked for again; null = it is not. */
  timer: Timer
}

/** The cookies seen last. Strangers cannot push out who signed in: cookies of nobody go first. */
export class Callers {
  readonly #max: number
  readonly #onForget: (caller: Caller) => void
  /** By id, in order of last use. */
  readonly #byId = new Map<string, Caller>()

  constructor(max: number, onForget: (caller: Caller) => void) {
    this.#max = max
    this.#onForget = onForget
  }

  get size(): number {
    return this.#byId.size
  }

  /** Does not count as use. */
  byId(id: string): Caller | null {
    return this.#byId.get(id) ?? null
  }

  /** The caller of that cookie, new if need be. Counts as use. */
  of(cookie: string): Caller {
    const id = fingerprint(cookie)
    const known = this.#byId.get(id)
    if (known === undefined && this.#byId.size >= this.#max) this.#makeRoom()
    const caller: Caller = known ?? {
      id, cookie: new Secret(cookie), answer: null, answeredAt: -Infinity, askedAt: null, slowAt: -Infinity, flight: null, settled: null,
      watchedAt: -Infinity, timer: null,
    }
    this.#byId.set(id, caller)
    this.used(caller)
    return caller
  }

  /** Forgotten later than those that were not used since. */
  used(caller: Caller): void {
    if (this.#byId.delete(caller.id)) this.#byId.set(caller.id, caller)
  }

  clear(): void {
    for (const caller of [...this.#byId.values()]) this.#forget(caller)
  }

  #makeRoom(): void {
    const all = [...this.#byId.values()]
    const victim = all.find(({ answer, flight }) => answer?.user == null && flight === null) ?? all[0]
    if (victim !== undefined) this.#forget(victim)
  }

  #forget(caller: Caller): void {
    this.#byId.delete(caller.id)
    this.#onForget(caller)
  }
}
