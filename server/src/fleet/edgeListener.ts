/** Hears of all edges: which there are, which nodes they have, and their signs of life. */
import type { Clock, Timer } from '../env/clock.ts'
import type { Broker, BrokerMessage } from './broker.ts'
import { EdgeBook } from './edgeBook.ts'
import { EdgeClocks } from './edgeClocks.ts'
import { LifeSigns } from './lifeSigns.ts'
import { beatSchema, edgeNodesSchema, edgeStatusSchema, MAX_NODES, readMessage } from './messages.ts'
import type { Beat } from './messages.ts'
import { CLOCK_LEAD_MS, ORDER_LIFE_MS } from './orderBook.ts'
import { beatTopic, nameIn, nodesTopic, statusTopic } from './topics.ts'

/** After the broker is there, its list of edges is complete once nothing new came for so long, ms. */
const SETTLE_MS = 250
/** That waits no longer than this for edges that gave a sign of life and nothing else, ms. */
const LIST_MS = 10_000
/** What changes at the same moment is told at once: after a restart of the broker all edges say who they are, ms. */
const TOGETHER_MS = 10
/** Of a clock by which an order seems too new, or too old. */
const LIMITS = `more than ${CLOCK_LEAD_MS / 1_000} s behind, or ${ORDER_LIFE_MS / 1_000} s ahead`

export interface EdgeListenerOptions {
  readonly broker: Broker
  readonly clock: Clock
  /**
   * The book says something else now, once the list is complete; `anew`: edges that began another run, or whose clock was found to be
   * another: what they said before counts no more.
   */
  readonly onChange: (anew: ReadonlySet<string>) => void
  readonly onBeat: (edge: string, seqs: Beat['seqs']) => void
  readonly warn: (fields: object, message: string) => void
}

export class EdgeListener {
  readonly book = new EdgeBook()
  readonly #options: EdgeListenerOptions
  readonly #clocks: EdgeClocks
  readonly #stop: readonly (() => void)[]
  readonly #life: LifeSigns
  /** By edge: its newest sign of life, ms; by our clock, but by its own of one that the broker kept. */
  readonly #signs = new Map<string, number>()
  /** By edge of which not all was heard: the end of asking for it. */
  readonly #missing = new Map<string, () => void>()
  /** Edges whose list of nodes could not be read: said once, until it can. */
  readonly #unread = new Set<string>()
  /** Edges of which a node's state could not be read: said once in a run, as a later one may be of another version. */
  readonly #unreadStates = new Set<string>()
  #anew = new Set<string>()
  #changed: Timer
  #settle: Timer
  #listBy = 0
  #listed = false

  constructor(options: EdgeListenerOptions) {
    this.#options = options
    const { broker, clock } = options
    this.#clocks = new EdgeClocks(clock)
    this.#life = new LifeSigns({
      clock,
      edges: () => this.book.edges.filter(({ up }) => up).map(({ name }) => name),
      onSilent: (edge) => { if (this.book.heardOf(edge, false)) this.#tell(edge, false) },
    })
    this.#stop = [
      broker.subscribe(statusTopic('+'), (message) => { this.#onStatus(message) }),
      broker.subscribe(nodesTopic('+'), (message) => { this.#onNodes(message) }),
      broker.subscribe(beatTopic('+'), (message) => { this.#onBeat(message) }),
    ]
  }

  /** Its last sign of life, ms; null = none was heard. */
  heardAt(edge: string): number | null {
    return this.#signs.get(edge) ?? null
  }

  /** How far its clock is behind ours, ms; 0 = not so far that it matters. */
  behind(edge: string): number {
    return this.#clocks.behind(edge)
  }

  /** Something came from the edge itself, just now. */
  heard(edge: string): void {
    this.#signs.set(edge, this.#options.clock.now())
    this.#life.heard(edge)
    if (this.book.heardOf(edge, true)) this.#tell(edge, false)
  }

  /** Is it known which edges there are? */
  get listed(): boolean {
    return this.#listed
  }

  /** The broker is there: what it kept of them comes now. */
  begin(): void {
    this.#listBy = this.#options.clock.now() + LIST_MS
    this.#settleSoon()
    this.#life.begin()
  }

  /** The broker is gone. */
  pause(): void {
    this.#life.pause()
    this.#options.clock.clearTimeout(this.#settle)
  }

  dispose(): void {
    this.pause()
    this.#options.clock.clearTimeout(this.#changed)
    for (const stop of [...this.#stop, ...this.#missing.values()]) stop()
  }

  #tell(edge: string, anew: boolean): void {
    if (!this.#listed) {
      this.#settleSoon()
      return
    }
    if (anew) this.#anew.add(edge)
    this.#changed ??= this.#options.clock.setTimeout(() => { this.#tellAll() }, TOGETHER_MS)
  }

  #tellAll(): void {
    const anew = this.#anew
    this.#anew = new Set()
    this.#options.clock.clearTimeout(this.#changed)
    this.#changed = undefined
    this.#options.onChange(anew)
  }

  #settleSoon(): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#settle)
    this.#settle = clock.setTimeout(() => {
      const complete = [...this.#signs.keys()].every((edge) => this.#topicsMissing(edge).length === 0)
      if (!complete && clock.now() < this.#listBy) {
        this.#settleSoon()
        return
      }
      this.#listed = true
      this.#tellAll()
    }, SETTLE_MS)
  }

  #onStatus({ topic, payload, retained }: BrokerMessage): void {
    const edge = nameIn(topic, statusTopic('+'))
    const status = payload === '' ? null : readMessage(edgeStatusSchema, payload)
    if (edge === null || (status === null && payload !== '')) return
    const run = this.book.edge(edge)?.run
    if (status?.run !== run) this.#unreadStates.delete(edge)
    this.book.heardStatus(edge, status, retained)
    if (!retained) this.#life.heard(edge)
    this.#tell(edge, status?.up === true && status.run !== run)
  }

  #onNodes({ topic, payload }: BrokerMessage): void {
    const edge = nameIn(topic, nodesTopic('+'))
    const nodes = payload === '' ? null : readMessage(edgeNodesSchema, payload)
    if (edge === null) return
    if (nodes === null && payload !== '') {
      this.#sayUnread(edge)
      return
    }
    this.#unread.delete(edge)
    this.book.heardNodes(edge, nodes)
    this.#tell(edge, false)
  }

