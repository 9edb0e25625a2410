/**
 * One node's truth, in order. Whoever learns something hands in the whole next state; the feed works out what changed,
 * counts it, and tells. Nothing is told when nothing changed.
 */
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodePatch, NodeState, Reach, ReachReason } from '../../../protocol/nodeState.ts'
import { diffNode } from '../../../protocol/patch.ts'

export interface Change {
  readonly seq: number
  /** Server time, ms. */
  readonly at: number
  readonly patch: NodePatch
  readonly state: NodeState
}

export class NodeFeed {
  readonly node: string
  readonly epoch: string
  readonly #listeners = new Set<(change: Change) => void>()
  #state: NodeState
  #seq = 0
  #at: number

  /** @param epoch differs from the epoch of every other feed this node ever had */
  constructor(node: string, epoch: string, now: number, known: Partial<NodeState> = {}) {
    this.node = node
    this.epoch = epoch
    this.#at = now
    this.#state = { ...EMPTY_NODE, ...known, reach: 'unknown', reachReason: NOT_WATCHED, reachSince: now }
  }

  get state(): NodeState {
    return this.#state
  }
  get seq(): number {
    return this.#seq
  }
  /** Server time of the newest change, ms. */
  get at(): number {
    return this.#at
  }

  /** `next` is true from `now` on. Returns whether that was news. */
  update(next: NodeState, now: number): boolean {
    const patch = diffNode(this.#state, next)
    if (patch === null) return false
    this.#state = next
    this.#seq += 1
    this.#at = now
    const change: Change = { seq: this.#seq, at: now, patch, state: next }
    for (const listener of [...this.#listeners]) listener(change)
    return true
  }

  /** Asterisk answers, or does not. While it does not, nobody can say who talks. */
  setReach(reach: Reach, reason: ReachReason | null, now: number): void {
    const { state } = this
    const since = state.reach === reach ? state.reachSince : now
    const next: NodeState = { ...state, reach, reachReason: reason, reachSince: since }
    this.update(reach === 'up' ? next : forgetKeying(next), now)
  }

  /** Calls `listener` with each change. Returns the way out. */
  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }
}

export const NOT_WATCHED: ReachReason = {
  code: 'not-watched',
  message: 'Nobody has asked for this node yet; Asterisk is being asked now.',
}

function forgetKeying(state: NodeState): NodeState {
  const links = Object.fromEntries(
    Object.entries(state.links).map(([name, link]) => [name, link.keyed === null ? link : { ...link, keyed: null }]),
  )
  return { ...state, rx: null, tx: null, links }
}
