import type { Way } from '../../../../protocol/rollout.ts'
import { isMissing } from '../connectionState.ts'
import type { LiveClient } from '../liveClient.ts'

/**
 * Worst first. A page is as well served as its worst node, but for nodes that it may not see or that the server does not have:
 * those count only where there is nothing else.
 */
const BY_RANK: readonly Way[] = ['stale', 'trying', 'polling', 'offline', 'hidden', 'socket', 'needs-auth', 'refused']

/** Where the page's news of these nodes come from; null = there are none. */
export function wayOf(client: LiveClient, nodes: readonly string[]): Way | null {
  const ways = new Set(nodes.map((node) => wayOfNode(client, node)))
  return BY_RANK.find((way) => ways.has(way)) ?? null
}

function wayOfNode({ sockets, ladder }: LiveClient, node: string): Way {
  const state = sockets.getNodeState(node)
  if (state.status === 'live') return 'socket'
  if (ladder.transportOf(node) === 'polling') {
    if (ladder.failureOf(node) !== null) return 'stale'
    return sockets.currentState(node) === null ? 'trying' : 'polling'
  }
  if (isMissing(state)) return 'refused'
  return state.status === 'paused' && state.why !== 'flag-off' ? state.why : 'trying'
}
