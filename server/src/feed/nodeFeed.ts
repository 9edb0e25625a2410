import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { FleetCode, NodePatch, NodeState, Reach, ReachReason } from '../../../protocol/nodeState.ts'
import { diffNode } from '../../../protocol/patch.ts'
import { Feed } from './feed.ts'
import type { ChangeOf } from './feed.ts'

export type Change = ChangeOf<NodeState, NodePatch>

/** One node's truth. */
export class NodeFeed extends Feed<NodeState, NodePatch> {
  /** @param epoch differs from the epoch of every other feed this node ever had */
  constructor(node: string, epoch: string, now: number, known: Partial<NodeState> = {}) {
    super(node, epoch, now, { ...EMPTY_NODE, ...known, reach: 'unknown', reachReason: NOT_WATCHED, reachSince: now }, diffNode)
  }

  /** Asterisk answers, or does not. While it does not, nobody can say who talks. */
  setReach(reach: Reach, reason: ReachReason | null, now: number): void {
    const { state } = this
    const since = state.reach === reach ? state.reachSince : now
    const next: NodeState = { ...state, reach, reachReason: reason, reachSince: since }
    this.update(reach === 'up' ? next : forgetKeying(next), now)
  }

  /** Whoever counts is not heard any more. That is nothing he said, so it has an epoch of its own. */
  lose(truth: NodeState, { code, message, since }: Loss, epoch: string, now: number): void {
    this.adopt({ epoch, seq: 0, at: now, state: forgetKeying({ ...truth, reach: 'down', reachReason: { code, message }, reachSince: since }) })
  }
}

/** Why nothing is heard of whoever counts a truth elsewhere. */
export interface Loss {
  readonly code: FleetCode
  readonly message: string
  /** Since when at the latest, ms; null = not known. */
  readonly since: number | null
}

export const NOT_WATCHED: ReachReason = {
  code: 'not-watched',
  message: 'Asterisk is being asked about this node.',
}

function forgetKeying(state: NodeState): NodeState {
  const links = Object.fromEntries(
    Object.entries(state.links).map(([name, link]) => [name, link.keyed === null ? link : { ...link, keyed: null }]),
  )
  return { ...state, rx: null, tx: null, links }
}
