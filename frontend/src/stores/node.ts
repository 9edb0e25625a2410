import { displayName } from '../../../protocol/names.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import type { ConnectedNode, StatusRow } from '../../../protocol/statusRow.ts'
import type { ListedNode } from '../services/gatewayApi.ts'

/** A node as Supermon-NG's components read it. Replaced, never mutated: they watch object identity. */
export interface Node extends Omit<StatusRow, 'node' | 'status' | 'epoch' | 'seq'> {
  readonly id: string
  readonly node_number: string
  readonly callsign: string
  readonly description: string
  readonly location: string
  readonly status: 'online' | 'offline' | 'connecting' | 'error' | 'unknown'
  readonly is_online: boolean
  readonly is_keyed: boolean
  readonly connected_nodes: readonly ConnectedNode[]
  /** The same as `ALERT`, `WX`, `DISK`, by the names that the node list uses. */
  readonly alert: string | null
  readonly wx: string | null
  readonly disk: string | null
  /** When the node's own receiver was last active, ISO; null = not since anybody looked. */
  readonly last_heard: string | null
  /** ISO; null before the first news. */
  readonly updated_at: string | null
  /** The same in ms by the server's clock. */
  readonly last_updated: number | null
}

/**
 * @param listed what the node list says of it, if it does
 * @param state what is known live, if anything
 * @param now server time, ms: the string times in `remote_nodes` are counted up to it
 */
export function toNode(id: string, listed: ListedNode | undefined, state: NodeState | undefined, now: number): Node {
  const known = listed ?? { callsign: null, description: null, location: null }
  const named = state !== undefined && displayName(state) !== '' ? state : known
  const identity = {
    id,
    node_number: id,
    callsign: named.callsign ?? '',
    description: named.description ?? '',
    location: named.location ?? '',
    info: displayName(named),
  }
  if (state === undefined) {
    return {
      ...identity,
      status: 'unknown',
      is_online: false,
      is_keyed: false,
      cos_keyed: 0,
      tx_keyed: 0,
      cpu_temp: null,
      cpu_up: null,
      cpu_load: null,
      ALERT: null,
      WX: null,
      DISK: null,
      remote_nodes: [],
      connected_nodes: [],
      alert: null,
      wx: null,
      disk: null,
      last_heard: null,
      updated_at: null,
      last_updated: null,
    }
  }
  const { node: _node, info: _info, epoch: _epoch, seq: _seq, ...row } = toStatusRow(id, state, now)
  return {
    ...row,
    ...identity,
    is_online: state.reach === 'up',
    is_keyed: state.rx === true || state.tx === true,
    connected_nodes: row.remote_nodes,
    alert: row.ALERT,
    wx: row.WX,
    disk: row.DISK,
    last_heard: state.lastKeyedAt === null ? null : iso(state.lastKeyedAt),
    updated_at: iso(now),
    last_updated: now,
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
