import type { NodeState } from '../../../protocol/nodeState.ts'
import { whyNotReached } from './facts.ts'
import { words } from './words.ts'

export type LocalStateName = 'idle' | 'ptt' | 'cos' | 'both' | 'unknown' | 'down'

export interface LocalState {
  readonly name: LocalStateName
  readonly text: string
  /** Why it is not known, and what to do. */
  readonly detail: string | null
}

/** What the node itself is doing, in one word for styles and one for people. */
export function localState(state: NodeState): LocalState {
  if (state.reach === 'down') {
    return { name: 'down', text: words.status.down, detail: whyNotReached(state.reachReason) }
  }
  if (state.reach === 'unknown' || state.rx === null || state.tx === null) {
    return {
      name: 'unknown',
      text: words.status.unknown,
      detail: state.reachReason === null ? words.status.unknownHint : whyNotReached(state.reachReason),
    }
  }
  const name = state.rx ? (state.tx ? 'both' : 'cos') : state.tx ? 'ptt' : 'idle'
  return { name, text: words.status[name], detail: null }
}
