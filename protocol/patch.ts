/**
 * Diff and merge of node states. The patches are JSON merge patches (RFC 7396), so any client in any language can apply
 * them with a stock function; there a cleared field ends up absent where ours ends up `null`, which means the same.
 *
 * Both functions share structure: what did not change keeps its identity, so a view can compare by reference.
 */
import { changedEntries, changedFields, mergeEntries, mergeFields } from './merge.ts'
import { EMPTY_LINK, EMPTY_NODE } from './nodeState.ts'
import type { Indirect, LinkPatch, LinkState, NodePatch, NodeState, Telemetry } from './nodeState.ts'

/** The patch that turns `prev` into `next`, or null when nothing changed. */
export function diffNode(prev: NodeState, next: NodeState): NodePatch | null {
  if (prev === next) return null
  const patch: Record<string, unknown> = { ...changedFields(prev, next, ['telemetry', 'links', 'indirect']) }
  const telemetry = changedFields<Telemetry>(prev.telemetry, next.telemetry)
  if (telemetry) patch['telemetry'] = telemetry
  const links = changedEntries<LinkState, Partial<LinkState>>(prev.links, next.links, (was, is) =>
    was === undefined ? is : was === is ? undefined : changedFields(was, is),
  )
  if (links) patch['links'] = links
  const indirect: Record<string, unknown> = { ...changedFields<Indirect>(prev.indirect, next.indirect, ['nodes']) }
  const nodes = changedEntries(prev.indirect.nodes, next.indirect.nodes, (was, is) => (was === is ? undefined : is))
  if (nodes) indirect['nodes'] = nodes
  if (Object.keys(indirect).length > 0) patch['indirect'] = indirect
  return Object.keys(patch).length > 0 ? (patch) : null
}

/** `state` with `patch` merged in. Links that the patch does not name keep their identity. */
export function applyPatch(state: NodeState, patch: NodePatch): NodeState {
  const { telemetry, links, indirect, ...fields } = patch
  return mergeFields(state, {
    ...fields,
    telemetry: mergeFields(state.telemetry, telemetry),
    links: mergeEntries<LinkState, LinkPatch>(state.links, links, (was, is) => mergeFields(was ?? EMPTY_LINK, is)),
    indirect: mergeFields(state.indirect, {
      ...indirect,
      nodes: mergeEntries(state.indirect.nodes, indirect?.nodes, (_was, is) => is),
    }),
  })
}

/** A full state as it crossed the wire (absent = null) made whole, keeping the identity of what `held` already has. */
export function readState(state: NodePatch, held: NodeState = EMPTY_NODE): NodeState {
  const fresh = applyPatch(EMPTY_NODE, state)
  const patch = diffNode(held, fresh)
  return patch === null ? held : applyPatch(held, patch)
}
