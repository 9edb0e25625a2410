/**
 * One feed of an edge as a front follows it: the edge counts, the front takes over. What is missing is asked for; what is old or
 * comes twice changes nothing; and what the edge did not say is told under an epoch of the front's own, so that no viewer can
 * take it for the edge's.
 */
import type { Clock, Timer } from '../env/clock.ts'
import type { Feed, TruthOf } from '../feed/feed.ts'
import type { Loss } from '../feed/nodeFeed.ts'
import type { Broker, BrokerMessage } from './broker.ts'
import { EDGE_SILENT } from './losses.ts'

export interface ChangeRead<P> {
  readonly epoch: string
  readonly seq: number
  readonly at: number
  readonly patch: P
}

export interface FrontTopicOptions<S, P> {
  readonly broker: Broker
  readonly clock: Clock
  readonly feed: Feed<S, P>
  readonly state: string
  readonly patch: string
  /** By its schema; null = not understood. */
  readonly readTruth: (payload: string) => TruthOf<S> | null
  readonly readChange: (payload: string) => ChangeRead<P> | null
  readonly apply: (state: S, patch: P) => S
  /** Says that nothing is heard any more; `truth` is what was heard last. */
  readonly lose: (truth: S, loss: Loss) => void
  /** The edge is to tell the whole truth. */
  readonly ask: () => void
  /** What every epoch of the edge's run begins with; null = not known yet. */
  readonly run: () => string | null
  /** A change was missed. */
  readonly missed: () => void
  /** How far the edge's clock is behind ours, ms: its places are others by it. */
  readonly behind: () => number
  /** Something came from the edge itself, just now. */
  readonly heard: () => void
}

/** What the broker kept may be 10 s old; the edge's own word usually comes within milliseconds, ms. */
const KEPT_MS = 300
/** An edge that is said to be there and has said nothing for this long, ms. */
const SILENT_MS = 2_000
/** After the broker was away edges find it again within 5 s; nothing else is said before, ms. */
const AGAIN_MS = 6_000

/** What a seat needs of it. */
export interface Follower {
  setLoss(loss: Loss | null): void
  ask(): void
  reached(seq: number): void
  close(): void
}

export class FrontTopic<S, P> implements Follower {
  readonly #options: FrontTopicOptions<S, P>
  readonly #stop: readonly (() => void)[]
  #loss: Loss | null
  /** The loss is over and is shown until the edge's own word: what the broker keeps may be of one that did not come back. */
  #owed = false
  /** What the edge said last; null = nothing so far. */
  #truth: TruthOf<S> | null = null
  /** How far its clock was taken to be behind when that was read, ms. */
  #readBehind = 0
  #kept: Timer
  #silent: Timer

  /** @param loss null = the edge is there, and is asked */
  constructor(options: FrontTopicOptions<S, P>, loss: Loss | null) {
    this.#options = options
    this.#loss = loss
    options.feed.await()
    this.#stop = [
      options.broker.subscribe(options.state, (message) => { this.#onTruth(message) }),
      options.broker.subscribe(options.patch, (message) => { this.#onChange(message) }),
    ]
    this.#waitForWord()
    if (loss === null) options.ask()
  }

  /** The edge, or the way to it, is gone; null = it is there again, and is asked. */
  setLoss(loss: Loss | null): void {
    if (loss?.code === this.#loss?.code) return
    this.#loss = loss
    this.#owed = loss === null && this.#options.feed.heard
    if (loss === null) {
      this.#options.ask()
      if (this.#owed) this.#waitAgain()
      return
    }
    // Who has heard nothing yet may still be told what the broker keeps.
    if (this.#options.feed.heard) this.#showLoss(loss)
  }

  /** The edge may have said something that was not heard. */
  ask(): void {
    this.#options.ask()
  }

  /** The edge says how far it has counted. */
  reached(seq: number): void {
    const { feed, ask, behind } = this.#options
    if (this.#loss !== null || !feed.heard) return
    if (this.#truth === null || this.#owed || seq > feed.seq || behind() !== this.#readBehind) ask()
  }

  close(): void {
    const { clock, feed } = this.#options
    for (const stop of this.#stop) stop()
    clock.clearTimeout(this.#kept)
    clock.clearTimeout(this.#silent)
    feed.await()
  }

  #waitForWord(): void {
    const { clock, feed } = this.#options
    this.#silent = clock.setTimeout(() => {
      if (feed.heard) return
      // What the broker keeps came a moment ago.
      if (this.#loss === null && this.#truth !== null) this.#tell(this.#truth)
      else this.#showLoss(this.#loss ?? EDGE_SILENT)
    }, SILENT_MS)
  }

  #waitAgain(): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#silent)
    this.#silent = clock.setTimeout(() => { if (this.#owed) this.#showLoss(EDGE_SILENT) }, AGAIN_MS)
  }

  #onTruth({ payload, retained }: BrokerMessage): void {
    const { feed, readTruth, clock, heard, behind } = this.#options
    if (!retained) heard()
    if (this.#holds(payload)) return
    const truth = readTruth(payload)
    if (truth === null || !this.#isOfThisRun(truth.epoch)) return
    if (this.#truth !== null && truth.epoch === this.#truth.epoch && truth.seq < this.#truth.seq) return
    this.#truth = truth
    this.#readBehind = behind()
    if (this.#loss !== null) {
      this.#showLoss(this.#loss)
      return
    }
    if (retained && this.#owed) return
    if (!retained || feed.heard) {
      this.#tell(truth)
      return
    }
    this.#kept ??= clock.setTimeout(() => {
      if (!feed.heard && this.#truth !== null) this.#tell(this.#truth)
    }, KEPT_MS)
  }

  /**
   * Is it what is told already? Every busy node's state comes again every 10 s, and reading a hub's takes longer than all of its
   * changes meanwhile. An edge's messages begin with their place (`edgeTopic.ts`); one that does not is read.
   */
  #holds(payload: string): boolean {
    const { feed } = this.#options
    const { epoch, seq } = this.#truth ?? feed
    const isTold = this.#truth !== null && this.#options.behind() === 0 && this.#loss === null && feed.heard && feed.epoch === epoch
    return isTold && payload.startsWith(`{"epoch":${JSON.stringify(epoch)},"seq":${seq},`)
  }

  #onChange({ payload }: BrokerMessage): void {
    const { feed, readChange, apply, ask, missed, heard } = this.#options
    heard()
    const change = readChange(payload)
    if (change === null || !this.#isOfThisRun(change.epoch) || !feed.heard || this.#loss !== null) return
    const truth = this.#truth
    if (truth !== null && change.epoch === truth.epoch) {
      if (change.seq <= truth.seq) return
      if (change.seq === truth.seq + 1 && feed.epoch === truth.epoch) {
        const { epoch, seq, at, patch } = change
        const state = apply(truth.state, patch)
        this.#truth = { epoch, seq, at, state }
        feed.relay({ seq, at, patch, state })
        return
      }
    }
    missed()
    ask()
  }

  #tell(truth: TruthOf<S>): void {
    this.#owed = false
    this.#options.feed.adopt(truth)
  }

  #showLoss(loss: Loss): void {
    const { feed, lose } = this.#options
    lose(this.#truth?.state ?? feed.state, loss)
  }

  #isOfThisRun(epoch: string): boolean {
    const run = this.#options.run()
    return run === null || epoch.startsWith(`${run}-`)
  }
}
