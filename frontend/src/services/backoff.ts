/**
 * How long to wait before a try. Full jitter, any wait up to the ceiling is as likely, so a crowd spreads by itself and a
 * short outage is over soon. At the cap the wait keeps to its upper part: with full jitter the mean wait would be half the
 * cap, and 10,000 clients would knock 160 times per 100 ms (`bench/storm.ts`); this way it is 92, and 99 of 100 are back
 * within 16 s.
 */

export interface BackoffPolicy {
  /** Ceiling of the first wait, ms; doubles with each failure. */
  readonly baseMs: number
  /** Ceiling of all waits, ms. */
  readonly capMs: number
  /** No wait is shorter, ms. */
  readonly floorMs: number
  /** No wait is shorter once the ceiling is the cap, ms. */
  readonly capFloorMs?: number
}

export const BACKOFF: BackoffPolicy = { baseMs: 1_000, capMs: 17_000, floorMs: 100, capFloorMs: 12_000 }

/**
 * @param failures tries that failed since the connection was last stable, 0 before the first retry
 * @param random a number in [0, 1)
 * @returns the wait in ms
 */
export function backoffDelay(failures: number, random: number, policy: BackoffPolicy = BACKOFF): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(failures, 30))
  const floor = ceiling === policy.capMs ? (policy.capFloorMs ?? policy.floorMs) : policy.floorMs
  return draw(floor, ceiling, random)
}

/** Evenly between floor and ceiling. Cutting at the floor instead would heap one wait in ten upon it. */
function draw(floor: number, ceiling: number, random: number): number {
  return Math.round(floor + random * Math.max(0, ceiling - floor))
}

/** A wait drawn evenly from the time a server asked its viewers to spread over. */
export function spreadDelay(spreadMs: number, random: number, policy: BackoffPolicy = BACKOFF): number {
  return draw(policy.floorMs, spreadMs, random)
}

/**
 * Between tries while nobody looks, and for what a server says it has not got, or seems not to have: one a minute, spread by half a
 * minute so that pages do not beat in step.
 */
export function slowDelay(random: number): number {
  return 45_000 + Math.round(random * 30_000)
}
