/** How long a question is left alone that Asterisk has not answered, ms. */
export const MISSES = {
  /** In a row: one may be Asterisk's own trouble, two are the question's. */
  many: 2,
  restMs: 60_000,
  /** The rest doubles up to this: a session that hangs stays open in Asterisk, which has only so many. */
  longestRestMs: 300_000,
} as const

/** How a session ends over a question: Asterisk does not answer it in time, or closes the connection in place of an answer. */
export type MissKind = 'hung' | 'ended'

/**
 * How often in a row one question was not answered. A wedged node can leave its question unanswered for ever (app_rpt; observed), and the
 * session in which it is asked answers nobody any more; a remote base ends it (app_rpt since 3.7.0, rpt_manager_do_xstat): so it is asked less
 * and less often.
 */
export class Misses {
  #inARow = 0
  /** Those of them that were its own. */
  #own = 0
  /** When the newest of these was, ms by the clock that nobody sets; so are all times here. */
  #ownAt = 0
  #doubted = false

  get inARow(): number {
    return this.#inARow
  }
  get own(): number {
    return this.#own
  }

  /** @param own false = nobody else was answered in that session either: it may have been Asterisk's, and costs no rest */
  add(now: number, own = true): void {
    this.#inARow += 1
    if (!own) return
    this.#own += 1
    this.#ownAt = now
  }

  /** It was answered, or what was known of it holds no more. */
  clear(): void {
    this.#inARow = 0
    this.#own = 0
    this.#doubted = false
  }

  /** Something says that it would be answered now. Believed once until it was: whoever says so may be wrong, or lie. */
  doubt(): void {
    if (this.#inARow === 0 || this.#doubted) return
    this.clear()
    this.#doubted = true
  }

  /** Until it should be asked again, ms; 0 = it may be now. */
  restMs(now: number): number {
    if (this.#own < MISSES.many) return 0
    const rest = Math.min(MISSES.longestRestMs, MISSES.restMs * 2 ** (this.#own - MISSES.many))
    return Math.max(0, rest - (now - this.#ownAt))
  }
}
