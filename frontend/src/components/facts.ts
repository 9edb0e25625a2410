/** The three facts of a connection as words and a shape. Pure: what goes in is all they depend on. */
import type { Reach, ReachReason } from '../../../protocol/nodeState.ts'
import type { ConnectionState } from '../services/connectionState.ts'
import type { Shape } from './shapes.ts'
import { words } from './words.ts'

export interface Fact {
  readonly shape: Shape
  readonly tone: 'calm' | 'busy' | 'bad'
  readonly text: string
  /** The moment that the text counts from, server ms. */
  readonly at?: number | null
}

/** From this age on data is called old even if nobody said so: two missed beats, ms. */
const OLD_AFTER = 60_000
/** While all is well the age moves in such steps, ms: a screen reader is told of each change of it. */
const STEP = 5_000
/** A server that never vouches is believed for this long after its last word, ms. */
const UNVOUCHED_AFTER = 10_000

/** Is polling how this page is meant to live, and not what is left of it? The flag says so, and it works. */
export function livesOnPolling(connection: ConnectionState, stale: boolean): boolean {
  return connection.status === 'paused' && connection.why === 'flag-off' && !stale
}

export function socketFact(connection: ConnectionState, now: number, stale = false): Fact {
  const { facts } = words
  if (livesOnPolling(connection, stale)) return { shape: 'idle', tone: 'calm', text: facts.polled }
  switch (connection.status) {
    case 'idle':
      return { shape: 'unknown', tone: 'calm', text: facts.idle }
    case 'connecting':
      return { shape: 'busy', tone: 'busy', text: facts.connecting(connection.attempt) }
    case 'live':
      return { shape: 'ok', tone: 'calm', text: facts.connected }
    case 'waiting': {
      const seconds = Math.ceil(Math.max(0, connection.until - now) / 1000)
      return { shape: 'wait', tone: 'busy', text: facts.reconnecting(seconds, connection.attempt) }
    }
    case 'paused':
      return { shape: 'pause', tone: connection.why === 'refused' ? 'bad' : 'busy', text: facts.paused(connection.why) }
    case 'closed':
      return { shape: 'bad', tone: 'calm', text: facts.closed }
  }
}

/** Why the socket is not live, and what to do; null while there is nothing to explain. */
export function socketReason(connection: ConnectionState, stale = false): string | null {
  if (livesOnPolling(connection, stale)) return null
  return connection.status === 'waiting' || connection.status === 'paused' ? words.reason.socket(connection.reason) : null
}

export interface ReachFacts {
  readonly reach: Reach
  readonly reachReason: ReachReason | null
  readonly reachSince: number | null
}

/** Why Asterisk does not answer, and what to do. */
export function whyNotReached(reason: ReachReason | null): string {
  return reason === null ? words.status.noReason : words.reason.reach(reason.code, reason.message)
}

/**
 * @param stale what we hold may no longer be true, so an old "answering" is not repeated as a fact
 * @param withMessage false where the reason stands right beside it
 */
export function asteriskFact(
  { reach, reachReason, reachSince }: ReachFacts,
  now: number,
  stale: boolean,
  withMessage: boolean,
): Fact {
  const { facts } = words
  switch (reach) {
    case 'up':
      return stale
        ? { shape: 'unknown', tone: 'busy', text: facts.wasAnswering }
        : { shape: 'ok', tone: 'calm', text: facts.answering }
    case 'down': {
      const age = reachSince === null ? null : words.age(now - reachSince)
      return {
        shape: 'bad',
        tone: 'bad',
        text: facts.notAnswering(age, withMessage && reachReason !== null ? whyNotReached(reachReason) : null),
        at: reachSince,
      }
    }
    case 'unknown':
      return { shape: 'unknown', tone: 'busy', text: words.notKnown }
  }
}

/**
 * @param ageKnown false where the server's silence says nothing: then an old "heard" is neither fresh nor stale
 */
export function dataFact(heardAt: number | null, now: number, stale: boolean, polling: boolean, ageKnown = true): Fact {
  const { facts } = words
  if (heardAt === null) return { shape: 'unknown', tone: 'busy', text: facts.nothingHeard }
  const age = Math.max(0, now - heardAt)
  if (!ageKnown && !stale && age >= UNVOUCHED_AFTER) return { shape: 'unknown', tone: 'busy', text: facts.ageUnknown, at: heardAt }
  const suffix = polling ? ` (${facts.polling})` : ''
  if (stale || age >= OLD_AFTER) return { shape: 'warn', tone: 'bad', text: facts.old(words.age(age)), at: heardAt }
  return { shape: 'ok', tone: 'calm', text: (age < STEP ? facts.heardNow : facts.heard(words.age(age - (age % STEP)))) + suffix, at: heardAt }
}
