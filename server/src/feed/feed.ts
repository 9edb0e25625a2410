/**
 * One truth, in order. Whoever learns something hands in the whole next state; the feed works out what changed, counts it,
 * and tells. Nothing is told when nothing changed.
 */
export interface ChangeOf<S, P> {
  readonly seq: number
  /** Server time, ms. */
  readonly at: number
  readonly patch: P
  readonly state: S
}

export class Feed<S, P> {
  readonly node: string
  readonly epoch: string
  readonly #diff: (prev: S, next: S) => P | null
  readonly #listeners = new Set<(change: ChangeOf<S, P>) => void>()
  #state: S
  #seq = 0
  #at: number

  /**
   * @param epoch differs from the epoch of every other feed of this kind that this node ever had
   * @param diff null = nothing changed
   */
  constructor(node: string, epoch: string, now: number, state: S, diff: (prev: S, next: S) => P | null) {
    this.node = node
    this.epoch = epoch
    this.#at = now
    this.#state = state
    this.#diff = diff
  }

  get state(): S {
    return this.#state
  }
  get seq(): number {
    return this.#seq
  }
  /** Server time of the newest change, ms. */
  get at(): number {
    return this.#at
  }

  /** `next` is true from `now` on. Returns whether that was news. */
  update(next: S, now: number): boolean {
    const patch = this.#diff(this.#state, next)
    if (patch === null) return false
    this.#state = next
    this.#seq += 1
    this.#at = now
    const change: ChangeOf<S, P> = { seq: this.#seq, at: now, patch, state: next }
    for (const listener of [...this.#listeners]) listener(change)
    return true
  }

  /** Calls `listener` with each change. Returns the way out. */
  listen(listener: (change: ChangeOf<S, P>) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }
}
