/** The truth about a running fake, for tests to compare with. Times are milliseconds since the epoch. */
import type { Direction, Link, LinkKind, LinkMode } from './link.ts'
import { sortedTokens } from './linkLists.ts'
import type { RptNode } from './rptNode.ts'
import type { RptServer } from './rptServer.ts'

export interface FakeLinkState {
  readonly kind: LinkKind
  readonly mode: LinkMode
  readonly state: 'ESTABLISHED' | 'CONNECTING'
  readonly direction: Direction
  readonly permanent: boolean
  readonly keyed: boolean
  /** As in the peer column: '' when there is no IAX2 channel, '(none)' while its far end is gone. */
  readonly peer: string
  readonly reconnects: number
  /** Start of the elapsed time. */
  readonly connectedAt: number
  readonly lastKeyedAt: number | null
  readonly lastUnkeyedAt: number | null
}

export interface FakeReceiverState {
  readonly active: boolean
  readonly rssi: number
}

export interface FakeNodeState {
  /** Local receiver (COS). */
  readonly rx: boolean
  /** Local transmitter, hang time included (PTT). */
  readonly tx: boolean
  readonly links: Readonly<Record<string, FakeLinkState>>
  /** Tokens of the LinkedNodes line, e.g. `T2001`. */
  readonly linkedNodes: readonly string[]
  readonly vars: Readonly<Record<string, string>>
  /** Only a voter node has these. */
  readonly receivers?: Readonly<Record<string, FakeReceiverState>>
  readonly voted?: string | null
}

export interface FakeState {
  readonly now: number
  readonly port: number
  /** False during an outage. */
  readonly listening: boolean
  readonly muted: boolean
  /** Connections, logged in or not. */
  readonly sessions: number
  readonly nodes: Readonly<Record<string, FakeNodeState>>
}

/** Links whose key-ups app_rpt announces: no local monitors, no phones, and nobody who is only being called. */
export function talkers(node: FakeNodeState | undefined): string[] {
  return Object.entries(node?.links ?? {}).flatMap(([name, { kind, mode, state }]) =>
    mode !== 'local-monitor' && kind !== 'phone' && state === 'ESTABLISHED' ? [name] : [])
}

export function nodeState(node: RptNode, server: RptServer): FakeNodeState {
  const voter = server.voters.get(node.id)
  const state: FakeNodeState = {
    rx: node.rx,
    tx: node.transmitter.keyed,
    links: Object.fromEntries(node.links.map((link) => [link.name, linkState(link)])),
    linkedNodes: sortedTokens(node.linkedTokens()),
    vars: Object.fromEntries(
      node.vars.list().map(([name, value]) => [name, Buffer.from(value, 'latin1').toString('utf8')]),
    ),
  }
  if (voter === undefined) return state
  return {
    ...state,
    receivers: Object.fromEntries(
      voter.receivers.map((r) => [r.name, { active: r.active, rssi: voter.rssi(r, node.rx) }]),
    ),
    voted: voter.voted(node.rx)?.name ?? null,
  }
}

function linkState(link: Link): FakeLinkState {
  return {
    kind: link.kind,
    mode: link.mode,
    state: link.connected ? 'ESTABLISHED' : 'CONNECTING',
    direction: link.direction,
    permanent: link.permanent,
    keyed: link.keyed,
    peer: link.hasChannel ? link.peer : '(none)',
    reconnects: link.reconnects,
    connectedAt: link.since,
    lastKeyedAt: link.lastKeyAt,
    lastUnkeyedAt: link.lastUnkeyAt,
  }
}
