/** What receivers heard in the last minute, as steps: a value holds until the next one. Pure but for what it keeps. */

/** How far back, ms. */
export const HISTORY_MS = 60_000

export interface SignalStep {
  /** From when on, ms by the clock that {@link SignalHistory.record} was told. */
  readonly at: number
  /** null = not known: nobody told. */
  readonly rssi: number | null
}

export interface SignalSummary {
  /** null = nothing was told in all that time. */
  readonly highest: number | null
  /** For how long it heard anything, ms. */
  readonly heardMs: number
}

export class SignalHistory {
  readonly #steps = new Map<string, SignalStep[]>()

  get names(): readonly string[] {
    return [...this.#steps.keys()]
  }

  /** These are the receivers and what they hear from `at` on. One that is gone is forgotten. */
  record(receivers: readonly { readonly name: string; readonly rssi: number | null }[], at: number): void {
    const here = new Set(receivers.map(({ name }) => name))
    for (const name of this.#steps.keys()) if (!here.has(name)) this.#steps.delete(name)
    for (const { name, rssi } of receivers) this.#add(name, rssi, at)
  }

  /** From `at` on nobody tells what they hear. */
  lose(at: number): void {
    for (const name of this.#steps.keys()) this.#add(name, null, at)
  }

  clear(): void {
    this.#steps.clear()
  }

  /** The steps of the minute before `now`; the first one may have begun before. */
  steps(name: string, now: number): readonly SignalStep[] {
    return [...this.#cut(this.#steps.get(name) ?? [], now)]
  }

  #add(name: string, rssi: number | null, at: number): void {
    const steps = this.#steps.get(name) ?? []
    if (steps.at(-1)?.rssi !== rssi) steps.push({ at, rssi })
    this.#steps.set(name, this.#cut(steps, at))
  }

  /** Drops what was over a minute ago. */
  #cut(steps: SignalStep[], now: number): SignalStep[] {
    // The last step that began before the minute reaches into it.
    let over = 0
    while ((steps[over + 1]?.at ?? Number.POSITIVE_INFINITY) <= now - HISTORY_MS) over += 1
    if (over > 0) steps.splice(0, over)
    return steps
  }
}

export function summaryOf(steps: readonly SignalStep[], now: number): SignalSummary {
  const told = steps.flatMap(({ rssi }) => (rssi === null ? [] : [rssi]))
  let heardMs = 0
  steps.forEach(({ at, rssi }, i) => {
    const until = steps[i + 1]?.at ?? now
    if (rssi !== null && rssi > 0) heardMs += Math.max(0, until - Math.max(at, now - HISTORY_MS))
  })
  return { highest: told.length === 0 ? null : Math.max(...told), heardMs }
}
