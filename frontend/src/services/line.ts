import type { Position } from '../../../protocol/frames.ts'
import type { ConnectionState } from './connectionState.ts'
import type { IncomingFrame } from './decode.ts'

/** How one node is reached: over a socket of its own, or over its share of a common one. Same states, same frames. */
export interface Line {
  readonly state: ConnectionState
  /** When what did not reach this node last vouched for it, ms by this browser's clock; null = never. */
  readonly heardAt: number | null
  /** Does this server's silence mean that nothing changed? Supermon-NG's does not. */
  readonly vouches: boolean
  /** Asks for a snapshot; says whether it could. */
  resync(): boolean
  /** A try may be worth while: the user wants one, or HTTP gives the node's state (`admitted`), so whoever asks may see it. */
  retry(why: 'retry' | 'admitted'): void
  /** Ends it. No event comes any more. */
  close(): void
}

/** The node's side of a line. */
export interface LineEnd {
  readonly nodeId: string
  /** What may be offered for resuming; null = nothing. */
  resumable(): Position | null
  onState(state: ConnectionState): void
  onFrame(frame: IncomingFrame): void
}
