/** What pages report, summed up: per stage and group, by hours, and by days for the end of it all. */
import * as v from 'valibot'
import { LONGEST_REPORT_MS } from '../../../protocol/rollout.ts'
import type { Figures as Report, Group } from '../../../protocol/rollout.ts'
import { add, addHour, fallbackMs, hourSchema, noHour, noTotals, total, totalsSchema, viewerMs } from './totals.ts'
import type { Totals } from './totals.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const MOST_HOURS = 48
const MOST_DAYS = 400

const time = v.pipe(v.number(), v.minValue(0))
const stageSchema = v.object({ since: time, on: totalsSchema, off: totalsSchema })
const figuresSchema = v.object({
  v: v.literal(1),
  /** The stage that is in force; null = none was yet. */
  percent: v.nullable(v.number()),
  /** By percent. */
  stages: v.record(v.pipe(v.string(), v.regex(/^\d{1,3}$/)), stageSchema),
  /** Oldest first, `at` = its begin, ms. */
  hours: v.array(v.object({ at: time, on: hourSchema, off: hourSchema })),
  /** Of the group with sockets at 100 percent, by day of UTC: how long there was somebody, and how long he polled, ms. */
  days: v.array(v.object({ at: time, ms: time, fallbackMs: time })),
})
type Kept = v.InferOutput<typeof figuresSchema>
export type Stage = v.InferOutput<typeof stageSchema>
export type Hour = Kept['hours'][number]
export type Day = Kept['days'][number]
/** Both groups, by percent. */
export type Counted = Readonly<Record<string, Readonly<Record<Group, Totals>>>>

const noGroups = () => ({ on: noTotals(), off: noTotals() })

/** Things that can be counted, per second of a report and besides: more is no page's report. */
const PLAUSIBLE_PER_SECOND = 100
const PLAUSIBLE_BESIDES = 1_000

/** Could a page have seen that? */
export function isPlausible(report: Report): boolean {
  const ms = total(report)
  const { requests: { made, saved }, fallbacks, latency, mismatches, reconnects, gaps, compared } = report
  const counts = [made, saved, reconnects, gaps, compared, ...Object.values(fallbacks), ...latency, ...mismatches.map(({ count }) => count)]
  const counted = counts.reduce((sum, count) => sum + count, 0)
  return ms <= LONGEST_REPORT_MS && counted <= PLAUSIBLE_BESIDES + (PLAUSIBLE_PER_SECOND * ms) / 1000
}

/** Of these, the last two days as of now: who reports nothing also drops nothing, and a clock that was ahead for a while shows none of it. */
export function lastHours(hours: readonly Hour[], now: number): Hour[] {
  const at = hourOf(now)
  return hours.filter((hour) => hour.at > at - MOST_HOURS * HOUR_MS && hour.at <= at)
}

const hourOf = (now: number) => now - (now % HOUR_MS)

/**
 * Of these, oldest first, the one that begins at `at`; a new one if there is none. Of more than `most`, the one farthest from it goes: a clock that
 * is wrong for a while, as a Raspberry Pi's is before it has heard the time, costs one at most for each that it brings, and what it brought goes first.
 */
function entryAt<T extends { readonly at: number }>(entries: T[], at: number, most: number, fresh: (at: number) => T): T {
  const later = entries.findIndex((each) => each.at >= at)
  const place = later === -1 ? entries.length : later
  const found = entries[place]
  if (found?.at === at) return found
  const entry = fresh(at)
  entries.splice(place, 0, entry)
  const [first = entry, last = entry] = [entries[0], entries.at(-1)]
  if (entries.length > most) entries.splice(at - first.at >= last.at - at ? 0 : -1, 1)
  return entry
}

export class Figures {
  readonly #kept: Kept
  readonly #counted: Record<string, Readonly<Record<Group, Totals>>> = {}
  #changes = 0

  constructor(kept: Kept = { v: 1, percent: null, stages: {}, hours: [], days: [] }) {
    this.#kept = kept
    for (const percent of Object.keys(kept.stages)) this.#counted[percent] = noGroups()
  }

  /** @throws when it is not what {@link Figures.text} wrote */
  static parse(text: string): Figures {
    return new Figures(v.parse(figuresSchema, JSON.parse(text)))
  }

  /** All of it, to be kept. */
  get text(): string {
    return JSON.stringify(this.#kept)
  }

  /** Another number once anything is another. */
  get changes(): number {
    return this.#changes
  }

  /** By percent. */
  get stages(): Readonly<Record<string, Stage>> {
    return this.#kept.stages
  }

  /**
   * What came since this process began, whatever stages were entered: Prometheus takes a counter that steps back for one that began at 0,
   * and what it then shows for news. What is kept steps back when a stage begins anew, and when the power goes before it is written.
   */
  get counted(): Counted {
    return this.#counted
  }

  get hours(): readonly Hour[] {
    return this.#kept.hours
  }

  get days(): readonly Day[] {
    return this.#kept.days
  }

  /** This stage is in force. Its figures begin anew, unless it was in force already; those of others stay. */
  enter(percent: number, now: number): void {
    if (this.#kept.percent === percent) return
    this.#changes += 1
    this.#kept.percent = percent
    this.#kept.stages[percent] = { since: now, ...noGroups() }
    this.#counted[percent] ??= noGroups()
  }

  /** Adds a report. False = its stage has never been in force, so nobody can have been at it. */
  take(report: Report, now: number): boolean {
    const { group, percent, ms } = report
    const [stage, counted] = [this.#kept.stages[percent], this.#counted[percent]]
    if (stage === undefined || counted === undefined) return false
    this.#changes += 1
    add(stage[group], report)
    add(counted[group], report)
    const { hours, days } = this.#kept
    addHour(entryAt(hours, hourOf(now), MOST_HOURS, (at) => ({ at, on: noHour(), off: noHour() }))[group], report)
    if (group === 'on' && percent === 100) {
      const day = entryAt(days, now - (now % DAY_MS), MOST_DAYS, (at) => ({ at, ms: 0, fallbackMs: 0 }))
      day.ms += viewerMs(ms)
      day.fallbackMs += fallbackMs(ms)
    }
    return true
  }
}
