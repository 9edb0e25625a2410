import type { BrowserDriver } from './driver.ts'
import type { Dashboard } from './dashboard.ts'
import type { House, HouseOptions } from './house.ts'

/** What a scenario is given. Tabs and house are closed behind it. */
export interface Play {
  readonly driver: BrowserDriver
  readonly house: House
  /** A dashboard in a tab of its own, in front, live. */
  dashboard(options?: { readonly phone?: boolean }): Promise<Dashboard>
}

/** Something that must hold in every browser. */
export interface Scenario {
  readonly name: string
  /** What it claims, as a sentence. */
  readonly claim: string
  readonly house?: HouseOptions
  /** Why this browser cannot be made to do it; null = it can. */
  readonly cannot?: (driver: BrowserDriver) => string | null
  /** It takes minutes. */
  readonly long?: boolean
  /** @returns what was measured, as read in the table; throws what does not hold */
  run(play: Play): Promise<string>
}

/** Lets something last: how long it does is what the scenario is about, and no guess at when something else is done. */
export const lasts = (ms: number) => new Promise<void>((resolve) => { setTimeout(resolve, ms) })

export const seconds = (ms: number) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
}

/** @throws with `what` when it does not hold */
export function holds(check: boolean, what: string): void {
  if (!check) throw new Error(what)
}
