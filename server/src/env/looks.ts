import type { Clock, Timer } from './clock.ts'

/**
 * Looks at something again and again, `everyMs` apart. Looks of one interval, whoever began them when, come at the same moments: waking a
 * process costs more than what a look does, so they are done in one waking.
 *
 * @param look must not reject
 * @returns the end of it, safe to call twice; a look that is under way still ends
 */
export function lookEvery(clock: Clock, everyMs: number, look: () => Promise<unknown>): () => void {
  let timer: Timer
  let over = false
  const wait = () => {
    if (!over) timer = clock.setTimeout(() => { void look().then(wait) }, untilNext(clock, everyMs))
  }
  wait()
  return () => {
    over = true
    clock.clearTimeout(timer)
  }
}

/** Not sooner than half an interval from now: two looks in a row tell whether a file is still being written. */
function untilNext(clock: Clock, everyMs: number): number {
  const ms = everyMs - (Math.floor(clock.monotonic()) % everyMs)
  return ms < everyMs / 2 ? ms + everyMs : ms
}
