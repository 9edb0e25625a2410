/** What the feed of one Asterisk keeps for each of its nodes. */
import type { LinkMode } from '../../../protocol/nodeState.ts'
import type { RptEvent } from '../ami/rptEvents.ts'
import type { Clock, Timer } from '../env/clock.ts'
import { Misses } from './misses.ts'
import type { MissKind } from './misses.ts'
import type { NodeFeed } from './nodeFeed.ts'

export interface HostEntry {
  readonly feed: NodeFeed
  /** What its links were before they were called again, see `lastMode.ts`. */
  readonly modes: Map<string, LinkMode>
  watchers: number
  /** Those who want it known at leisure, see {@link Interest}. */
  keepers: number
  /** Runs while nobody watches any more and the node is kept current as if; undefined = it does not. */
  linger: Timer
  /** Kept current: watched, lingering, or kept. */
  active: boolean
  timer: Timer
  /** When the next poll is due, ms by the clock that nobody sets. */
  dueAt: number
  polling: boolean
  /** Something happened during the running poll: poll again after it. */
  again: boolean
  /** Kinds of events that came during the running poll. */
  readonly heard: Set<RptEvent['kind']>
  /** One of them told of other links. */
  relinked: boolean
  /** When a channel of one of its links last brought a poll on, ms by the clock that nobody sets. */
  channelAt: number
  /** Another poll follows the one that a channel brought on: a call enters app_rpt's list a moment after its channel. */
  lookAgain: boolean
  /** So many polls more come at the pace of somebody who waits for them. */
  urged: number
  /** The newest poll that told all: when, ms, and of which links' keys; null = none has, or more has changed since than events tell. */
  whole: { readonly at: number; readonly links: string } | null
  /** Wait for the end of a poll that has not begun yet. */
  lookers: (() => void)[]
  /** Asterisk has answered for it in the newest session that was up. */
  answered: boolean
  /** Polls over which the session ended. */
  readonly misses: Misses
  /** How it did over the newest of them. */
  missKind: MissKind
  /** Questions about its voter over which Asterisk hung, although it had answered for the node. */
  readonly voterMisses: Misses
}

/** Asterisk may be another one from now on: nobody knows what this one cannot answer. */
export function forgetMisses({ misses, voterMisses }: HostEntry): void {
  misses.clear()
  voterMisses.clear()
}

/**
 * What somebody wants of a node:
 * - `stay`: he came to stay, and does not wait with a host that waits for its next try;
 * - `ask`: he asks once; he brings on a try no more than once while the node is kept current, or who asks every second would defeat the backoff;
 * - `keep`: nobody looks at it, but what it is is told elsewhere: events as they come, polls at leisure.
 */
export type Interest = 'stay' | 'ask' | 'keep'

/** Does nobody look at it, now or a moment ago? */
export function isOnlyKept({ watchers, linger }: HostEntry): boolean {
  return watchers === 0 && linger === undefined
}

/** Of a node that nobody watches. */
export function newEntry(feed: NodeFeed): HostEntry {
  return {
    feed, modes: new Map(), watchers: 0, keepers: 0, linger: undefined, active: false, timer: undefined, dueAt: 0, polling: false, again: false,
    heard: new Set(), relinked: false, channelAt: Number.NEGATIVE_INFINITY, lookAgain: false, urged: 0, whole: null, lookers: [], answered: false,
    misses: new Misses(), missKind: 'hung', voterMisses: new Misses(),
  }
}

/** There will be no poll that they could wait for. */
export function endLooks(entry: HostEntry): void {
  for (const seen of entry.lookers.splice(0)) seen()
}

/** It is kept current no more, and nothing of it is left running. */
export function letGo(entry: HostEntry, clock: Clock): void {
  clock.clearTimeout(entry.linger)
  clock.clearTimeout(entry.timer)
  entry.active = false
  endLooks(entry)
}
