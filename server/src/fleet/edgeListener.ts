/** Hears of all edges: which there are, which nodes they have, and their signs of life. */
import type { Broker, BrokerMessage } from './broker.ts'
import { EdgeBook } from './edgeBook.ts'
import { beatSchema, edgeNodesSchema, edgeStatusSchema, readMessage } from './messages.ts'
import type { Beat } from './messages.ts'
import { beatTopic, nameIn, nodesTopic, statusTopic } from './topics.ts'

export interface EdgeListenerOptions {
  readonly broker: Broker
  /** The book says something else now; `anew`: an edge began another run, and what it said before counts no more. */
  readonly onChange: (anew: boolean) => void
  readonly onBeat: (edge: string, seqs: Beat['seqs']) => void
}

export class EdgeListener {
  readonly book = new EdgeBook()
  readonly #options: EdgeListenerOptions
  readonly #stop: readonly (() => void)[]
  readonly #beats = new Map<string, number>()
  /** By edge of which not all was heard: the end of asking for it. */
  readonly #missing = new Map<string, () => void>()

  constructor(options: EdgeListenerOptions) {
    this.#options = options
    const { broker } = options
    this.#stop = [
      broker.subscribe(statusTopic('+'), (message) => { this.#onStatus(message) }),
      broker.subscribe(nodesTopic('+'), (message) => { this.#onNodes(message) }),
      broker.subscribe(beatTopic('+'), (message) => { this.#onBeat(message) }),
    ]
  }

  /** Its last sign of life, by its clock, ms; null = none was heard. */
  heardAt(edge: string): number | null {
    return this.#beats.get(edge) ?? null
  }

  dispose(): void {
    for (const stop of [...this.#stop, ...this.#missing.values()]) stop()
  }

  #onStatus({ topic, payload }: BrokerMessage): void {
    const edge = nameIn(topic, statusTopic('+'))
    const status = payload === '' ? null : readMessage(edgeStatusSchema, payload)
    if (edge === null || (status === null && payload !== '')) return
    const run = this.book.edge(edge)?.run
    this.book.heardStatus(edge, status)
    this.#options.onChange(status?.up === true && status.run !== run)
  }

  #onNodes({ topic, payload }: BrokerMessage): void {
    const edge = nameIn(topic, nodesTopic('+'))
    const nodes = payload === '' ? null : readMessage(edgeNodesSchema, payload)
    if (edge === null || (nodes === null && payload !== '')) return
    this.book.heardNodes(edge, nodes)
    this.#options.onChange(false)
  }

  #onBeat({ topic, payload }: BrokerMessage): void {
    const edge = nameIn(topic, beatTopic('+'))
    const beat = readMessage(beatSchema, payload)
    if (edge === null || beat === null) return
    this.#beats.set(edge, beat.at)
    this.#complete(edge)
    this.#options.onBeat(edge, beat.seqs)
  }

  /**
   * Brokers drop what a client does not take quickly enough, as Mosquitto does beyond 1,000 messages, and what very many edges left
   * there comes all at once. Of whom a sign of life is heard and not what he is, that is asked for by his name, each time until it came.
   */
  #complete(edge: string): void {
    this.#missing.get(edge)?.()
    this.#missing.delete(edge)
    const known = this.book.edge(edge)
    const topics = [...(known?.run == null ? [statusTopic(edge)] : []), ...(known === null || known.since === 0 ? [nodesTopic(edge)] : [])]
    if (topics.length === 0) return
    // What comes is heard by those who hear all edges.
    const stops = topics.map((missing) => this.#options.broker.subscribe(missing, () => undefined))
    this.#missing.set(edge, () => { for (const stop of stops) stop() })
  }
}
