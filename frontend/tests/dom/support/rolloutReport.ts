import { BROWSERS, LATENCY_EDGES, WAYS } from '../../../../protocol/rollout.ts'
import type { GroupReport, RolloutReport } from '../../../../protocol/rolloutReport.ts'

const zeros = <K extends string>(keys: readonly K[]) => Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>

export function groupReport(given: Partial<GroupReport> = {}): GroupReport {
  return {
    viewerMinutes: 0,
    ways: zeros(WAYS),
    requestsPerMinute: null,
    latency: null,
    latencyCounts: Array.from({ length: LATENCY_EDGES.length + 1 }, () => 0),
    reconnectsPerHour: null,
    fallbacks: {},
    compared: 0,
    mismatches: [],
    gapsPerHour: null,
    browsers: zeros(BROWSERS),
    ...given,
  }
}

/** A stage of 10 % that goes well. */
export function rolloutReport(given: Partial<RolloutReport> = {}): RolloutReport {
  return {
    at: Date.UTC(2026, 10, 28, 12),
    enabled: true,
    percent: 10,
    revision: 'r1',
    since: Date.UTC(2026, 10, 27, 12),
    shadow: 0.1,
    groups: {
      on: groupReport({ viewerMinutes: 5_213, ways: { ...zeros(WAYS), socket: 0.985, polling: 0.015 }, latency: { p50: 42, p95: 118, count: 8_120 } }),
      off: groupReport({ viewerMinutes: 41_870, ways: { ...zeros(WAYS), polling: 1 }, requestsPerMinute: 31.2 }),
    },
    reduction: { share: 0.977, basis: 'measured' },
    verdicts: [
      { criterion: 'data', verdict: 'go', value: '5,213 min', threshold: 'at least 500', viewerMinutes: 5_213, why: 'There is enough to judge by.' },
      { criterion: 'mismatches', verdict: 'go', value: '0 of 612', threshold: 'none', viewerMinutes: 5_213, why: 'No state differed.' },
    ],
    overall: 'go',
    phase6: { ready: false, days: 0, needed: 14, why: 'Not everybody holds a socket yet.' },
    hours: [],
    history: [{ at: '2026-11-27T12:00:00.000Z', by: 'W5GLE', did: 'set 10' }],
    ...given,
  }
}
