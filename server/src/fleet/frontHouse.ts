/** All nodes of a fleet, as a front sees them over the broker: the other kind of source beside `FeedHouse`. */
import type { Clock, Timer } from '../env/clock.ts'
import { NodeFeed } from '../feed/nodeFeed.ts'
import type { Loss } from '../feed/nodeFeed.ts'
import type { NodeSource, VoterSource } from '../feed/source.ts'
import { VoterFeed } from '../feed/voterFeed.ts'
import type { Broker } from './broker.ts'
import { DemandSay } from './demandSay.ts'
import type { Clash, EdgeBook, KnownEdge } from './edgeBook.ts'
import { EdgeListener } from './edgeListener.ts'
import { followedNode, followedVoter } from './follow.ts'
import type { Followed, FollowOptions } from './follow.ts'
import { FrontSeat } from './frontSeat.ts'
import { brokerAway, edgeAway, edgeSilent } from './losses.ts'
import type { Beat, FleetNode } from './messages.ts'

export interface FrontHouseOptions {
  readonly name: string
  readonly broker: Broker
  readonly clock: Clock
  /** Differs from that of every earlier run of this front. */
  readonly epoch: string
  readonly lingerMs?: number
  /** Nodes that are shown, also those that no edge has; null = whatever edges have. */
  readonly only: ReadonlySet<string> | null
  readonly warn: (fields: object, message: string) => void
}

/** A blip of the way to the broker is no news, ms. */
const GRACE_MS = 3_000
const NONE: ReadonlySet<string> = new Set()
/** How long an HTTP question waits for a node that nobody watched so far, ms. */
const FIRST_ANSWER_MS = 2_000

/** Before the list of edges is known, any node may be asked for. No more than this many. */
const MAX_SEATS = 20_000

export class FrontHouse implements NodeSource {
  readonly #options: FrontHouseOptions
  readonly #edges: EdgeListener
  readonly #say: DemandSay
  readonly #seats = new Map<string, FrontSeat<NodeFeed>>()
  readonly #voterSeats = new Map<string, FrontSeat<VoterFeed>>()
  readonly #stop: readonly (() => void)[]
  readonly voters: VoterSource
  /** Changes that were missed and asked for anew. */
  missed = 0
  readonly #listeners: (() => void)[] = []
  #only: ReadonlySet<string> | null
  #epochs = 0
  #grace: Timer
  #brokerLoss: Loss | null = null
  #saidClashes = ''

