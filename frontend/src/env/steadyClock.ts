import type { Env } from './env.ts'

/**
 * A clock that never goes back: somebody who sets his by an hour must not make every wait an hour longer.
 * @param wall the clock on the wall, ms since the Unix epoch
 */
export function steadyClock(wall: () => number): () => number {
  let last = 0
  let lift = 0
  return () => {
    const now = wall()
    last = Math.max(last, now + lift)
    lift = last - now
    return last
  }
}

/** The time that others compare with `Date.now()`, ms: of the clock as it is set, so that it goes back with that. */
export function wallClock(env: Env): number {
  return env.wall?.() ?? env.now()
}
