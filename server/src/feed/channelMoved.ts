import { CADENCE } from './cadence.ts'
import type { HostEntry } from './hostEntry.ts'

/**
 * A link of this node may have been called, answered or dropped, which app_rpt tells by no event. Callers whom it refuses over and over make
 * channels too: these bring a poll on once a second.
 *
 * @param now by the clock that nobody sets, ms
 * @returns when to poll, ms from now; null = a poll that comes anyway is soon enough
 */
export function channelMoved(entry: HostEntry, now: number): number | null {
  entry.whole = null
  entry.lookAgain = true
  const wait = Math.max(CADENCE.afterTopologyMs, entry.channelAt + CADENCE.busyMs - now)
  if (entry.polling ? wait > CADENCE.afterTopologyMs : entry.dueAt - now <= wait) return null
  entry.channelAt = now + wait - CADENCE.afterTopologyMs
  return wait
}
