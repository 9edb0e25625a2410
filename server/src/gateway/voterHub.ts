/** Everybody who watches one voter. A change is encoded once for those who take patches and once for those who take markup. */
import type { ChangeOf } from '../feed/feed.ts'
import type { VoterFeed } from '../feed/voterFeed.ts'
import type { VoterPatch, VoterState } from '../../../protocol/voter.ts'
import { Audience } from './audience.ts'
import { v2 } from './dialects.ts'
import type { Subscriber } from './hub.ts'
import type { Limits } from './limits.ts'
import type { Meter } from './meter.ts'
import { voterFragment } from './voterHtml.ts'

export class VoterHub extends Audience {
  readonly feed: VoterFeed
  readonly #stop: () => void

  constructor(feed: VoterFeed, now: () => number, limits?: Pick<Limits, 'lagBytes' | 'lagSeconds'>, meter?: Meter) {
    super(now, limits, meter)
    this.feed = feed
    this.#stop = feed.listen((change) => { this.#publish(change) })
  }

  /** `supermon.v2` for those who asked for it; whatever else somebody speaks of nodes, of voters it is the plan's markup. */
  override snapshot({ dialect }: Subscriber): string {
    const { node, epoch, seq, state } = this.feed
    if (dialect !== v2) return voterFragment(node, state)
    return JSON.stringify({ type: 'snapshot', node, epoch, seq, at: this.now(), state })
  }

  override dispose(): void {
    this.#stop()
    super.dispose()
  }

  #publish({ seq, at, patch, state }: ChangeOf<VoterState, VoterPatch>): void {
    const { node, epoch } = this.feed
    let frame: string | undefined
    let fragment: string | undefined
    this.tell(({ dialect }) =>
      dialect === v2
        ? (frame ??= JSON.stringify({ type: 'patch', node, epoch, seq, at, patch }))
        : (fragment ??= voterFragment(node, state)),
    )
    this.meter.published(this.now() - at)
  }
}
