import type { NodeState } from '../../../protocol/nodeState.ts'

/** How often a node is polled, ms. Events tell who talks; polls tell the rest. */
export const CADENCE = {
  /** After the last of the four link events, which come in one burst. */
  afterTopologyMs: 50,
  /** Something moves that no event tells of. */
  busyMs: 1_000,
  quietMs: 5_000,
  /** Nobody watches, but somebody further away keeps what is known of it. */
  keptMs: 30_000,
  /** Events cannot be read, or none has come so far: polls are all there is. */
  withoutEventsMs: 1_000,
  /** Where it is not known yet, for each node that is watched: ten have a poll a second, fifty one in 5 s. */
  unprovenPerNodeMs: 100,
  /** The same by how long nothing has moved: after so much quiet the first key-up may be shown late by a tenth of it. */
  unprovenPerQuiet: 0.1,
  /** A node that this server does not have may be configured later. */
  unknownNodeMs: 10_000,
  /** A command was sent: its sender waits to see what came of it. */
  urgedMs: 250,
} as const

/**
 * What is known of a session's events. AMI does not tell whether its user may read them (Asterisk manager.c: the answers
 * to Login and Events are the same either way).
 * - `unproven`: none has come so far;
 * - `come`: one has;
 * - `missed`: a poll showed what an event should have told, and none of that kind has come since.
 */
export type EventTrust = 'unproven' | 'come' | 'missed'

/**
 * The wait until the next poll of a node that answers, ms.
 *
 * @param quietFor since anything of it changed, ms
 * @param watched nodes of its Asterisk that are kept current
 * @param kept nobody watches this one: events tell what cannot wait
 */
export function pollDelay(state: NodeState, events: EventTrust, quietFor: number, watched: number, kept = false): number {
  if (kept) return CADENCE.keptMs
  switch (events) {
    case 'come':
      return movesUntold(state) ? CADENCE.busyMs : CADENCE.quietMs
    case 'missed':
      return CADENCE.withoutEventsMs
    case 'unproven':
      if (talks(state) || movesUntold(state)) return CADENCE.busyMs
      return Math.min(CADENCE.quietMs, Math.max(CADENCE.withoutEventsMs, watched * CADENCE.unprovenPerNodeMs, quietFor * CADENCE.unprovenPerQuiet))
  }
}

/**
 * Until the next poll must be a whole one, ms; 0 = it must be one already. Where only local monitors move untold, who talks is all
 * there is to ask meanwhile.
 *
 * @param wholeFor since the last whole one, ms; null = there was none, or more has changed since than events tell
 */
export function wholeIn(state: NodeState, events: EventTrust, wholeFor: number | null): number {
  const suffices = events === 'come' && wholeFor !== null && wholeFor >= 0 && !isCalling(state) && hasLocalMonitor(state)
  return suffices ? Math.max(0, CADENCE.quietMs - wholeFor) : 0
}

function talks({ rx, tx, links }: NodeState): boolean {
  return rx === true || tx === true || Object.values(links).some(({ keyed }) => keyed === true)
}

/** app_rpt tells nothing of a call before it is answered, nor of the key-ups of a local monitor (app_rpt rpt_update_links). */
function movesUntold(state: NodeState): boolean {
  return isCalling(state) || (hasLocalMonitor(state) && talks(state))
}

function isCalling({ links }: NodeState): boolean {
  return Object.values(links).some((link) => link.state === 'connecting')
}

function hasLocalMonitor({ links }: NodeState): boolean {
  return Object.values(links).some(({ mode }) => mode === 'local-monitor')
}
