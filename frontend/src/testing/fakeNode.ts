import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkState, NodePatch, NodeState, Reach, ReachCode } from '../../../protocol/nodeState.ts'
import { diffNode } from '../../../protocol/patch.ts'
import { EMPTY_VOTER } from '../../../protocol/voter.ts'
import type { Receiver, VoterState } from '../../../protocol/voter.ts'

/** One change, as viewers are told. */
export interface FakeChange {
  readonly seq: number
  readonly at: number
  readonly patch: NodePatch
}

/** One receiver of a voter; what is not said: not the master, not in the mix, not gone. */
export interface FakeReceiver {
  /** 0 to 255; null = not told. */
  readonly rssi: number | null
  readonly mix?: boolean
  readonly master?: boolean
  readonly inactive?: boolean
}

export interface FakeVoter {
  readonly voted: string | null
  readonly receivers: Readonly<Record<string, FakeReceiver>>
}

function receiverState(name: string, { mix = false, inactive = false }: FakeReceiver, voted: string | null): Receiver['state'] {
  return inactive ? 'inactive' : name === voted ? 'voted' : mix ? 'mix' : 'voting'
}

/** A node of the fake gateway: what the test says of it is what viewers are told, in order and at once. */
export class FakeNode {
  readonly id: string
  readonly #now: () => number
  readonly #tell: (change: FakeChange) => void
  readonly #voted: () => void
  #state: NodeState
  #life = 1
  #seq = 1
  #voter: FakeVoter | null = null
  #votes = 1

  /** @internal */
  constructor(id: string, state: Partial<NodeState>, now: () => number, tell: (change: FakeChange) => void, voted: () => void) {
    this.id = id
    this.#now = now
    this.#tell = tell
    this.#voted = voted
    this.#state = { ...EMPTY_NODE, reach: 'up', reachSince: now(), rx: false, tx: false, ...state }
  }

  get epoch(): string {
    return `life-${this.#life}-${this.id}`
  }

  get state(): NodeState {
    return this.#state
  }

  get seq(): number {
    return this.#seq
  }

  get voter(): FakeVoter | null {
    return this.#voter
  }

  /** Makes it a voter, or tells what its receivers hear now. @param receivers by name; a number is the signal, 0 to 255 */
  vote(receivers: Readonly<Record<string, number | FakeReceiver>>, voted: string | null = null): void {
    const each = Object.entries(receivers).map(([name, told]) => [name, typeof told === 'number' ? { rssi: told } : told])
    this.#voter = { voted, receivers: Object.fromEntries(each) as FakeVoter['receivers'] }
    this.#hear()
  }

  /** @internal What the socket of its voter tells, and where that stands. */
  get votes(): { readonly seq: number; readonly state: VoterState } {
    const { reach, reachReason } = this.#state
    if (reach === 'down') return { seq: this.#votes, state: { ...EMPTY_VOTER, reach, reachReason } }
    if (this.#voter === null) {
      const message = 'Asterisk has no voter with this number: check the sections of voter.conf and the rxchannel in rpt.conf.'
      return { seq: this.#votes, state: { ...EMPTY_VOTER, reach: 'down', reachReason: { code: 'no-voter', message } } }
    }
    const { voted, receivers } = this.#voter
    const all = Object.entries(receivers).map(([name, told], order): [string, Receiver] => {
      const { rssi, master = false } = told
      return [name, { rssi, master, order, state: receiverState(name, told, voted) }]
    })
    return { seq: this.#votes, state: { reach: 'up', reachReason: null, voted, receivers: Object.fromEntries(all) } }
  }

  /** @internal The gateway begins anew: what is known of the node stays, its changes are counted from the start. */
  restart(): void {
    this.#life += 1
    this.#seq = this.#votes = 1
  }

  /** Changes any of its fields. */
  set(part: Partial<NodeState>): void {
    const next = { ...this.#state, ...part }
    const patch = diffNode(this.#state, next)
    if (patch === null) return
    this.#state = next
    this.#seq += 1
    this.#tell({ seq: this.#seq, at: this.#now(), patch })
  }

  /** Somebody keys up: the link of that name, or, without one, the node's own receiver. */
  key(link?: string): void {
    this.#keyed(link, true)
  }

  unkey(link?: string): void {
    this.#keyed(link, false)
  }

  /** A link is there, established unless told otherwise. */
  connect(link: string, part: Partial<LinkState> = {}): void {
    const made: LinkState = {
      ...EMPTY_LINK, kind: 'allstar', direction: 'out', state: 'established', mode: 'transceive', keyed: false, connectedSince: this.#now(),
    }
    this.set({ links: { ...this.#state.links, [link]: { ...made, ...this.#state.links[link], ...part } } })
  }

  disconnect(link: string): void {
    const { [link]: _gone, ...links } = this.#state.links
    this.set({ links })
  }

  /** Asterisk stops answering for the node, for a reason; `up` = it answers again. */
  reach(reach: Reach, code: ReachCode = 'ami-no-answer', message = 'Asterisk does not answer.'): void {
    const reachSince = this.#now()
    if (reach === 'up') this.set({ reach, reachReason: null, reachSince, rx: false, tx: false, links: this.#eachLink({ keyed: false }) })
    // Nobody can say who talks.
    else this.set({ reach, reachReason: { code, message }, reachSince, rx: null, tx: null, links: this.#eachLink({ keyed: null }) })
    this.#hear()
  }

  #hear(): void {
    this.#votes += 1
    this.#voted()
  }

  #eachLink(part: Partial<LinkState>): NodeState['links'] {
    return Object.fromEntries(Object.entries(this.#state.links).map(([name, link]) => [name, { ...link, ...part }]))
  }

  #keyed(link: string | undefined, keyed: boolean): void {
    const times = keyed ? { lastKeyedAt: this.#now() } : { lastUnkeyedAt: this.#now() }
    if (link === undefined) this.set({ rx: keyed, ...times })
    else this.connect(link, { keyed, ...times })
  }
}
