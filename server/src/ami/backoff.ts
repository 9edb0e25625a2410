import type { Random } from '../env/clock.ts'
import type { AmiCloseCode } from './closeReason.ts'

/** Tries that failed in a row before waits grow: about a minute of an Asterisk that is being restarted. */
const PATIENCE = 60

/**
 * How long to wait before the next try, in ms. A session that fell is tried again after 0.25 to 0.5 s, as a reload of
 * manager.conf or a cut cable leaves Asterisk running; then every 0.75 to 1.5 s for a minute, so that a viewer sees a
 * restarted Asterisk within 2 s; then doubling up to 15 to 30 s. The upper half is by chance so that hosts that fell
 * together don't come back together.
 *
 * After a refused login 10 to 20 s up to 30 to 60 s: each try leaves a line in Asterisk's log and may be counted by a
 * guard such as fail2ban.
 *
 * @param failures tries that failed in a row, 1 or more
 */
export function retryDelayMs(failures: number, code: AmiCloseCode, random: Random): number {
  return Math.round((longestMs(failures, code) / 2) * (1 + random()))
}

/**
 * How soon after the beginning of the last try somebody who waits for it may bring on the next one, in ms.
 *
 * @param failures as above
 */
export function nudgeGapMs(failures: number, code: AmiCloseCode): number {
  return code === 'login-refused' ? longestMs(failures, code) / 2 : 500
}

function longestMs(failures: number, code: AmiCloseCode): number {
  if (code === 'login-refused') return Math.min(60_000, 10_000 * 2 ** failures)
  if (failures === 1) return 500
  return Math.min(30_000, 1_500 * 2 ** Math.max(0, failures - PATIENCE))
}
