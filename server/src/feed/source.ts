/**
 * Where nodes and voters come from. Beside an Asterisk it is AMI (`FeedHouse`, `VoterHouse`); for a front it is a broker
 * (`fleet/`). Nobody behind these interfaces knows which.
 */
import type { VoterState } from '../../../protocol/voter.ts'
import type { NodeFeed } from './nodeFeed.ts'
import type { VoterFeed } from './voterFeed.ts'

export interface NodeSource {
  /** The node's feed; null = there is no such node. */
  feed(node: string): NodeFeed | null
  /** Somebody watches the node from now on. Returns the way out, safe to call twice. */
  watch(node: string): () => void
  /** The node's feed for somebody who asks once: waits a little for the first word of it. null = there is no such node. */
  fresh(node: string): Promise<NodeFeed | null>
  dispose(): void
}

export interface VoterSource {
  /** The voter's feed, which says by itself whether there is a voter; null = there is no such node. */
  feed(node: string): VoterFeed | null
  watch(node: string): () => void
  /** How the voter is now, for somebody who asks once about a node that is watched. Never rejects; null = there is no such node. */
  look(node: string): Promise<VoterState | null>
  dispose(): void
}
