import type { Random } from '../env/clock.ts'
import type { AmiCloseCode } from './closeReason.ts'

const LIMITS = {
  login: { first: 10_000, most: 60_000 },
  other: { first: 1000, most: 30_000 },
} as const

/**
 * How long to wait before the next try, in ms: 1 to 2 s, then 2 to 4 s, doubling up to 15 to 30 s, the upper half by
 * chance so that hosts that fell together don't come back together.
 *
 * After a refused login 10 to 20 s up to 30 to 60 s: each try leaves a line in Asterisk's log and may be counted by a
 * guard such as fail2ban.
 *
 * @param failures tries that failed in a row, 1 or more
 */
export function retryDelayMs(failures: number, code: AmiCloseCode, random: Random): number {
  const { first, most } = limitsFor(code)
  const longest = Math.min(most, first * 2 ** failures)
  return Math.round((longest / 2) * (1 + random()))
}

/** How soon after the beginning of the last try somebody who waits for it may bring on the next one, in ms. */
export function nudgeGapMs(code: AmiCloseCode): number {
  return limitsFor(code).first / (code === 'login-refused' ? 1 : 2)
}

function limitsFor(code: AmiCloseCode): (typeof LIMITS)[keyof typeof LIMITS] {
  return code === 'login-refused' ? LIMITS.login : LIMITS.other
}
