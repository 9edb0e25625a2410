/**
 * The nodes of this gateway on a broker, for fronts and for whoever else reads it. What is published is what viewers here are
 * told, with the same epoch and the same numbers.
 */
import type { NodePatch, NodeState } from '../../../protocol/nodeState.ts'
import type { VoterPatch, VoterState } from '../../../protocol/voter.ts'
import type { Clock, Timer } from '../env/clock.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import type { VoterSource } from '../feed/source.ts'
import type { Broker, BrokerMessage } from './broker.ts'
import { DemandBook } from './demandBook.ts'
import { EdgeTopic } from './edgeTopic.ts'
import { demandSchema, readMessage } from './messages.ts'
import type { Beat, EdgeNodes, EdgeStatus, FleetNode } from './messages.ts'
import { beatTopic, demandsOf, nameIn, nodesTopic, patchTopic, stateTopic, statusTopic, voterPatchTopic, voterStateTopic } from './topics.ts'

export interface EdgeOptions {
  readonly name: string
  /** Begins the epoch of every feed of this run. */
  readonly run: string
  readonly broker: Broker
  readonly clock: Clock
  readonly nodes: {
    feed(node: string): NodeFeed | null
    watch(node: string, interest: 'stay' | 'keep'): () => void
  }
  readonly voters: Pick<VoterSource, 'feed' | 'watch'>
  /** Those that are configured now, as menus need them. */
  readonly list: () => readonly FleetNode[]
}

/** What the broker says once this edge has been away for {@link WILL_DELAY_S}. */
export function edgeWill(name: string, run: string): { readonly topic: string; readonly payload: string } {
  return { topic: statusTopic(name), payload: JSON.stringify({ up: false, run } satisfies EdgeStatus) }
}

interface WatchedVoter {
  readonly topic: EdgeTopic<VoterState, VoterPatch>
  fronts: number
}

/** A sign of life comes so often, ms. */
export const BEAT_MS = 5_000

interface KeptNode {
  readonly feed: NodeFeed
  readonly topic: EdgeTopic<NodeState, NodePatch>
  readonly leave: () => void
}

export class Edge {
  readonly #options: EdgeOptions
  readonly #since: number
  readonly #kept = new Map<string, KeptNode>()
  readonly #voters = new Map<string, WatchedVoter>()
  readonly #demands: DemandBook
  readonly #stop: readonly (() => void)[]
  #beat: Timer

  constructor(options: EdgeOptions) {
    this.#options = options
    const { name, broker, clock } = options
    this.#since = clock.now()
    this.#demands = new DemandBook({
      clock,
      watch: (node) => this.#watch(node),
      watchVoter: (node) => this.#watchVoter(node),
    })
    this.#stop = [
      broker.onUp(() => {
        this.#sayStatus()
        this.#sayBeat()
      }),
      broker.subscribe(demandsOf(name), (message) => { this.#onDemand(message) }),
    ]
    this.configure()
    this.#sayBeat()
  }

  get fronts(): number {
    return this.#demands.fronts
  }

  /** The nodes may be others than before. */
  configure(): void {
    const { nodes, list } = this.#options
    const wanted = new Map(list().map(({ id }) => [id, nodes.feed(id)]))
    for (const [id, kept] of this.#kept) {
      if (wanted.get(id) === kept.feed) continue
      this.#kept.delete(id)
      this.#demands.forget(id)
      kept.leave()
      kept.topic.close(!wanted.has(id))
    }
    for (const [id, feed] of wanted) if (feed !== null && !this.#kept.has(id)) this.#keep(id, feed)
    this.#sayStatus()
  }

  /** Says that this edge is gone, and lets go of all. The broker stays open. */
  close(): void {
    const { name, run, broker, clock } = this.#options
    clock.clearTimeout(this.#beat)
    for (const stop of this.#stop) stop()
    this.#demands.dispose()
    for (const { topic, leave } of this.#kept.values()) {
      topic.tell()
      topic.close(false)
      leave()
    }
    const { topic, payload } = edgeWill(name, run)
    broker.publish(topic, payload, { retain: true, qos: 1 })
  }

  #keep(id: string, feed: NodeFeed): void {
    const { name, broker, clock, nodes } = this.#options
    const leave = nodes.watch(id, 'keep')
    const topic = new EdgeTopic({ broker, clock, feed, state: stateTopic(name, id), patch: patchTopic(name, id), retain: true })
    this.#kept.set(id, { feed, topic, leave })
  }

  #onDemand({ topic, payload }: BrokerMessage): void {
    const front = nameIn(topic, demandsOf(this.#options.name))
    if (front === null) return
    const demand = payload === '' ? null : readMessage(demandSchema, payload)
    if (demand === null && payload !== '') return
    this.#demands.heard(front, demand)
    for (const node of demand?.ask ?? []) this.#kept.get(node)?.topic.asked()
    for (const node of demand?.askVoters ?? []) this.#voters.get(node)?.topic.asked()
  }

  #watch(node: string): () => void {
    return this.#kept.has(node) ? this.#options.nodes.watch(node, 'stay') : () => undefined
  }

  #watchVoter(node: string): () => void {
    const { name, broker, clock, voters } = this.#options
    const feed = this.#kept.has(node) ? voters.feed(node) : null
    if (feed === null) return () => undefined
    const leave = voters.watch(node)
    const watched = this.#voters.get(node) ?? {
      topic: new EdgeTopic({ broker, clock, feed, state: voterStateTopic(name, node), patch: voterPatchTopic(name, node), retain: false }),
      fronts: 0,
    }
    this.#voters.set(node, watched)
    watched.fronts += 1
    return () => {
      leave()
      watched.fronts -= 1
      if (watched.fronts > 0) return
      this.#voters.delete(node)
      watched.topic.close(false)
    }
  }

  #sayStatus(): void {
    const { name, run, broker, list } = this.#options
    const nodes: EdgeNodes = { since: this.#since, nodes: [...list()] }
    broker.publish(nodesTopic(name), JSON.stringify(nodes), { retain: true, qos: 1 })
    broker.publish(statusTopic(name), JSON.stringify({ up: true, run } satisfies EdgeStatus), { retain: true, qos: 1 })
  }

  #sayBeat(): void {
    const { name, run, broker, clock } = this.#options
    clock.clearTimeout(this.#beat)
    const seqs = Object.fromEntries([...this.#kept].map(([id, { feed }]) => [id, feed.seq]))
    const beat: Beat = { at: clock.now(), run, seqs }
    broker.publish(beatTopic(name), JSON.stringify(beat), { retain: true })
    this.#beat = clock.setTimeout(() => { this.#sayBeat() }, BEAT_MS)
  }
}
