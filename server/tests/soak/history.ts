/** What facts were and until when, so that somebody may be told what he shows was true a moment ago, or was not. */

export type Fact = string | boolean | null

interface Line {
  now: Fact
  since: number
  /** When each other value was last true, ms. */
  readonly ended: Map<Fact, number>
}

export class History {
  readonly #lines = new Map<string, Line>()

  /** @param at ms, on one scale for all */
  note(name: string, value: Fact, at: number): void {
    const line = this.#lines.get(name)
    if (line === undefined) this.#lines.set(name, { now: value, since: at, ended: new Map() })
    else if (line.now !== value) {
      line.ended.set(line.now, at)
      line.now = value
      line.since = at
    }
  }

  /** Was it so at any moment since `from`? A fact nobody has noted is never so. */
  wasSince(name: string, value: Fact, from: number): boolean {
    const line = this.#lines.get(name)
    if (line === undefined) return false
    return line.now === value || (line.ended.get(value) ?? Number.NEGATIVE_INFINITY) >= from
  }

  /** What it is, and since when; null = nobody has noted it. */
  current(name: string): { readonly value: Fact; readonly since: number } | null {
    const line = this.#lines.get(name)
    return line === undefined ? null : { value: line.now, since: line.since }
  }

  /** Names of all facts that begin so. */
  names(start: string): string[] {
    return [...this.#lines.keys()].filter((name) => name.startsWith(start))
  }
}
