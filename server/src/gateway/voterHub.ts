/** Everybody who watches one voter. A change is encoded once for those who take patches and once for those who take markup. */
import type { ChangeOf } from '../feed/feed.ts'
import type { VoterFeed } from '../feed/voterFeed.ts'
import type { VoterPatch, VoterState } from '../../../protocol/voter.ts'
import { Audience } from './audience.ts'
import type { AudienceOptions } from './audience.ts'
import { v2 } from './dialects.ts'
import { Encoded } from './encoded.ts'
import type { Subscriber } from './hub.ts'
import { voterFragment } from './voterHtml.ts'

export class VoterHub extends Audience {
  readonly feed: VoterFeed
  readonly #stop: readonly (() => void)[]

  constructor(feed: VoterFeed, now: () => number, options?: AudienceOptions) {
    super(now, options)
    this.feed = feed
    this.#stop = [
      feed.listen((change) => { this.#publish(change) }),
      feed.onWhole(() => { this.tellWhole() }),
    ]
  }

  /** `supermon.v2` for those who asked for it; whatever else somebody speaks of nodes, of voters it is the plan's markup. */
  protected override stateFor({ dialect }: Subscriber): Encoded {
    const { node, epoch, seq, state } = this.feed
    return new Encoded(
      dialect === v2 ? JSON.stringify({ type: 'snapshot', node, epoch, seq, at: this.now(), state }) : voterFragment(node, state),
    )
  }

  override dispose(): void {
    for (const stop of this.#stop) stop()
    super.dispose()
  }

  #publish({ seq, at, patch, state }: ChangeOf<VoterState, VoterPatch>): void {
    const { node, epoch } = this.feed
    let frame: Encoded | undefined
    let fragment: Encoded | undefined
    this.tell(({ dialect }) =>
      dialect === v2
        ? (frame ??= new Encoded(JSON.stringify({ type: 'patch', node, epoch, seq, at, patch })))
        : (fragment ??= new Encoded(voterFragment(node, state))),
    )
  }
}
