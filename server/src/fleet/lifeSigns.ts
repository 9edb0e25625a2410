/**
 * Which edges have given no sign of life for long. What the broker keeps is none: a broker that was killed has forgotten the Will of
 * an edge that did not come back with it, and says for ever that it is there.
 */
import type { Clock, Timer } from '../env/clock.ts'
import { BEAT_MS } from './edge.ts'

/** With this look without a sign since the first one, four beats are missing at least: 20 to 25 s. A pulled cable is told sooner, by its Will. */
const SILENT_LOOKS = 5

export interface LifeSignsOptions {
  readonly clock: Clock
  /** Those that are said to be there. */
  readonly edges: () => Iterable<string>
  readonly onSilent: (edge: string) => void
}

export class LifeSigns {
  readonly #options: LifeSignsOptions
  /** Looks since the last sign, by edge. They are counted, and no time of day is read: clocks are set, and machines sleep. */
  readonly #looks = new Map<string, number>()
  #timer: Timer

  constructor(options: LifeSignsOptions) {
    this.#options = options
  }

  /** The broker is there: from now on edges have their time again, to come back to it. */
  begin(): void {
    this.#looks.clear()
    this.#waitForLook()
  }

  /** The broker is gone: that nothing is heard means nothing. */
  pause(): void {
    this.#options.clock.clearTimeout(this.#timer)
  }

  heard(edge: string): void {
    this.#looks.delete(edge)
  }

  #waitForLook(): void {
    const { clock, edges, onSilent } = this.#options
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => {
      this.#waitForLook()
      for (const edge of edges()) {
        const looks = (this.#looks.get(edge) ?? 0) + 1
        if (looks < SILENT_LOOKS) this.#looks.set(edge, looks)
        else {
          this.#looks.delete(edge)
          onSilent(edge)
        }
      }
    }, BEAT_MS)
  }
}
