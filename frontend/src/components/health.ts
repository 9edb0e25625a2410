import type { NodeState } from '../../../protocol/nodeState.ts'

/** One word for the summary in the header; the panel has the three facts it stands for. */
export type Health = 'live' | 'waiting' | 'not-live'

/** Live means that everything is well: data is current and Asterisk answers. */
export function healthOf(state: NodeState | undefined, stale: boolean, hopeless: boolean): Health {
  if (state === undefined) return hopeless ? 'not-live' : 'waiting'
  return !stale && state.reach === 'up' ? 'live' : 'not-live'
}
