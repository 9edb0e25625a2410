/** What the feed of one Asterisk keeps for each of its nodes. */
import type { RptEvent } from '../ami/rptEvents.ts'
import type { Timer } from '../env/clock.ts'
import type { NodeFeed } from './nodeFeed.ts'

export interface HostEntry {
  readonly feed: NodeFeed
  watchers: number
  linger: Timer
  /** Kept current: watched, or lingering. */
  active: boolean
  timer: Timer
  /** When the next poll is due, ms. */
  dueAt: number
  polling: boolean
  /** Something happened during the running poll: poll again after it. */
  again: boolean
  /** Kinds of events that came during the running poll. */
  readonly heard: Set<RptEvent['kind']>
  /** So many polls more come at the pace of somebody who waits for them. */
  urged: number
  /** Wait for the end of a poll that has not begun yet. */
  lookers: (() => void)[]
}

/** Of a node that nobody watches. */
export function newEntry(feed: NodeFeed): HostEntry {
  return {
    feed, watchers: 0, linger: undefined, active: false, timer: undefined, dueAt: 0, polling: false, again: false,
    heard: new Set(), urged: 0, lookers: [],
  }
}

/** There will be no poll that they could wait for. */
export function endLooks(entry: HostEntry): void {
  for (const seen of entry.lookers.splice(0)) seen()
}
