/** Where links come from is for viewers with that right; everybody else gets the same state without it. */
import type { NodePatch, NodeState } from '../../../protocol/nodeState.ts'

/**
 * The epoch, as one with or without the right is told it. Both see one state in two ways, so what one holds of it is not what the
 * other would. Short, as an epoch has 64 characters, and the same in an address as in a frame.
 */
export function epochFor(epoch: string, seesPeers: boolean): string {
  return seesPeers ? `${epoch}.p` : epoch
}

/** The state, as one without the right may see it. In a state absent means null, so the field is left out. */
export function hidePeers(state: NodeState): NodeState {
  return { ...state, links: withoutPeers(state.links) as NodeState['links'] }
}

/**
 * The patch, as one without the right may see it; the very same when it holds nothing to hide. One that holds nothing
 * else becomes empty, and is sent all the same: sequence numbers have no gaps.
 */
export function hidePeersIn(patch: NodePatch): NodePatch {
  const { links, ...rest } = patch
  if (links === undefined || !Object.values(links).some((link) => link !== null && 'peer' in link)) return patch
  const shown = Object.entries(withoutPeers(links)).filter(([, link]) => link === null || Object.keys(link).length > 0)
  return shown.length === 0 ? rest : { ...rest, links: Object.fromEntries(shown) }
}

function withoutPeers(links: Readonly<Record<string, object | null>>): Record<string, object | null> {
  return Object.fromEntries(
    Object.entries(links).map(([name, link]) => {
      if (link === null) return [name, null]
      const { peer: _peer, ...shown } = link as { peer?: unknown }
      return [name, shown]
    }),
  )
}
