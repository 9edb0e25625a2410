import { LATENCY_EDGES } from '../../../protocol/rollout.ts'
import type { Figures } from '../../../protocol/rollout.ts'

export const MINUTE = 60_000

/** A page's report: a quiet minute on its socket, unless it says otherwise. */
export function report(more: Partial<Figures> = {}): Figures {
  return {
    v: 1, group: 'on', percent: 10, browser: 'chromium', ms: { socket: MINUTE }, reconnects: 0, fallbacks: {}, requests: { made: 0, saved: 60 },
    latency: latency({}), gaps: 0, compared: 0, mismatches: [], ...more,
  }
}

/** @param counts by delay, ms: `{ 40: 19, 1_200: 1 }` */
export function latency(counts: Readonly<Record<number, number>>): number[] {
  const buckets = Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0)
  for (const [ms, count] of Object.entries(counts)) {
    const at = LATENCY_EDGES.findIndex((edge) => Number(ms) <= edge)
    buckets.splice(at, 1, (buckets.at(at) ?? 0) + count)
  }
  return buckets
}
