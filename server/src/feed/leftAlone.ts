/** Which nodes of one Asterisk are left alone, and for how long: those over which the session ends that all of them share. */
import type { ReachReason } from '../../../protocol/nodeState.ts'
import type { HostEntry } from './hostEntry.ts'
import { MISSES } from './misses.ts'
import type { MissKind } from './misses.ts'
import { NODE_HANGS, reasonFor } from './reachReason.ts'

/** By node. */
type Entries = ReadonlyMap<string, HostEntry>

const REASON: Record<MissKind, ReachReason> = { hung: NODE_HANGS, ended: reasonFor('node-ends-session') }

const WARNING: Record<MissKind, string> = {
  hung:
    'Asterisk hangs whenever it is asked about this node: it is asked every 1 to 5 minutes until it answers, as its other nodes have to wait. ' +
    'If this persists, restart Asterisk.',
  ended:
    'Asterisk ends the session whenever it is asked about this node: it is asked every 1 to 5 minutes until it answers, as its other nodes share the session. ' +
    'For a remote base there is never an answer: remove it from allmon.ini. For any other node there should be one once it has started: check the log of Asterisk.',
}

/** How long it is left alone, ms, whoever asks for it. Where no other node answers it is Asterisk that is not well, and none is. */
export function restMs(entry: HostEntry, entries: Entries, now: number): number {
  const ms = entry.misses.restMs(now)
  if (ms === 0) return 0
  const othersAnswer = [...entries.values()].some((other) => other !== entry && other.active && other.misses.inARow === 0)
  return othersAnswer ? ms : 0
}

/** What is told of a node that is left alone. */
export function restReason({ missKind }: HostEntry): ReachReason {
  return REASON[missKind]
}

/**
 * The session has ended over a poll of this node.
 * @returns what its operator should be told: once, when it is left alone from now on
 */
export function countMiss(entry: HostEntry, kind: MissKind, entries: Entries, now: number): string | null {
  // Where nobody else was answered in that session, and be it that he was not asked yet, it may be Asterisk's doing.
  const own = [...entries.values()].some((other) => other !== entry && other.answered)
  entry.misses.add(now, own)
  entry.missKind = kind
  const begins = own && entry.misses.own === MISSES.many && restMs(entry, entries, now) > 0
  return begins ? WARNING[kind] : null
}
