/**
 * When a node without a socket is polled. Who is alone in its trouble has data again after 2.5 s. But a server that
 * restarts, or whose sockets are switched off, lets go of everybody in one moment: polls all 2.5 s later would be the very
 * stampede that the sockets' jitter prevents (`bench/storm.ts`), so those are spread too.
 */
import type { ConnectionState } from './connectionState.ts'

/** A blip shorter than this does not cost a request, ms. */
export const FALLBACK_AFTER = 2_500
/** A blip shorter than this is not worth dimming a page for, ms. */
export const STALE_AFTER = 3_000
/** Who was let go by the server spreads over this much more, ms, unless the server named a time. */
export const FALLBACK_SPREAD = 5_000
/** However long the server's own time is: nobody is without news for longer, ms. */
const MOST_SPREAD = 15_000
/** Why polling fails for a node: a good answer left it out. */
export const NOT_ANSWERED = 'The server says nothing of this node.'
/** A try that comes this soon may well make polling needless; it is waited for, and as long again for its outcome, ms. */
const NEAR = 1_000
/** The same after a goodbye: that server means to be back. */
const NEAR_AFTER_GOAWAY = 2_500

/**
 * @param state what the socket's end led to
 * @param luck a number in [0, 1), one for all nodes of this page that fall together
 * @returns how long after that end the node is polled, ms
 */
export function fallbackAfter(state: ConnectionState, luck: number): number {
  if (state.status !== 'waiting' && state.status !== 'paused') return FALLBACK_AFTER
  // No try is coming that a poll would be a waste before.
  if (isSwitchedOff(state)) return luck * Math.min(MOST_SPREAD, state.reason.spreadMs ?? FALLBACK_AFTER)
  return FALLBACK_AFTER + luck * Math.min(MOST_SPREAD, state.reason.spreadMs ?? FALLBACK_SPREAD)
}

export function isSwitchedOff(state: ConnectionState): state is Extract<ConnectionState, { status: 'paused' }> {
  return state.status === 'paused' && state.why === 'flag-off'
}

/** When to fall back that was to fall back at `due`: a try that is near is let go first. */
export function notBefore(state: ConnectionState, due: number, now: number): number {
  const at = Math.max(due, now)
  if (state.status !== 'waiting' || state.until < at) return at
  const near = state.reason.code === 'goaway' ? NEAR_AFTER_GOAWAY : NEAR
  return state.until <= at + near ? state.until + NEAR : at
}
