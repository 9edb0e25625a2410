/**
 * Diff and merge of node states. The patches are JSON merge patches (RFC 7396), so any client in any language can apply
 * them with a stock function; there a cleared field ends up absent where ours ends up `null`, which means the same.
 *
 * Both functions share structure: what did not change keeps its identity, so a view can compare by reference.
 */
import { EMPTY_LINK, EMPTY_NODE } from './nodeState.ts'
import type { Indirect, LinkPatch, LinkState, NodePatch, NodeState, Telemetry } from './nodeState.ts'

type Fields = Readonly<Record<string, unknown>>

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same((a as Fields)[key], (b as Fields)[key]))
  )
}

/** The fields of `next` that differ from `prev`; undefined when none does. Nested values go whole. */
function changedFields<T extends object>(prev: T, next: T, skip: readonly string[] = []): Partial<T> | undefined {
  let out: Record<string, unknown> | undefined
  for (const [key, value] of Object.entries(next)) {
    if (!skip.includes(key) && !same((prev as Fields)[key], value)) (out ??= {})[key] = value
  }
  return out as Partial<T> | undefined
}

/** Entry-wise difference of two maps: null for what left. */
function changedEntries<T, P>(
  prev: Readonly<Record<string, T>>,
  next: Readonly<Record<string, T>>,
  entry: (was: T | undefined, is: T) => P | undefined,
): Record<string, P | null> | undefined {
  if (prev === next) return undefined
  let out: Record<string, P | null> | undefined
  for (const key of Object.keys(prev)) if (!Object.hasOwn(next, key)) (out ??= {})[key] = null
  for (const [key, value] of Object.entries(next)) {
    const part = entry(Object.hasOwn(prev, key) ? prev[key] : undefined, value)
    if (part !== undefined) (out ??= {})[key] = part
  }
  return out
}

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

/** `base` with the given fields of `part`; `base` itself when nothing differs. */
function mergeFields<T extends object>(base: T, part: object | undefined): T {
  if (part === undefined) return base
  const changed = changedFields(base, part as T)
  return changed === undefined ? base : { ...base, ...changed }
}

function mergeEntries<T, P>(
  base: Readonly<Record<string, T>>,
  part: Readonly<Record<string, P | null>> | undefined,
  merge: (was: T | undefined, is: P) => T,
): Readonly<Record<string, T>> {
  if (part === undefined) return base
  let out: Record<string, T> | undefined
  for (const [key, value] of Object.entries(part)) {
    const was = Object.hasOwn(base, key) ? base[key] : undefined
    if (value === null) {
      if (was !== undefined) {
        out ??= { ...base }
        // A dynamic delete keeps the map free of dead keys; links leave rarely.
        Reflect.deleteProperty(out, key)
      }
      continue
    }
    const is = merge(was, value)
    if (is !== was) (out ??= { ...base })[key] = is
  }
  return out ?? base
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
