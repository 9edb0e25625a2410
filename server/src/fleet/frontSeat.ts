/** One node, or voter, of a fleet on a front: followed while somebody watches, at whichever edge has it. */
import type { Clock, Timer } from '../env/clock.ts'
import type { Feed } from '../feed/feed.ts'
import type { Loss } from '../feed/nodeFeed.ts'
import type { Followed } from './follow.ts'
import type { Follower } from './frontTopic.ts'
import { EDGE_SILENT } from './losses.ts'

export interface FrontSeatOptions<F> extends Followed<F> {
  readonly clock: Clock
  /** A node is followed for this long after its last viewer left, ms: a reload finds it fresh. */
  readonly lingerMs?: number
  /** The edge is to know that it is watched, or not any more. */
  readonly want: (edge: string, wanted: boolean) => void
}

export class FrontSeat<F extends Pick<Feed<unknown, unknown>, 'heard' | 'await'>> {
  readonly feed: F
  readonly #options: FrontSeatOptions<F>
  #watchers = 0
  #linger: Timer
  #active = false
  #edge: string | null = null
  #loss: Loss | null = null
  #follower: Follower | null = null

  constructor(options: FrontSeatOptions<F>) {
    this.#options = options
    this.feed = options.feed
    this.feed.await()
  }

  /** Somebody watches from now on. Returns the way out, safe to call twice. */
  watch(): () => void {
    const { clock } = this.#options
    this.#watchers += 1
    clock.clearTimeout(this.#linger)
    if (!this.#active) {
      this.#active = true
      this.#begin()
    }
    let left = false
    return () => {
      if (left) return
      left = true
      this.#watchers -= 1
      if (this.#watchers > 0) return
      this.#linger = clock.setTimeout(() => { this.#end() }, this.#options.lingerMs ?? 60_000)
    }
  }

  /**
   * Who has it now.
   * @param edge null = nobody, as far as is known
   * @param loss why nothing is heard of that edge; null = it is there
   * @param anew what it said before counts no more, or it may have said something meanwhile: it is asked
   */
  place(edge: string | null, loss: Loss | null, anew: boolean): void {
    const moved = edge !== this.#edge
    if (moved && this.#active) this.#leaveEdge()
    const before = this.#loss
    this.#edge = edge
    this.#loss = loss
    if (!this.#active) return
    if (moved) this.#begin()
    else if (edge === null && loss?.code !== before?.code) this.#sayAway()
    else if (edge !== null) {
      this.#follower?.setLoss(loss)
      if (anew && loss === null) this.#follower?.ask()
    }
  }

  /** The edge says how far it has counted. */
  reached(seq: number): void {
    this.#follower?.reached(seq)
  }

  dispose(): void {
    this.#options.clock.clearTimeout(this.#linger)
    this.#end()
  }

  #begin(): void {
    if (this.#edge === null) {
      this.#sayAway()
      return
    }
    this.#options.want(this.#edge, true)
    this.#follower = this.#options.follow(this.#edge)(this.#loss)
  }

  /** Nobody has it, so far as is known. */
  #sayAway(): void {
    this.#options.away(this.#loss ?? EDGE_SILENT)
  }

  #leaveEdge(): void {
    this.#follower?.close()
    this.#follower = null
    if (this.#edge !== null) this.#options.want(this.#edge, false)
  }

  #end(): void {
    if (!this.#active) return
    this.#active = false
    this.#leaveEdge()
    this.feed.await()
  }
}
