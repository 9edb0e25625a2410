/** Counts the tries at one endpoint: too many, or too close, hurt a server that is down already. */

const LONGEST_WAIT = 17_000
const WINDOW = 10_000
const MOST = 12
const CLOSEST = 100

export class Tries {
  readonly #counted: number[] = []
  #last = Number.NEGATIVE_INFINITY
  #excuses = 0
  #excusedUntil = 0

  /** Wake signals and the user each excuse one try from the count, for as long as a wait can last. */
  excuse(now: number): void {
    this.#excuses = now > this.#excusedUntil ? 1 : Math.min(3, this.#excuses + 1)
    this.#excusedUntil = now + LONGEST_WAIT
  }

  /** @returns what is wrong with this try, or null */
  note(now: number): string | null {
    const gap = now - this.#last
    this.#last = now
    if (this.#excuses > 0 && now <= this.#excusedUntil) {
      this.#excuses -= 1
      return null
    }
    this.#counted.push(now)
    while ((this.#counted[0] ?? now) < now - WINDOW) this.#counted.shift()
    if (gap < CLOSEST) return `tries ${gap} ms apart`
    return this.#counted.length > MOST ? `${this.#counted.length} tries in ${WINDOW / 1000} s` : null
  }
}
