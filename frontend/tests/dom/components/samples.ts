/** Nodes and links to look at, all at the same server time. */
import { EMPTY_LINK, EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../../protocol/nodeState.ts'
import type { ConnectionState } from '../../../src/services/connectionState.ts'

export const NOW = 1_800_000_000_000

export function link(over: Partial<LinkState> = {}): LinkState {
  return {
    ...EMPTY_LINK,
    kind: 'allstar',
    direction: 'out',
    state: 'established',
    mode: 'transceive',
    keyed: false,
    connectedSince: NOW - 3_600_000,
    ...over,
  }
}

export function node(over: Partial<NodeState> = {}): NodeState {
  return { ...EMPTY_NODE, callsign: 'W5GLE', location: 'Alvin, Texas', reach: 'up', rx: false, tx: false, ...over }
}

export const HUB = link({ callsign: 'WA5SCR', description: 'Houston, Texas', location: 'HUB' })

export const LIVE: Extract<ConnectionState, { status: 'live' }> = { status: 'live', since: NOW }
export const WAITING: ConnectionState = {
  status: 'waiting',
  until: NOW + 7_000,
  attempt: 3,
  reason: { code: 'socket-closed', message: 'The server closed the connection.' },
}
export const OFFLINE: ConnectionState = {
  status: 'paused',
  why: 'offline',
  wake: 'online',
  reason: { code: 'offline', message: 'This device says that it is offline.' },
}
