/**
 * One truth, in order. Whoever learns something hands in the whole next state; the feed works out what changed, counts it,
 * and tells. Nothing is told when nothing changed.
 *
 * A truth that is counted elsewhere (by the edge beside an Asterisk, for a front) is taken over with its epoch and its count, so
 * that whoever got the same from another front holds the same place.
 */
export interface ChangeOf<S, P> {
  readonly seq: number
  /** Server time, ms. */
  readonly at: number
  readonly patch: P
  readonly state: S
}

/** A truth that somebody else counts, whole. */
export interface TruthOf<S> {
  readonly epoch: string
  readonly seq: number
  /** Server time of its newest change, ms. */
  readonly at: number
  readonly state: S
}

export class Feed<S, P> {
  readonly node: string
  readonly #diff: (prev: S, next: S) => P | null
  readonly #listeners = new Set<(change: ChangeOf<S, P>) => void>()
  readonly #whole = new Set<() => void>()
  #epoch: string
  #state: S
  #seq = 0
  #at: number
  #heard = true

  /**
   * @param epoch differs from the epoch of every other feed of this kind that this node ever had
   * @param diff null = nothing changed
   */
  constructor(node: string, epoch: string, now: number, state: S, diff: (prev: S, next: S) => P | null) {
    this.node = node
    this.#epoch = epoch
    this.#at = now
    this.#state = state
    this.#diff = diff
  }

  get epoch(): string {
    return this.#epoch
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
  /** Is there anything to tell? Not while the one who counts has been asked and has not answered: he may say "as you hold it". */
  get heard(): boolean {
    return this.#heard
  }

  /** `next` is true from `now` on. Returns whether that was news. */
  update(next: S, now: number): boolean {
    const patch = this.#diff(this.#state, next)
    if (patch === null) return false
    this.#tell({ seq: this.#seq + 1, at: now, patch, state: next })
    return true
  }

  /** A change that somebody else counted: the next one of the epoch that is held. */
  relay(change: ChangeOf<S, P>): void {
    this.#tell(change)
  }

  /** Another truth, or the same one further on: it is told whole. The same place again is no news. */
  adopt({ epoch, seq, at, state }: TruthOf<S>): void {
    if (this.#heard && epoch === this.#epoch && seq === this.#seq) return
    this.#epoch = epoch
    this.#seq = seq
    this.#at = at
    this.#state = state
    this.#heard = true
    for (const listener of [...this.#whole]) listener()
  }

  /** Somebody else counts and was asked: nothing is told before {@link Feed.adopt}. */
  await(): void {
    this.#heard = false
  }

  /** Calls `listener` with each change. Returns the way out. */
  listen(listener: (change: ChangeOf<S, P>) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Calls `listener` whenever what was told before is void and the state is to be told whole. Returns the way out. */
  onWhole(listener: () => void): () => void {
    this.#whole.add(listener)
    return () => { this.#whole.delete(listener) }
  }

  #tell(change: ChangeOf<S, P>): void {
    this.#state = change.state
    this.#seq = change.seq
    this.#at = change.at
    for (const listener of [...this.#listeners]) listener(change)
  }
}
