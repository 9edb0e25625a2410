/** Who is linked at the start: mostly AllStar, and one or two of every other kind. */
import type { Random } from '../env/clock.ts'
import type { LinkSpec } from './link.ts'
import { between, pick } from './seededRandom.ts'
import { ALLSTAR_STATIONS, ECHOLINK_STATIONS, IRLP_STATIONS, LOCAL_NODES } from './stations.ts'

const HOUR = 3_600_000

/** Stations that are still free, in an order that depends on the seed. */
export class Population {
  readonly #random: Random
  readonly #allstar: string[]
  readonly #echolink: string[]
  readonly #irlp: string[]
  readonly #calls: string[]
  #made = 0

  constructor(random: Random, taken: readonly string[]) {
    this.#random = random
    this.#allstar = shuffled(
      random,
      ALLSTAR_STATIONS.map((s) => s.number).filter((n) => !taken.includes(n)),
    )
    this.#echolink = ECHOLINK_STATIONS.map((s) => s.number)
    this.#irlp = IRLP_STATIONS.map((s) => s.number)
    this.#calls = shuffled(random, [...new Set(ALLSTAR_STATIONS.map((s) => s.callsign))])
  }

  /** An AllStar number; made up above the list's range once the list is used up. */
  node(): string {
    const next = this.#allstar.pop()
    if (next !== undefined) return next
    this.#made += 1
    return String(57_000 + this.#made)
  }

  /** `count` links for one node, the oldest first. */
  links(count: number): readonly LinkSpec[] {
    const links = Array.from({ length: count }, (_, i) => ({
      ...this.#kind(i),
      // One is older than 99 hours: the column has no upper bound.
      ageMs: Math.floor(i === 1 ? 103.7 * HOUR : between(this.#random, 60_000, 30 * HOUR)),
    }))
    return links.sort((a, b) => b.ageMs - a.ageMs)
  }

  #kind(i: number): LinkSpec {
    const direction = this.#random() < 0.5 ? 'IN' : 'OUT'
    switch (i) {
      case 0:
        return { name: this.node(), direction: 'OUT', permanent: true, behind: this.#behind(7) }
      case 2:
        return { name: this.#echolink.shift() ?? this.node(), direction: 'IN' }
      case 3:
        return { name: this.node(), direction: 'OUT', mode: 'monitor', behind: this.#behind(2) }
      case 4:
        return { name: this.#irlp.shift() ?? this.node(), direction: 'OUT', reconnects: 1 }
      case 5:
        return { name: this.node(), direction: 'OUT', mode: 'local-monitor' }
      case 6:
        return { name: this.#calls.pop() ?? this.node(), direction: 'IN' }
      case 7:
        return { name: `${this.#calls.pop() ?? 'N0CALL'}-P`, direction: 'IN' }
      case 11:
        return { name: this.#echolink.shift() ?? this.node(), direction: 'IN' }
      default:
        return { name: this.node(), direction, behind: i % 5 === 0 ? this.#behind(3) : [] }
    }
  }

  /** Nodes behind a hub, some of them only heard. The list is the hub's, so its order is none of ours. */
  #behind(count: number): readonly string[] {
    return Array.from({ length: count }, (_, i) => `${i % 4 === 3 ? 'R' : 'T'}${this.node()}`)
  }
}

/** The local nodes: the usual three, then stations of the list. */
export function localNodes(count: number, random: Random): readonly string[] {
  const more = shuffled(
    random,
    ALLSTAR_STATIONS.map((s) => s.number),
  )
  return [...LOCAL_NODES, ...more].slice(0, count)
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const rest = [...list]
  const result: T[] = []
  while (rest.length > 0) {
    const item = pick(random, rest)
    if (item === undefined) break
    rest.splice(rest.indexOf(item), 1)
    result.push(item)
  }
  return result
}
