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
    }
  }
  const { node: _node, info: _info, epoch: _epoch, seq: _seq, ...row } = toStatusRow(id, state, now)
  return {
    ...row,
    ...identity,
    is_online: state.reach === 'up',
    is_keyed: state.rx === true || state.tx === true,
    connected_nodes: row.remote_nodes,
  }
}
