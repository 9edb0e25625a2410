/** Life on the nodes: who talks when, who comes and goes. All by the clock and the seed. */
import type { Random } from '../env/clock.ts'
import type { Link } from './link.ts'
import type { Population } from './population.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'
import { between, pick, seededRandom } from './seededRandom.ts'
import { Telemetry } from './telemetry.ts'

export type ScenarioName = 'quiet' | 'idle' | 'net'

interface Pace {
  /** Shortest and longest, ms. */
  readonly pause: readonly [number, number]
  readonly talk: readonly [number, number]
}

const PACES: Readonly<Record<Exclude<ScenarioName, 'quiet'>, Pace>> = {
  idle: { pause: [15_000, 60_000], talk: [1_200, 8_000] },
  net: { pause: [1_200, 3_500], talk: [1_200, 3_500] },
}
/** A status script runs every few minutes. */
const TELEMETRY_MS = [180_000, 300_000] as const
/** Between two comings and goings on one node. */
const CHANGE_MS = [25_000, 70_000] as const
/** How often the voice comes from the local radio instead of a link. */
const RADIO_SHARE = 0.2

export class Scenario {
  readonly #server: RptServer
  readonly #population: Population

  constructor(server: RptServer, population: Population) {
    this.#server = server
    this.#population = population
  }

  /** Starts to move. `quiet` only sets the variables once. */
  start(name: ScenarioName, seed: number, telemetry: boolean): void {
    let index = 0
    for (const node of this.#server.nodes.values()) {
      const random = seededRandom(seed * 7919 + index * 104_729 + 1)
      if (telemetry) {
        const variables = new Telemetry(node, index, random)
        variables.write(this.#server.clock.now())
        if (name !== 'quiet') this.#drift(variables, random)
      }
      if (name !== 'quiet') {
        const radio = index === 0 || this.#server.voters.has(node.id)
        this.#talk(node, random, PACES[name], radio)
      }
      if (name === 'net') this.#change(node, random)
      index += 1
    }
  }

  #later(random: Random, [low, high]: readonly [number, number], fn: () => void): void {
    this.#server.timers.after(Math.floor(between(random, low, high)), fn)
  }

  #drift(variables: Telemetry, random: Random): void {
    this.#later(random, TELEMETRY_MS, () => {
      variables.drift(this.#server.clock.now())
      this.#drift(variables, random)
    })
  }

  /** One station after the other, with pauses. */
  #talk(node: RptNode, random: Random, pace: Pace, radio: boolean): void {
    this.#later(random, pace.pause, () => {
      const link = pick(
        random,
        // Of a phone nobody would be told.
        node.links.filter((l) => l.connected && !l.keyed && l.far === null && l.kind !== 'phone'),
      )
      const local = (radio && random() < RADIO_SHARE) || (radio && link === undefined)
      if (local) node.setRx(true)
      else if (link !== undefined) node.setLinkKeyed(link, true)
      this.#later(random, pace.talk, () => {
        if (local) node.setRx(false)
        else if (link !== undefined) node.setLinkKeyed(link, false)
        this.#talk(node, random, pace, radio)
      })
    })
  }

  #change(node: RptNode, random: Random): void {
    this.#later(random, CHANGE_MS, () => {
      const what = random()
      if (what < 0.45) this.#leaveAndReturn(node, random)
      else if (what < 0.7) this.#tryInVain(node, random)
      else this.#losePermanent(node, random)
      this.#change(node, random)
    })
  }

  #leaveAndReturn(node: RptNode, random: Random): void {
    const link = pick(
      random,
      node.links.filter((l) => l.connected && !l.permanent && !l.keyed && l.far === null),
    )
    if (link === undefined) return
    this.#server.drop(node, link)
    this.#later(random, [8_000, 25_000], () => {
      const { name, mode, direction, behind } = link
      if (node.link(name) === undefined) this.#server.connect(node, { name, mode, direction, behind })
    })
  }

  #tryInVain(node: RptNode, random: Random): void {
    const link: Link = this.#server.connect(node, { name: this.#population.node(), connected: false })
    this.#later(random, [6_000, 12_000], () => {
      if (node.link(link.name) === link && !link.connected) node.remove(link)
    })
  }

  #losePermanent(node: RptNode, random: Random): void {
    const link = pick(
      random,
      node.links.filter((l) => l.connected && l.permanent && !l.keyed && l.far === null),
    )
    if (link !== undefined) this.#server.lost(node, link, Math.floor(between(random, 6_000, 12_000)))
  }
}
