/** One page's figures of one stretch, and the report made of them. Holds no name, no address and no node number. */
import { LATENCY_EDGES, LONGEST_REPORT_MS, MAX_REPORT } from '../../../../protocol/rollout.ts'
import type { Browser, Figures, Group, Way } from '../../../../protocol/rollout.ts'

/** Whose figures they are: the decision, and the stage that it was made at. */
export interface Segment {
  readonly group: Group
  readonly percent: number
}

const MOST_FALLBACKS = 32
const MOST_MISMATCHES = 40
const LONGEST_EXAMPLE = 80

export class Tally {
  readonly segment: Segment
  reconnects = 0
  made = 0
  /** Whole only when it is reported: a socket of a second spares less than a request. */
  saved = 0
  gaps = 0
  compared = 0
  #total = 0
  readonly #ms = new Map<Way, number>()
  readonly #fallbacks = new Map<string, number>()
  readonly #latency = Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0)
  readonly #mismatches = new Map<string, { count: number; example: string }>()

  constructor(segment: Segment) {
    this.segment = segment
  }

  /** @returns how much of `ms` was taken: a report speaks of a day at most */
  spend(way: Way, ms: number): number {
    const taken = Math.min(ms, LONGEST_REPORT_MS - this.#total)
    this.#total += taken
    this.#ms.set(way, (this.#ms.get(way) ?? 0) + taken)
    return taken
  }

  fallback(code: string): void {
    const key = this.#fallbacks.has(code) || this.#fallbacks.size < MOST_FALLBACKS ? code : [...this.#fallbacks.keys()][0] ?? code
    this.#fallbacks.set(key, (this.#fallbacks.get(key) ?? 0) + 1)
  }

  keyUp(ms: number): void {
    const found = LATENCY_EDGES.findIndex((edge) => ms <= edge)
    const bucket = found < 0 ? LATENCY_EDGES.length : found
    this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1
  }

  /** @param example of the first one, without names and addresses */
  mismatch(field: string, example: string): void {
    const held = this.#mismatches.get(field)
    if (held !== undefined) held.count += 1
    else if (this.#mismatches.size < MOST_MISMATCHES) this.#mismatches.set(field, { count: 1, example: example.slice(0, LONGEST_EXAMPLE) })
  }

  /** Was anything watched? */
  get isEmpty(): boolean {
    return this.#total === 0
  }

  /** The report as JSON, {@link MAX_REPORT} bytes at most, and what it leaves for the next one. */
  report(browser: Browser): { readonly body: string; readonly savedRest: number } {
    const saved = Math.floor(this.saved)
    const figures: Figures = {
      v: 1,
      ...this.segment,
      browser,
      ms: Object.fromEntries([...this.#ms].map(([way, ms]) => [way, Math.round(ms)])),
      reconnects: this.reconnects,
      fallbacks: Object.fromEntries(this.#fallbacks),
      requests: { made: this.made, saved },
      latency: this.#latency,
      gaps: this.gaps,
      compared: this.compared,
      mismatches: [...this.#mismatches].map(([field, { count, example }]) => ({ field, count, example })),
    }
    let body = JSON.stringify(figures)
    while (new TextEncoder().encode(body).length > MAX_REPORT && figures.mismatches.pop() !== undefined) body = JSON.stringify(figures)
    return { body, savedRest: this.saved - saved }
  }
}
