/**
 * The edge's nodes in a Home Assistant on the same broker. Everything is kept by the broker, so that it may come and go as it likes, and
 * what was said of is listed there too: a node that left while this gateway was not running, and all of them once this is switched off,
 * are taken back by the next run.
 */
import * as v from 'valibot'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { TOPIC_PREFIX } from '../config/optionValues.ts'
import type { Clock, Random, Timer } from '../env/clock.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import type { Broker, BrokerMessage } from './broker.ts'
import { MAX_BACKLOG } from './edgeTopic.ts'
import { homeConfig, homeConfigTopic } from './homeDevice.ts'
import { HomeNode } from './homeNode.ts'
import { readMessage } from './messages.ts'
import { homeListTopic, homeTopic } from './topics.ts'

export interface HomeAssistantOptions {
  /** Of the edge. */
  readonly name: string
  /** Discovery prefix of Home Assistant, `homeassistant` unless it was told another; null = switched off. */
  readonly prefix: string | null
  readonly version: string
  readonly broker: Broker
  readonly clock: Clock
  readonly random: Random
  readonly nodes: { feed(node: string): NodeFeed | null }
  /** Those that are configured now. */
  readonly list: () => readonly { readonly id: string }[]
}

/** One description after the other, ms: each has 2,000 bytes, and an edge may have 2,000 nodes. */
const PACE_MS = 20
/** Then it is looked again whether the broker has taken what it was told, ms. */
const BEHIND_MS = 500
/** Edges do not answer a Home Assistant that comes back all at the same moment, ms. */
const BIRTH_SPREAD_MS = 5_000

const listSchema = v.object({
  prefix: v.pipe(v.string(), v.maxLength(100), v.regex(TOPIC_PREFIX)),
  nodes: v.pipe(v.array(v.pipe(v.string(), v.regex(NODE_ID))), v.maxLength(2_000)),
})

export class HomeAssistant {
  readonly #options: HomeAssistantOptions
  readonly #nodes = new Map<string, HomeNode>()
  readonly #stop: readonly (() => void)[]
  /** Those that have something to say. */
  readonly #due = new Set<string>()
  #pace: Timer
  #birth: Timer

  constructor(options: HomeAssistantOptions) {
    this.#options = options
    const { name, prefix, broker } = options
    this.#stop = [
      broker.subscribe(homeListTopic(name), (message) => { this.#onList(message) }),
      ...(prefix === null ? [] : [
        broker.subscribe(`${prefix}/status`, (message) => { this.#onStatus(message) }),
        broker.onUp(() => { this.#onUp() }),
      ]),
    ]
    this.configure()
  }

  /** The nodes, or their names, may be others than before. */
  configure(): void {
    const { name, prefix, version, broker, nodes, list } = this.#options
    if (prefix === null) return
    const wanted = new Map(list().map(({ id }) => [id, nodes.feed(id)]))
    for (const [id, node] of this.#nodes) {
      if (wanted.get(id) === node.feed) continue
      node.close()
      this.#nodes.delete(id)
      if (!wanted.has(id)) this.#takeBack(prefix, id)
    }
    for (const [id, feed] of wanted) {
      if (feed !== null && !this.#nodes.has(id)) {
        this.#nodes.set(id, new HomeNode({
          broker, feed,
          values: homeTopic(name, id),
          config: homeConfigTopic(prefix, name, id),
          describe: (temperature) => homeConfig({ edge: name, node: { ...feed.state, id }, version, temperature }),
          later: () => { this.#later(id) },
        }))
      }
      this.#later(id)
    }
    this.#sayList(prefix)
  }

  /** Lets go of all. What was said stays: the edge's own status says that nobody is here. */
  close(): void {
    const { clock } = this.#options
    clock.clearTimeout(this.#pace)
    clock.clearTimeout(this.#birth)
    for (const stop of this.#stop) stop()
    for (const node of this.#nodes.values()) node.close()
    this.#nodes.clear()
  }

  #onUp(): void {
    if (this.#options.prefix !== null) this.#sayList(this.#options.prefix)
    // What the broker keeps may be from another time.
    for (const node of this.#nodes.values()) node.repeat()
    this.#sayAnew()
  }

  /** Home Assistant has come back. Source: home-assistant.io, «MQTT», birth and last will messages. */
  #onStatus({ payload }: BrokerMessage): void {
    const { clock, random } = this.#options
    if (payload === 'online') this.#birth ??= clock.setTimeout(() => { this.#sayAnew() }, random() * BIRTH_SPREAD_MS)
  }

  /** What there is, not its values: those are kept. */
  #sayAnew(): void {
    this.#options.clock.clearTimeout(this.#birth)
    this.#birth = undefined
    for (const [id, node] of this.#nodes) {
      node.forget()
      this.#later(id)
    }
  }

  /** What a former run said, or this one. */
  #onList({ payload }: BrokerMessage): void {
    const { name, prefix, broker } = this.#options
    const said = payload === '' ? null : readMessage(listSchema, payload)
    if (said === null) return
    for (const id of said.nodes) if (said.prefix !== prefix || !this.#nodes.has(id)) this.#takeBack(said.prefix, id)
    if (prefix === null) broker.publish(homeListTopic(name), '', { retain: true, qos: 1 })
  }

  #takeBack(prefix: string, id: string): void {
    const { name, broker } = this.#options
    broker.publish(homeConfigTopic(prefix, name, id), '', { retain: true, qos: 1 })
    if (!this.#nodes.has(id)) broker.publish(homeTopic(name, id), '', { retain: true, qos: 1 })
  }

  #sayList(prefix: string): void {
    const { name, broker } = this.#options
    broker.publish(homeListTopic(name), JSON.stringify({ prefix, nodes: [...this.#nodes.keys()] }), { retain: true, qos: 1 })
  }

  #later(id: string): void {
    this.#due.add(id)
    this.#pace ??= this.#options.clock.setTimeout(() => { this.#sayNext() }, 0)
  }

  #sayNext(): void {
    const { broker, clock } = this.#options
    this.#pace = undefined
    const [id] = this.#due
    if (id === undefined || !broker.up) return
    const behind = broker.backlog > MAX_BACKLOG
    if (!behind) {
      this.#due.delete(id)
      this.#nodes.get(id)?.say()
    }
    this.#pace = clock.setTimeout(() => { this.#sayNext() }, behind ? BEHIND_MS : PACE_MS)
  }
}
