/** Tells each edge what this front's viewers watch of it: soon after that changed, and again before the edge forgets. */
import type { Clock, Timer } from '../env/clock.ts'
import type { Broker } from './broker.ts'
import { DEMAND_MS } from './demandBook.ts'
import type { Demand } from './messages.ts'
import { demandTopic } from './topics.ts'

/** What changes at the same moment is told at once, ms. */
const SOON_MS = 10

interface Wants {
  readonly nodes: Set<string>
  readonly voters: Set<string>
  readonly ask: Set<string>
  readonly askVoters: Set<string>
  timer: Timer
}

export class DemandSay {
  readonly #front: string
  readonly #broker: Broker
  readonly #clock: Clock
  readonly #edges = new Map<string, Wants>()

  constructor(front: string, broker: Broker, clock: Clock) {
    this.#front = front
    this.#broker = broker
    this.#clock = clock
  }

  /** Watched from now on, or not any more. */
  want(edge: string, kind: 'nodes' | 'voters', node: string, wanted: boolean): void {
    const wants = this.#of(edge)
    if (wanted) wants[kind].add(node)
    else wants[kind].delete(node)
    this.#soon(edge, wants, SOON_MS)
  }

  /** The edge is to tell the whole truth of it. */
  ask(edge: string, kind: 'ask' | 'askVoters', node: string): void {
    const wants = this.#of(edge)
    wants[kind].add(node)
    this.#soon(edge, wants, SOON_MS)
  }

  /** Everything is wanted no more; the broker and the edges forget this front. */
  dispose(): void {
    for (const [edge, { timer }] of this.#edges) {
      this.#clock.clearTimeout(timer)
      this.#broker.publish(demandTopic(edge, this.#front), '', { retain: true, qos: 1 })
    }
    this.#edges.clear()
  }

  #of(edge: string): Wants {
    let wants = this.#edges.get(edge)
    if (wants === undefined) {
      this.#edges.set(edge, (wants = { nodes: new Set(), voters: new Set(), ask: new Set(), askVoters: new Set(), timer: undefined }))
    }
    return wants
  }

  #soon(edge: string, wants: Wants, ms: number): void {
    this.#clock.clearTimeout(wants.timer)
    wants.timer = this.#clock.setTimeout(() => { this.#say(edge, wants) }, ms)
  }

  #say(edge: string, wants: Wants): void {
    const { nodes, voters, ask, askVoters } = wants
    const demand: Demand = { nodes: [...nodes], voters: [...voters], ask: [...ask], askVoters: [...askVoters] }
    ask.clear()
    askVoters.clear()
    const idle = demand.nodes.length + demand.voters.length === 0
    const text = idle ? '' : JSON.stringify(demand)
    const told = this.#broker.publish(demandTopic(edge, this.#front), text, { retain: true, qos: 1, ...(idle ? {} : { expiresIn: DEMAND_MS / 1000 }) })
    // While the broker is away there is nobody to tell: once it is back, everything is asked for anew.
    if (idle && told) this.#edges.delete(edge)
    else if (!idle) this.#soon(edge, wants, DEMAND_MS / 3)
  }
}
