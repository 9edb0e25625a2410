/** How nodes and voters are followed: what differs between the two. */
import type { GenericSchema, InferOutput } from 'valibot'
import { applyPatch, readState } from '../../../protocol/patch.ts'
import { applyVoterPatch, readVoter } from '../../../protocol/voter.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { VoterState } from '../../../protocol/voter.ts'
import type { Clock } from '../env/clock.ts'
import { laterBy } from '../feed/laterBy.ts'
import type { Loss, NodeFeed } from '../feed/nodeFeed.ts'
import type { VoterFeed } from '../feed/voterFeed.ts'
import type { Broker } from './broker.ts'
import { changedAt, epochBehind } from './edgeClocks.ts'
import { FrontTopic } from './frontTopic.ts'
import type { Follower } from './frontTopic.ts'
import { nodeChangeSchema, nodeTruthSchema, readMessage, voterChangeSchema, voterTruthSchema } from './messages.ts'
import { patchTopic, stateTopic, voterPatchTopic, voterStateTopic } from './topics.ts'

export interface FollowOptions {
  readonly broker: Broker
  readonly clock: Clock
  readonly newEpoch: () => string
  /** A change was missed. */
  readonly missed: () => void
  /** The edge is to tell the whole truth. */
  readonly ask: (edge: string) => void
  /** Something came from the edge itself, just now. */
  readonly heard: (edge: string) => void
  /** How far the edge's clock is behind ours, ms. */
  readonly behind: (edge: string) => number
  readonly runOf: (edge: string) => string | null
  /** What the edge says of that node has no shape that is known here. */
  readonly unread: (edge: string, node: string) => void
}

/** A feed, and how it is followed at whichever edge has it. */
export interface Followed<F> {
  readonly feed: F
  readonly follow: (edge: string) => (loss: Loss | null) => Follower
  /** Nobody can be followed. */
  readonly away: (loss: Loss) => void
}

export function followedNode(options: FollowOptions, feed: NodeFeed): Followed<NodeFeed> {
  const { node } = feed
  const lose = (truth: NodeState, why: Loss) => { feed.lose(truth, why, options.newEpoch(), options.clock.now()) }
  return {
    feed,
    follow: (edge) => (loss) => new FrontTopic({
      ...common(options, edge),
      feed, lose,
      state: stateTopic(edge, node),
      patch: patchTopic(edge, node),
      readTruth: (payload) => {
        const read = readSaid(options, edge, node, nodeTruthSchema, payload)
        const behind = options.behind(edge)
        return read === null ? null : { ...read, epoch: epochBehind(read.epoch, behind), at: read.at + behind, state: readState(laterBy(read.state, behind), feed.state) }
      },
      readChange: (payload) => {
        const read = readSaid(options, edge, node, nodeChangeSchema, payload)
        const behind = options.behind(edge)
        return read === null ? null : { ...read, epoch: epochBehind(read.epoch, behind), at: changedAt(read.at, behind, options.clock.now()), patch: laterBy(read.patch, behind) }
      },
      apply: applyPatch,
    }, loss),
    away: (loss) => { lose(feed.state, loss) },
  }
}

export function followedVoter(options: FollowOptions, feed: VoterFeed): Followed<VoterFeed> {
  const { node } = feed
  const lose = (truth: VoterState, why: Loss) => { feed.lose(truth, why, options.newEpoch(), options.clock.now()) }
  return {
    feed,
    follow: (edge) => (loss) => new FrontTopic({
      ...common(options, edge),
      feed, lose,
      state: voterStateTopic(edge, node),
      patch: voterPatchTopic(edge, node),
      readTruth: (payload) => {
        const read = readSaid(options, edge, node, voterTruthSchema, payload)
        return read === null ? null : { ...read, state: readVoter(read.state, feed.state) }
      },
      // There is no other time in it.
      readChange: (payload) => {
        const read = readSaid(options, edge, node, voterChangeSchema, payload)
        return read === null ? null : { ...read, at: changedAt(read.at, options.behind(edge), options.clock.now()) }
      },
      apply: applyVoterPatch,
    }, loss),
    away: (loss) => { lose(feed.state, loss) },
  }
}

function common({ broker, clock, missed, ask, behind, heard, runOf }: FollowOptions, edge: string) {
  return { broker, clock, missed, ask: () => { ask(edge) }, behind: () => behind(edge), heard: () => { heard(edge) }, run: () => runOf(edge) }
}

/** An empty message says that the broker is to forget a state. */
function readSaid<T extends GenericSchema>({ unread }: FollowOptions, edge: string, node: string, schema: T, payload: string): InferOutput<T> | null {
  const read = readMessage(schema, payload)
  if (read === null && payload !== '') unread(edge, node)
  return read
}
