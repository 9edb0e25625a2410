/** How long to wait before a try. Full jitter: any wait up to the ceiling is as likely, so a crowd spreads by itself. */

export interface BackoffPolicy {
  /** Ceiling of the first wait, ms; doubles with each failure. */
  readonly baseMs: number
  /** Ceiling of all waits, ms. */
  readonly capMs: number
  /** No wait is shorter, ms. */
  readonly floorMs: number
}

export const BACKOFF: BackoffPolicy = { baseMs: 1_000, capMs: 15_000, floorMs: 100 }

/**
 * @param failures tries that failed since the connection was last stable, 0 before the first retry
 * @param random a number in [0, 1)
 * @returns the wait in ms
 */
export function backoffDelay(failures: number, random: number, policy: BackoffPolicy = BACKOFF): number {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(failures, 30))
  return Math.max(policy.floorMs, Math.round(random * ceiling))
}

/** A wait drawn evenly from the time a server asked its viewers to spread over. */
export function spreadDelay(spreadMs: number, random: number, policy: BackoffPolicy = BACKOFF): number {
  return Math.max(policy.floorMs, Math.round(random * spreadMs))
}

/** Between tries while nobody looks: one a minute, spread by half a minute so that tabs do not beat in step. */
export function hiddenDelay(random: number): number {
  return 45_000 + Math.round(random * 30_000)
}