  constructor(options: FrontHouseOptions) {
    this.#options = options
    this.#only = options.only
    const { broker, clock, name } = options
    this.#say = new DemandSay(name, broker, clock)
    this.#stop = [
      broker.onUp(() => { this.#onUp() }),
      broker.onDown(() => { this.#onDown() }),
    ]
    this.#edges = new EdgeListener({
      broker, clock,
      onChange: (anew) => { this.#apply(anew) },
      onBeat: (edge, seqs) => { this.#onBeat(edge, seqs) },
      warn: options.warn,
    })
    if (broker.up) this.#onUp()
    else this.#onDown()
    this.voters = {
      feed: (node) => this.#voterSeat(node)?.feed ?? null,
      watch: (node) => {
        const leaves = [this.watch(node), this.#voterSeat(node)?.watch()]
        return () => { for (const leave of leaves) leave?.() }
      },
      look: async (node) => {
        const seat = this.#voterSeat(node)
        return seat === null ? null : (await this.#fresh(seat)).state
      },
      dispose: () => undefined,
    }
  }

  /** These are shown from now on, see {@link FrontHouseOptions.only}. */
  configure(only: ReadonlySet<string> | null): void {
    this.#only = only
    if (this.#edges.listed) this.#apply(NONE)
  }

  /** Calls back when the nodes, or the edges that have them, are others than before. */
  onNodes(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Resolves once it is known which nodes there are, or `ms` have passed. */
  ready(ms: number): Promise<void> {
    if (this.#edges.listed) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimeout(resolve, ms)
      this.#listeners.push(() => {
        if (!this.#edges.listed) return
        this.#options.clock.clearTimeout(timer)
        resolve()
      })
    })
  }

  get nodes(): readonly FleetNode[] {
    return this.#book.nodes
  }
  get edges(): readonly KnownEdge[] {
    return this.#book.edges
  }
  get clashes(): readonly Clash[] {
    return this.#book.clashes
  }
  edgeOf(node: string): KnownEdge | null {
    return this.#book.ownerOf(node)
  }

  /** How far the edge's clock is behind ours, ms; 0 = not so far that it matters. */
  behind(edge: string): number {
    return this.#edges.behind(edge)
  }

  feed(node: string): NodeFeed | null {
    return this.#seat(node)?.feed ?? null
  }

  watch(node: string): () => void {
    return this.#seat(node)?.watch() ?? (() => undefined)
  }

  async fresh(node: string): Promise<NodeFeed | null> {
    const seat = this.#seat(node)
    return seat === null ? null : this.#fresh(seat)
  }

  dispose(): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#grace)
    for (const stop of this.#stop) stop()
    this.#edges.dispose()
    for (const seat of [...this.#seats.values(), ...this.#voterSeats.values()]) seat.dispose()
    this.#say.dispose()
  }

  get #book(): EdgeBook {
    return this.#edges.book
  }

  #seat(node: string): FrontSeat<NodeFeed> | null {
    return this.#seatIn(this.#seats, node, 'nodes', (options) => followedNode(options, new NodeFeed(node, options.newEpoch(), options.clock.now())))
  }

  #voterSeat(node: string): FrontSeat<VoterFeed> | null {
    return this.#seatIn(this.#voterSeats, node, 'voters', (options) => followedVoter(options, new VoterFeed(node, options.newEpoch(), options.clock.now())))
  }

  #seatIn<F extends NodeFeed | VoterFeed>(
    seats: Map<string, FrontSeat<F>>, node: string, kind: 'nodes' | 'voters', make: (options: FollowOptions) => Followed<F>,
  ): FrontSeat<F> | null {
    const held = seats.get(node)
    if (held !== undefined) return held
    if (!this.#has(node) || seats.size >= MAX_SEATS) return null
    const { broker, clock, lingerMs } = this.#options
    const seat = new FrontSeat<F>({
      ...make({
        broker, clock,
        missed: () => { this.missed += 1 },
        newEpoch: () => this.#newEpoch(),
        ask: (edge) => { this.#say.ask(edge, kind === 'nodes' ? 'ask' : 'askVoters', node) },
        behind: (edge) => this.behind(edge),
        heard: (edge) => { this.#edges.heard(edge) },
        runOf: (edge) => this.#book.edge(edge)?.run ?? null,
        unread: (edge, of) => { this.#edges.unreadState(edge, of) },
      }),
      clock,
      ...(lingerMs === undefined ? {} : { lingerMs }),
      want: (edge, wanted) => { this.#say.want(edge, kind, node, wanted) },
    })
    seats.set(node, seat)
    this.#place(node, seat)
    return seat
  }

  async #fresh<F extends NodeFeed | VoterFeed>(seat: FrontSeat<F>): Promise<F> {
    const leave = seat.watch()
    try {
      if (!seat.feed.heard) await this.#firstWord(seat.feed)
    } finally {
      leave()
    }
    return seat.feed
  }

  #firstWord(feed: NodeFeed | VoterFeed): Promise<void> {
    const { clock } = this.#options
    return new Promise((resolve) => {
      const done = () => {
        off()
        clock.clearTimeout(timer)
        resolve()
      }
      const off = feed.onWhole(done)
      const timer = clock.setTimeout(done, FIRST_ANSWER_MS)
    })
  }

  #newEpoch(): string {
    return `${this.#options.epoch}-${(this.#epochs++).toString(36)}`
  }

  #onUp(): void {
    this.#options.clock.clearTimeout(this.#grace)
    this.#brokerLoss = null
    this.#edges.begin()
    this.#placeAll(null)
  }

  #onDown(): void {
    const { clock } = this.#options
    this.#edges.pause()
    clock.clearTimeout(this.#grace)
    const since = clock.now()
    this.#grace = clock.setTimeout(() => {
      this.#brokerLoss = brokerAway(since)
      this.#placeAll(NONE)
    }, GRACE_MS)
  }

  #onBeat(edge: string, seqs: Beat['seqs']): void {
    for (const [node, seq] of Object.entries(seqs)) {
      if (this.#book.ownerOf(node)?.name === edge) this.#seats.get(node)?.reached(seq)
    }
  }

  /** @param anew edges of which everything is to be asked for */
  #apply(anew: ReadonlySet<string>): void {
    for (const seats of [this.#seats, this.#voterSeats]) {
      for (const [node, seat] of seats) {
        if (this.#has(node)) continue
        seats.delete(node)
        seat.dispose()
      }
    }
    this.#placeAll(anew)
    this.#sayClashes()
    for (const listener of [...this.#listeners]) listener()
  }

  /** Is that a node of this gateway, as far as is known? */
  #has(node: string): boolean {
    if (this.#only !== null) return this.#only.has(node)
    return !this.#edges.listed || this.#book.ownerOf(node) !== null
  }

  /** @param anew edges of which everything is to be asked for; null = all */
  #placeAll(anew: ReadonlySet<string> | null): void {
    for (const seats of [this.#seats, this.#voterSeats]) for (const [node, seat] of seats) this.#place(node, seat, anew)
  }

  #place(node: string, seat: Pick<FrontSeat<NodeFeed>, 'place'>, anew: ReadonlySet<string> | null = NONE): void {
    const edge = this.#book.ownerOf(node)
    seat.place(edge?.name ?? null, this.#brokerLoss ?? this.#edgeLoss(edge), anew === null || (edge !== null && anew.has(edge.name)))
  }

  #edgeLoss(edge: KnownEdge | null): Loss | null {
    if (edge === null || edge.up) return null
    const since = this.#edges.heardAt(edge.name)
    return edge.silent ? edgeSilent(since) : edgeAway(edge.name, since)
  }

  #sayClashes(): void {
    const clashes = this.#book.clashes
    const said = JSON.stringify(clashes)
    if (said === this.#saidClashes) return
    this.#saidClashes = said
    for (const { node, kept, other } of clashes) {
      this.#options.warn({ node, kept, other }, `Two edges say they have node ${node}: ${kept} is believed, ${other} is not. Take it out of one of their allmon.ini.`)
    }
  }
}
