/** The same state in each dialect that viewers may speak. `docs/protocol.md` has the statements. */
import type { NodeState } from '../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import type { NameOfNode } from '../../../protocol/statusRow.ts'
import type { Dialect } from './hub.ts'

/** `supermon.v2`: snapshots and merge patches. */
export const v2: Dialect = {
  name: 'supermon.v2',
  whole: false,
  // The state is most of it, and is written once for all who come while it stays the same.
  snapshot: ({ node, epoch, seq, json }, now) =>
    `{"type":"snapshot","node":${JSON.stringify(node)},"epoch":${JSON.stringify(epoch)},"seq":${seq},"at":${now},"state":${json()}}`,
  change: ({ node, epoch }, { seq, at, patch }) => JSON.stringify({ type: 'patch', node, epoch, seq, at, patch }),
}

/**
 * The migration plan's: `{"546051": {status, cos_keyed, …}}`, whole, on every change. For scripts and mobile apps.
 *
 * @param names for nodes behind the adjacent ones
 */
export const plan = (names?: NameOfNode): Dialect => ({
  name: 'plan',
  whole: true,
  snapshot: ({ node, state }, now) => JSON.stringify({ [node]: toStatusRow(node, state, now, names) }),
  change: ({ node }, { at, state }) => JSON.stringify({ [node]: toStatusRow(node, state, at, names) }),
})

/** Supermon-NG 4.1–4.3: the flat message. */
export const supermonNg = (names?: NameOfNode): Dialect => {
  const flat = (node: string, state: NodeState, now: number) =>
    JSON.stringify({ ...toStatusRow(node, state, now, names), timestamp: Math.floor(now / 1000) })
  return {
    name: 'supermon-ng',
    whole: true,
    snapshot: ({ node, state }, now) => flat(node, state, now),
    change: ({ node }, { at, state }) => flat(node, state, at),
  }
}