  #sayUnread(edge: string): void {
    if (this.#unread.has(edge)) return
    this.#unread.add(edge)
    const whatToDo = `Run the same version there and here, with no more than ${MAX_NODES} nodes there.`
    this.#options.warn({ edge }, `The list of nodes of edge ${edge} cannot be read, so what it has and is not known already is not shown. ${whatToDo}`)
  }

  /** What the edge says of that node has no shape that is known here. */
  unreadState(edge: string, node: string): void {
    if (this.#unreadStates.has(edge)) return
    this.#unreadStates.add(edge)
    this.#options.warn({ edge, node }, `What edge ${edge} says of node ${node}, and may say of others, cannot be read: such a node stays as it was, or is shown as one that is not heard of. Run the same version there and here.`)
  }

  #onBeat({ topic, payload, retained }: BrokerMessage): void {
    const edge = nameIn(topic, beatTopic('+'))
    if (edge !== null && payload === '') {
      this.#signs.delete(edge)
      this.#clocks.forget(edge)
    }
    const beat = readMessage(beatSchema, payload)
    if (edge === null || beat === null) return
    // What was kept comes in the same flood: the rest of it may be on its way.
    if (retained) this.#signs.set(edge, beat.at)
    else {
      this.heard(edge)
      this.#complete(edge)
      this.#hearClock(edge, beat.at)
    }
    this.#options.onBeat(edge, beat.seqs)
  }

  #hearClock(edge: string, at: number): void {
    const before = this.behind(edge)
    if (!this.#clocks.heard(edge, at)) return
    this.#tell(edge, true)
    const behind = this.behind(edge)
    if (before !== 0 || behind === 0) return
    const how = `${Math.abs(behind) / 1_000} s ${behind > 0 ? 'behind' : 'ahead of'} ours`
    this.#options.warn({ edge, behind }, `The clock of edge ${edge} is ${how}: times are set right here, but it refuses commands once it is ${LIMITS}. Set the clock of that machine, or of this one.`)
  }

  /**
   * Brokers drop what a client does not take quickly enough, as Mosquitto does beyond 1,000 messages, and what very many edges left
   * there comes all at once. Of whom a sign of life is heard and not what he is, that is asked for by his name, each time until it came.
   */
  #complete(edge: string): void {
    this.#missing.get(edge)?.()
    this.#missing.delete(edge)
    const topics = this.#topicsMissing(edge)
    if (topics.length === 0) return
    // What comes is heard by those who hear all edges.
    const stops = topics.map((missing) => this.#options.broker.subscribe(missing, () => undefined))
    this.#missing.set(edge, () => { for (const stop of stops) stop() })
  }

  #topicsMissing(edge: string): string[] {
    const known = this.book.edge(edge)
    return [...(known?.run == null ? [statusTopic(edge)] : []), ...(known === null || known.since === 0 ? [nodesTopic(edge)] : [])]
  }
}
