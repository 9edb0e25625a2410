/** The desk with time held still. The node is a real feed; what Asterisk says and does is played by the test. */
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import type { LinkState } from '../../../protocol/nodeState.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { AmiWithdrawnError } from '../../src/ami/requestQueue.ts'
import { ControlDesk } from '../../src/control/controlDesk.ts'
import type { ControlFeeds } from '../../src/control/controlDesk.ts'
import type { LinkAction } from '../../../protocol/actions.ts'
import type { Order } from '../../src/control/order.ts'
import type { Asker, ControlResult } from '../../src/control/pendingOrder.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import { message } from '../ami/wire.ts'
import { ManualClock } from '../support/manualClock.ts'

export const NODE = '546051'
/** As a poll tells it of a link that the node called. */
export const ESTABLISHED = { state: 'established', mode: 'transceive', direction: 'out', peer: '192.0.2.1' } as const
/** Asterisk's answer to a command that it takes. */
export const TAKEN = () => Promise.resolve(message('Response: Success', 'Message: Command output follows', 'Output: '))
export const order = (action: LinkAction, target = '48752', permanent = false): Order => ({ action, node: NODE, target, permanent })
export const dtmf = (digits: string): Order => ({ action: 'dtmf', node: NODE, digits })
const rest = () => new Promise((resolve) => { setImmediate(resolve) })

export class DeskStage implements ControlFeeds {
  readonly clock = new ManualClock()
  readonly feed = new NodeFeed(NODE, 'epoch', this.clock.now())
  readonly sent: { line: string; at: number }[] = []
  readonly log: object[] = []
  watching = 0
  looks = 0
  urged = 0
  gone = false
  /** What a look finds out. */
  onLook: () => void = () => undefined
  reply: (line: string) => Promise<AmiMessage> = TAKEN
  readonly desk = new ControlDesk({ clock: this.clock, feeds: this, log: { info: (fields) => { this.log.push(fields) } } })

  constructor() {
    this.feed.setReach('up', null, this.clock.now())
  }

  fresh = () => Promise.resolve(this.gone ? null : this.feed)
  watch = () => {
    this.watching += 1
    return () => { this.watching -= 1 }
  }
  look = () => {
    this.looks += 1
    this.onLook()
    return Promise.resolve()
  }
  urge = () => { this.urged += 1 }
  calledIn = () => undefined
  lastMode = () => null
  /** Nobody sets the clock here. */
  dated = (at: number) => this.clock.now() - this.clock.monotonic() + at
  /** What a command waits for before its turn on the session. */
  turn: Promise<void> | null = null
  command = async (_node: string, line: string, go: () => boolean) => {
    if (this.turn !== null) await this.turn
    if (!go()) throw new AmiWithdrawnError('given up')
    this.sent.push({ line, at: this.clock.now() })
    return this.reply(line)
  }

  link(name: string, link: Partial<LinkState> | null): void {
    const { [name]: _old, ...rest } = this.feed.state.links
    this.feed.update({ ...this.feed.state, links: link === null ? rest : { ...rest, [name]: { ...EMPTY_LINK, ...link } } }, this.clock.now())
  }

  /** Lets promises run, then moves time. */
  async pass(ms = 0): Promise<void> {
    await rest()
    this.clock.advance(ms)
    await rest()
  }

  ask(order: Order, asker: Partial<Asker> = {}): { result: ControlResult | null } {
    const held: { result: ControlResult | null } = { result: null }
    void this.desk.run(order, { user: 'W5GLE', key: 'one', may: () => true, ...asker }).then((result) => { held.result = result })
    return held
  }
}
