import type { Clock } from '../env/clock.ts'

/** Does its work and says how long the node is to be left alone after it, ms. Must not reject. */
export type Turn = () => Promise<number>

/** One node's turns, strictly one after another. */
export class Lane {
  readonly #clock: Clock
  readonly #waiting: Turn[] = []
  #busy = false
  #rests = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Turns that have not begun. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** The last turn is over, and the node is left alone after it. */
  get rests(): boolean {
    return this.#rests
  }

  /** Gets in line; the turn may begin at once. Returns the way out, without effect once it has begun. */
  enter(turn: Turn): () => void {
    this.#waiting.push(turn)
    this.#next()
    return () => {
      const at = this.#waiting.indexOf(turn)
      if (at !== -1) this.#waiting.splice(at, 1)
    }
  }

  #next(): void {
    if (this.#busy) return
    const turn = this.#waiting.shift()
    if (turn === undefined) return
    this.#busy = true
    void turn().then((restMs) => {
      this.#rests = restMs > 0
      if (restMs === 0) this.#free()
      else this.#clock.setTimeout(() => { this.#free() }, restMs)
    })
  }

  #free(): void {
    this.#busy = this.#rests = false
    this.#next()
  }
}
