import type { NodeState } from '../../../protocol/nodeState.ts'

/** How often a node is polled, ms. Events tell who talks; polls tell the rest. */
export const CADENCE = {
  /** After the last of the four link events, which come in one burst. */
  afterTopologyMs: 50,
  /** Somebody talks, or a link is being called. */
  busyMs: 1_000,
  quietMs: 5_000,
  /** Events cannot be read: polls are all there is. */
  withoutEventsMs: 1_000,
  /** A node that this server does not have may be configured later. */
  unknownNodeMs: 10_000,
  /** A command was sent: its sender waits to see what came of it. */
  urgedMs: 250,
} as const

/** The wait until the next poll of a node that answers, ms. */
export function pollDelay(state: NodeState, eventsCome: boolean): number {
  if (!eventsCome) return CADENCE.withoutEventsMs
  return isBusy(state) ? CADENCE.busyMs : CADENCE.quietMs
}

function isBusy(state: NodeState): boolean {
  if (state.rx === true || state.tx === true) return true
  return Object.values(state.links).some((link) => link.keyed === true || link.state === 'connecting')
}
