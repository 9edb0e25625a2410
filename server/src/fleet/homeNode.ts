/** One node on its way to Home Assistant: its values as soon as they change, and what it is when asked to say it. */
import type { NodeFeed } from '../feed/nodeFeed.ts'
import type { Broker } from './broker.ts'
import { MAX_BACKLOG } from './edgeTopic.ts'
import { celsius, homeValues, LastTalker } from './homeValues.ts'

export interface HomeNodeOptions {
  readonly broker: Broker
  readonly feed: NodeFeed
  /** Topics: its values, and what it is. */
  readonly values: string
  readonly config: string
  /** What it is, as of now. @param temperature whether it has one */
  readonly describe: (temperature: boolean) => string
  /** There is something to {@link HomeNode.say}. */
  readonly later: () => void
}

export class HomeNode {
  readonly feed: NodeFeed
  readonly #options: HomeNodeOptions
  readonly #talker = new LastTalker()
  readonly #stop: () => void
  /** Before Asterisk has said a word it is not known what the node has, and what the broker keeps of a former run is better. */
  #heard = false
  #temperature = false
  #saidValues = ''
  #saidConfig = ''

  constructor(options: HomeNodeOptions) {
    this.#options = options
    this.feed = options.feed
    this.#stop = options.feed.listen(() => { this.#look() })
    this.#look()
  }

  /** What is not said so far: values, and what it is. */
  say(): void {
    this.#tell()
    if (!this.#heard) return
    const { broker, config, describe } = this.#options
    const text = describe(this.#temperature)
    if (text !== this.#saidConfig && broker.publish(config, text, { retain: true, qos: 1 })) this.#saidConfig = text
  }

  /** Whoever was told what it is may have forgotten; {@link HomeNode.say} says it again. */
  forget(): void {
    this.#saidConfig = ''
  }

  /** The values once more, now. */
  repeat(): void {
    this.#saidValues = ''
    this.#tell()
  }

  close(): void {
    this.#stop()
  }

  #look(): void {
    const { state } = this.feed
    const { later } = this.#options
    this.#talker.see(state)
    const known = [this.#heard, this.#temperature]
    this.#heard ||= state.reach !== 'unknown'
    this.#temperature ||= celsius(state.telemetry.cpuTemp?.text ?? '') !== null
    if (known[0] !== this.#heard || known[1] !== this.#temperature) later()
    this.#tell()
  }

  #tell(): void {
    const { broker, values, later } = this.#options
    const text = JSON.stringify(homeValues(this.feed.state, this.#talker.name))
    if (text === this.#saidValues) return
    if (broker.backlog <= MAX_BACKLOG && broker.publish(values, text, { retain: true })) this.#saidValues = text
    else later()
  }
}
