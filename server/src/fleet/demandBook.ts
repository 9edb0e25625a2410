/** What the viewers of all fronts watch of one edge. A front that says nothing more is gone after a while, and what it wanted with it. */
import type { Clock, Timer } from '../env/clock.ts'
import type { Demand } from './messages.ts'

/** A front repeats what it wants within a third of this, ms. */
export const DEMAND_MS = 90_000

interface Entry {
  readonly nodes: Map<string, () => void>
  readonly voters: Map<string, () => void>
  timer: Timer
}

export interface DemandBookOptions {
  readonly clock: Clock
  /** Somebody watches it from now on; returns the way out. */
  readonly watch: (node: string) => () => void
  readonly watchVoter: (node: string) => () => void
}

export class DemandBook {
  readonly #options: DemandBookOptions
  readonly #fronts = new Map<string, Entry>()

  constructor(options: DemandBookOptions) {
    this.#options = options
  }

  get fronts(): number {
    return this.#fronts.size
  }

  /** @param demand null = the front wants nothing any more */
  heard(front: string, demand: Pick<Demand, 'nodes' | 'voters'> | null): void {
    const { clock, watch, watchVoter } = this.#options
    const entry = this.#fronts.get(front) ?? { nodes: new Map(), voters: new Map(), timer: undefined }
    clock.clearTimeout(entry.timer)
    settle(entry.nodes, demand?.nodes ?? [], watch)
    settle(entry.voters, demand?.voters ?? [], watchVoter)
    if (demand === null) {
      this.#fronts.delete(front)
      return
    }
    this.#fronts.set(front, entry)
    entry.timer = clock.setTimeout(() => { this.heard(front, null) }, DEMAND_MS)
  }

  /** The node or voter is another one now: what is held of it is let go, and entered anew when a front names it next. */
  forget(node: string): void {
    for (const { nodes, voters } of this.#fronts.values()) {
      for (const held of [nodes, voters]) {
        held.get(node)?.()
        held.delete(node)
      }
    }
  }

  dispose(): void {
    for (const front of [...this.#fronts.keys()]) this.heard(front, null)
  }
}

/** Enters what is new, leaves what is not wanted any more. */
function settle(held: Map<string, () => void>, wanted: readonly string[], enter: (node: string) => () => void): void {
  const all = new Set(wanted)
  for (const [node, leave] of held) {
    if (all.has(node)) continue
    held.delete(node)
    leave()
  }
  for (const node of all) if (!held.has(node)) held.set(node, enter(node))
}
