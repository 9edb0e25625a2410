import { markRaw } from 'vue'
import { displayName } from '../../../protocol/names.ts'
import type { Identity, NodeState } from '../../../protocol/nodeState.ts'
import { elapsed, lastKeyed, toStatusRow } from '../../../protocol/statusRow.ts'
import type { ConnectedNode as WireLink, StatusRow } from '../../../protocol/statusRow.ts'
import { ownDescription } from '../services/gatewayApi.ts'
import type { ListedNode } from '../services/gatewayApi.ts'

/**
 * A link as Supermon-NG's components read it: strings, and beside the counted ones the moments they count from. What counts, and the name of a node
 * behind the adjacent ones, is found out when it is read.
 */
export interface ConnectedNode extends Omit<WireLink, 'ip'> {
  /** Absent where there is none (EchoLink, phones), or this viewer may not see it. */
  readonly ip?: string
  /** What `elapsed` counts from, server ms; null = not known. */
  readonly connected_since: number | null
  /** What `last_keyed` counts from, server ms; null = never. */
  readonly last_keyed_at: number | null
}

/** A node as Supermon-NG's components read it. Replaced, never mutated: they watch object identity. */
export interface Node extends Omit<StatusRow, 'node' | 'status' | 'epoch' | 'seq' | 'remote_nodes'> {
  readonly id: string
  readonly node_number: string
  readonly callsign: string
  readonly description: string
  readonly location: string
  readonly status: 'online' | 'offline' | 'connecting' | 'error' | 'unknown'
  readonly is_online: boolean
  readonly is_keyed: boolean
  readonly remote_nodes: ConnectedNode[]
  /** The same list: some components look here first. */
  readonly connected_nodes: ConnectedNode[]
  /** The same as `ALERT`, `WX`, `DISK`, by the names that the node list uses. */
  readonly alert: string | null
  readonly wx: string | null
  readonly disk: string | null
  /** When the node's own receiver was last active, ISO; null = not since anybody looked. */
  readonly last_heard: string | null
  /** When the page first heard of it, ISO: Supermon-NG stamps its list as well. */
  readonly created_at: string
  /** When its newest news came, ISO; before them, as `created_at`. */
  readonly updated_at: string
  /** The same in ms by the server's clock. */
  readonly last_updated: number
}

/** A line of the node list, and when it was read, server ms. */
export interface Listed {
  readonly node: ListedNode
  readonly at: number
}

export interface Known {
  readonly listed: Listed | undefined
  /** When it was first asked for, server ms. */
  readonly since: number
  /** What is known live, and since when, server ms. */
  readonly news: { readonly state: NodeState; readonly at: number } | undefined
  /** Why there are none, in a sentence. */
  readonly problem?: string | null
}

/** What a row asks when somebody reads it. Whoever reads in a render is rendered again when the answer is another one. */
export interface Asked {
  /** Server time, ms; another one every second. */
  readonly now: () => number
  /** Of a node behind the adjacent ones; '' = nobody knows, or not yet. */
  readonly nameOf: (id: string) => string
  /** Are nodes behind the adjacent ones left out? */
  readonly adjacentOnly: () => boolean
}

export function toNode(id: string, { listed, since, news, problem }: Known, asked: Asked): Node {
  const named = news && displayName(news.state) ? inParts(news.state, listed?.node) : listed?.node
  const createdAt = Math.min(since, listed?.at ?? since)
  const identity = {
    id,
    node_number: id,
    callsign: named?.callsign ?? '',
    description: named?.description ?? '',
    location: named?.location ?? '',
    // In a name's place stands why nothing was heard; a name is worth more than a first try that failed.
    info: (named && displayName(named)) || (problem ?? ''),
    created_at: iso(createdAt),
    updated_at: iso(news?.at ?? createdAt),
    last_updated: news?.at ?? createdAt,
  }
  if (news === undefined) return { ...identity, ...UNHEARD, remote_nodes: [], connected_nodes: [] }
  const { state } = news
  // Times that count are read when they are looked at.
  const { node: _node, info, epoch: _epoch, seq: _seq, ...row } = toStatusRow(id, state, 0)
  const up = state.reach === 'up'
  const shown = asked.adjacentOnly() ? row.remote_nodes.filter(({ link }) => link !== 'LINKED') : row.remote_nodes
  const links = shown.map((link) => whenRead(link, state, asked))
  return {
    ...row,
    ...identity,
    // Why nothing is known of it stands where its name stood: Supermon-NG's table shows it in place of "Idle".
    info: up ? identity.info : info,
    is_online: up,
    is_keyed: state.rx === true || state.tx === true,
    remote_nodes: links,
    connected_nodes: links,
    alert: row.ALERT,
    wx: row.WX,
    disk: row.DISK,
    last_heard: state.lastKeyedAt === null ? null : iso(state.lastKeyedAt),
  }
}

/** Polled of a Supermon-NG, a name is one text: in the parts that the list has, where it begins and ends with them. */
function inParts(name: Identity, listed: ListedNode | undefined): Identity {
  const text = displayName(name)
  if (listed === undefined || name.callsign !== null || name.location !== null) return name
  const { callsign, location } = listed
  const parts = { callsign, description: ownDescription({ callsign, description: text, location }), location }
  return [parts, listed].find((each) => displayName(each) === text) ?? name
}

const UNHEARD = {
  status: 'unknown', is_online: false, is_keyed: false, cos_keyed: 0, tx_keyed: 0, cpu_temp: null, cpu_up: null, cpu_load: null,
  ALERT: null, WX: null, DISK: null, alert: null, wx: null, disk: null, last_heard: null,
} as const

function whenRead({ ip, ...row }: WireLink, { links }: NodeState, { now, nameOf }: Asked): ConnectedNode {
  const link = row.link === 'LINKED' ? undefined : links[row.node]
  const told = {
    ...row,
    ...(ip === null ? {} : { ip }),
    connected_since: link?.connectedSince ?? null,
    last_keyed_at: link?.lastKeyedAt ?? null,
  }
  // Raw: Supermon-NG 4.0 watches all nodes to any depth, and would be woken each second by what it does not show.
  return markRaw(link === undefined
    ? { ...told, get info() { return nameOf(row.node) || row.info } }
    : { ...told, get elapsed() { return elapsed(link, now()) }, get last_keyed() { return lastKeyed(link, now()) } })
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
