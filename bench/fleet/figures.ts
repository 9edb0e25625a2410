/** Figures out of readings: sums, differences and quotients, and nothing else. */
import { LAYERS } from './reading.ts'
import type { Flow, Layer, Reading } from './reading.ts'

export interface Flows {
  /** Through one way, each minute. */
  readonly messagesPerMinute: number
  readonly bytesPerMinute: number
}

/** What a stretch of time came to. */
export interface Stretch {
  readonly seconds: number
  readonly flows: Readonly<Record<Layer, Flow>>
  /** CPU of each kind of process, all of a kind together, s. */
  readonly cpuSeconds: Readonly<Record<string, number>>
  /** At its end, KiB. */
  readonly residentKib: Readonly<Record<string, readonly number[]>>
}

export function between(from: Reading, to: Reading): Stretch {
  const minus = (layer: Layer): Flow => ({ messages: to.flows[layer].messages - from.flows[layer].messages, bytes: to.flows[layer].bytes - from.flows[layer].bytes })
  return {
    seconds: (to.at - from.at) / 1000,
    flows: Object.fromEntries(LAYERS.map((layer) => [layer, minus(layer)])) as Record<Layer, Flow>,
    cpuSeconds: Object.fromEntries(Object.entries(to.use).map(([name, all]) => [name, sum(all.map((use) => use.cpuSeconds)) - sum((from.use[name] ?? []).map((use) => use.cpuSeconds))])),
    residentKib: Object.fromEntries(Object.entries(to.use).map(([name, all]) => [name, all.map((use) => use.residentKib)])),
  }
}

/** What talking added to what goes on anyway, for each key-up or release. */
export function perChange(busy: Stretch, quiet: Stretch, changes: number): Readonly<Record<Layer, Flow>> {
  const share = busy.seconds / quiet.seconds
  const added = (layer: Layer, of: keyof Flow) => Math.max(0, busy.flows[layer][of] - quiet.flows[layer][of] * share) / changes
  return Object.fromEntries(LAYERS.map((layer) => [layer, { messages: added(layer, 'messages'), bytes: added(layer, 'bytes') }])) as Record<Layer, Flow>
}

/** CPU that talking added, of one kind of process, µs. */
export function addedCpu(kind: string, busy: Stretch, quiet: Stretch): number {
  return 1e6 * ((busy.cpuSeconds[kind] ?? 0) - (quiet.cpuSeconds[kind] ?? 0) * (busy.seconds / quiet.seconds))
}

/**
 * Two costs out of two measurements in which they have other shares: `a × x + b × y` is the sum.
 * @returns null = the two are the same but for their size, and nothing follows
 */
export function solve(one: { x: number; y: number; sum: number }, two: { x: number; y: number; sum: number }): { a: number; b: number } | null {
  const determinant = one.x * two.y - two.x * one.y
  if (Math.abs(determinant) < 1e-9 * Math.abs(one.x * two.y)) return null
  return { a: (one.sum * two.y - two.sum * one.y) / determinant, b: (one.x * two.sum - two.x * one.sum) / determinant }
}

export function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
}
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}
