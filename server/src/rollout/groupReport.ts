/** One group at one stage, as rates and shares. */
import type { GroupReport } from '../../../protocol/rolloutReport.ts'
import { LATENCY_EDGES, WAYS } from '../../../protocol/rollout.ts'
import { total, viewerMs } from './totals.ts'
import type { Totals } from './totals.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export function groupReport(totals: Totals): GroupReport {
  const { ms, requests, reconnects, gaps, latency, fallbacks, compared, mismatches, browsers } = totals
  const [all, viewers] = [total({ ms }), viewerMs(ms)]
  const per = (count: number, unit: number) => (viewers === 0 ? null : (count * unit) / viewers)
  return {
    viewerMinutes: viewers / MINUTE_MS,
    ways: Object.fromEntries(WAYS.map((way) => [way, all === 0 ? 0 : ms[way] / all])) as GroupReport['ways'],
    requestsPerMinute: per(requests.made, MINUTE_MS),
    latency: delaysOf(latency),
    latencyCounts: [...latency],
    reconnectsPerHour: per(reconnects, HOUR_MS),
    fallbacks: { ...fallbacks },
    compared,
    mismatches: Object.entries(mismatches)
      .map(([field, { count, example }]) => ({ field, count, example }))
      .sort((a, b) => b.count - a.count),
    gapsPerHour: per(gaps, HOUR_MS),
    browsers: { ...browsers },
  }
}

function delaysOf(buckets: readonly number[]): GroupReport['latency'] {
  const count = buckets.reduce((sum, each) => sum + each, 0)
  return count === 0 ? null : { p50: delayAt(buckets, count * 0.5), p95: delayAt(buckets, count * 0.95), count }
}

/** The delay that so many do not exceed, ms: as if those of a bucket were spread evenly in it. What is above the last edge counts as that edge. */
function delayAt(buckets: readonly number[], rank: number): number {
  let below = 0
  for (const [i, high] of LATENCY_EDGES.entries()) {
    const inBucket = buckets[i] ?? 0
    const low = LATENCY_EDGES[i - 1] ?? 0
    if (inBucket > 0 && below + inBucket >= rank) return low + ((high - low) * (rank - below)) / inBucket
    below += inBucket
  }
  return LATENCY_EDGES.at(-1) ?? 0
}
