import type { Clock, Timer } from './clock.ts'

/**
 * Looks at something again and again, each time `everyMs` after the last look has ended.
 *
 * @param look must not reject
 * @returns the end of it, safe to call twice; a look that is under way still ends
 */
export function lookEvery(clock: Clock, everyMs: number, look: () => Promise<unknown>): () => void {
  let timer: Timer
  let over = false
  const wait = () => {
    if (!over) timer = clock.setTimeout(() => { void look().then(wait) }, everyMs)
  }
  wait()
  return () => {
    over = true
    clock.clearTimeout(timer)
  }
}
