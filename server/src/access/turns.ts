/** Lets one job run at a time and a few wait: password checks are dear, and the process has better things to do. */
export class Turns {
  readonly #maxWaiting: number
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /** @param maxWaiting jobs that may wait or run at once */
  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting
  }

  /**
   * The job's result once it had its turn, or null, at once, when too many are waiting already. Throws what it throws.
   */
  run<T>(job: () => Promise<T>): Promise<T> | null {
    if (this.#waiting >= this.#maxWaiting) return null
    this.#waiting += 1
    const turn = this.#last.then(job).finally(() => {
      this.#waiting -= 1
    })
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
