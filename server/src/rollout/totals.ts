/** Sums of what pages report, of one group at one stage. The shapes are those of the file that keeps them. */
import * as v from 'valibot'
import { BROWSERS, LATENCY_EDGES, WAYS } from '../../../protocol/rollout.ts'
import type { Figures as Report, Way } from '../../../protocol/rollout.ts'
import { printable } from '../env/printable.ts'

const amount = v.pipe(v.number(), v.minValue(0))
const zero = v.optional(amount, 0)
/** One sum per name; a name that an older file does not have counts as 0. */
const sums = <T extends string>(names: readonly T[]) => v.object(Object.fromEntries(names.map((name) => [name, zero])) as Record<T, typeof zero>)
const nothing = LATENCY_EDGES.map(() => 0).concat(0)
const requests = v.object({ made: zero, saved: zero })

export const totalsSchema = v.object({
  /** ms on each way. */
  ms: sums(WAYS),
  requests,
  reconnects: zero,
  /** By the reason's code. */
  fallbacks: v.optional(v.record(v.string(), amount), {}),
  /** By bucket, see `LATENCY_EDGES`. */
  latency: v.optional(v.pipe(v.array(amount), v.length(LATENCY_EDGES.length + 1)), nothing),
  gaps: zero,
  compared: zero,
  /** By the field's name. */
  mismatches: v.optional(v.record(v.string(), v.object({ count: amount, example: v.string() })), {}),
  /** Reports of each. */
  browsers: sums(BROWSERS),
  reports: zero,
})
export type Totals = v.InferOutput<typeof totalsSchema>

export const hourSchema = v.object({ ms: sums(WAYS), requests })
/** The part of it that is kept hour by hour. */
export type HourTotals = v.InferOutput<typeof hourSchema>

export const noTotals = (): Totals => structuredClone(v.parse(totalsSchema, { ms: {}, requests: {}, browsers: {} }))
export const noHour = (): HourTotals => v.parse(hourSchema, { ms: {}, requests: {} })

/** Names that are kept apart; what comes further is `other`. Strangers report, and could make up one each time. */
const MOST_NAMES = 40

/** Adds a report to the sums, in place. */
export function add(totals: Totals, report: Report): void {
  addHour(totals, report)
  totals.reports += 1
  totals.reconnects += report.reconnects
  totals.gaps += report.gaps
  totals.compared += report.compared
  totals.browsers[report.browser] += 1
  report.latency.forEach((count, i) => { totals.latency[i] = (totals.latency[i] ?? 0) + count })
  for (const [reason, count] of Object.entries(report.fallbacks)) {
    const name = nameIn(totals.fallbacks, reason)
    totals.fallbacks[name] = (Object.hasOwn(totals.fallbacks, name) ? (totals.fallbacks[name] ?? 0) : 0) + count
  }
  for (const { field, count, example } of report.mismatches) {
    const name = nameIn(totals.mismatches, field)
    const known = Object.hasOwn(totals.mismatches, name) ? totals.mismatches[name] : undefined
    totals.mismatches[name] = { count: (known?.count ?? 0) + count, example: known?.example ?? printable(example, 80) }
  }
}

export function addHour(hour: HourTotals, { ms, requests: { made, saved } }: Report): void {
  for (const way of WAYS) hour.ms[way] += ms[way] ?? 0
  hour.requests.made += made
  hour.requests.saved += saved
}

/** `constructor` and the like are names as well. */
function nameIn(names: object, name: string): string {
  return Object.hasOwn(names, name) || Object.keys(names).length < MOST_NAMES ? name : 'other'
}

/** ms that a report speaks of. */
export function total({ ms }: Pick<Report, 'ms'>): number {
  return WAYS.reduce((sum, way) => sum + (ms[way] ?? 0), 0)
}

/** Ways on which nothing is asked and nothing is missed: the page is hidden, or its machine sleeps or has no network. */
const AWAY: readonly Way[] = ['offline', 'hidden']
const FALLBACK: readonly Way[] = ['polling', 'stale']
const WITHOUT_NEWS: readonly Way[] = ['trying', 'stale', 'refused', 'needs-auth']

type Ms = Report['ms']
const over = (ms: Ms, ways: readonly Way[]) => ways.reduce((sum, way) => sum + (ms[way] ?? 0), 0)

/** ms in which news could have reached the page: what rates and shares are of. */
export const viewerMs = (ms: Ms): number => total({ ms }) - over(ms, AWAY)
/** ms in which the page polled, with success or without. */
export const fallbackMs = (ms: Ms): number => over(ms, FALLBACK)
export const withoutNewsMs = (ms: Ms): number => over(ms, WITHOUT_NEWS)
