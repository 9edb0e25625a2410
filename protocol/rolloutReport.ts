/** What `GET …/rollout/report` says: both groups of the present stage side by side, and what to do. */
import * as v from 'valibot'
import { BROWSERS, LATENCY_EDGES, WAYS } from './rollout.ts'
import type { Browser, Way } from './rollout.ts'

/** Per criterion and in all: go on to the next stage, stay, or go back. */
export const VERDICTS = ['go', 'hold', 'back'] as const
export type Verdict = (typeof VERDICTS)[number]

export const CRITERIA = ['data', 'fallback', 'requests', 'latency', 'without-news', 'reconnects', 'mismatches', 'lost-news'] as const
export type Criterion = (typeof CRITERIA)[number]

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1))
const amount = v.pipe(v.number(), v.minValue(0))
const counts = <K extends string>(keys: readonly K[]) =>
  v.object(Object.fromEntries(keys.map((key) => [key, amount])) as Record<K, typeof amount>)

const groupSchema = v.object({
  /** One page that watches something, for one minute in which news could reach it: neither hidden nor offline. Rates are of this. */
  viewerMinutes: amount,
  /** Shares of all the time that pages reported, hidden and offline too; all 0 where there is none. */
  ways: counts<Way>(WAYS),
  /** Status requests per viewer-minute; null = there was none. */
  requestsPerMinute: v.nullable(amount),
  /** ms; null = no key-up was measured. */
  latency: v.nullable(v.object({ p50: amount, p95: amount, count: amount })),
  /** Key-ups by delay, in the buckets of {@link LATENCY_EDGES} and one more. */
  latencyCounts: v.pipe(v.array(amount), v.length(LATENCY_EDGES.length + 1)),
  reconnectsPerHour: v.nullable(amount),
  /** Times that a page fell to polling, by reason. */
  fallbacks: v.record(v.string(), amount),
  /** States compared, and the fields that differed. */
  compared: amount,
  mismatches: v.array(v.object({ field: v.string(), count: amount, example: v.string() })),
  /** Gaps in the sequence. */
  gapsPerHour: v.nullable(amount),
  /** Reports by family of browser. */
  browsers: counts<Browser>(BROWSERS),
})
export type GroupReport = v.InferOutput<typeof groupSchema>

const verdictSchema = v.object({
  criterion: v.picklist(CRITERIA),
  verdict: v.picklist(VERDICTS),
  /** As it is shown, `1.3 %`; '' = there is none. */
  value: v.string(),
  /** What is asked for, `below 2 %, back above 10 %`. */
  threshold: v.string(),
  /** That it rests on. */
  viewerMinutes: amount,
  /** One sentence. */
  why: v.string(),
})
export type CriterionVerdict = v.InferOutput<typeof verdictSchema>

const hourSchema = v.object({
  /** Its beginning, ms since 1970. */
  at: v.number(),
  /** Viewer-minutes of both groups: with sockets, polled, with neither. */
  socket: amount,
  polling: amount,
  neither: amount,
  /** Status requests. */
  requests: amount,
})
export type RolloutHour = v.InferOutput<typeof hourSchema>

export const rolloutReportSchema = v.object({
  /** Server time, ms. */
  at: v.number(),
  enabled: v.boolean(),
  percent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  revision: v.string(),
  /** Since when the stage is what it is, ms; null = not known. */
  since: v.nullable(v.number()),
  /** The share of pages on sockets that compare with polling. */
  shadow: share,
  groups: v.object({ on: groupSchema, off: groupSchema }),
  /** How many of the status requests sockets spare; `measured` between the groups, or `estimated` by the pages. */
  reduction: v.object({ share: v.nullable(v.number()), basis: v.nullable(v.picklist(['measured', 'estimated'])) }),
  verdicts: v.array(verdictSchema),
  overall: v.picklist(VERDICTS),
  /** May polling be dropped? */
  phase6: v.object({ ready: v.boolean(), days: amount, needed: amount, why: v.string() }),
  /** The last two days, oldest first; hours without a report are left out. */
  hours: v.array(hourSchema),
  /** Changes of the stage, newest last. */
  history: v.array(v.object({ at: v.string(), by: v.string(), did: v.string() })),
})
export type RolloutReport = v.InferOutput<typeof rolloutReportSchema>
