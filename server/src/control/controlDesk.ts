/**
 * Orders for nodes: sent one after another, each answered by what the node then shows. Reads the state like a viewer
 * does; only the command itself goes to Asterisk from here.
 */
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import { MODE_OF } from '../../../protocol/nodeState.ts'
import type { LinkMode, NodeState } from '../../../protocol/nodeState.ts'
import type { AmiMessage } from '../ami/message.ts'
import type { Clock } from '../env/clock.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import { afterClearing, beforeClearing } from './clearing.ts'
import { readReply } from './commandReply.ts'
import type { CommandReply } from './commandReply.ts'
import { Lane } from './lane.ts'
import { cliLine } from './order.ts'
import type { Order, ShownOrder } from './order.ts'
import { PendingOrder } from './pendingOrder.ts'
import type { Asker, ControlResult } from './pendingOrder.ts'
import { withPermanence } from './permanence.ts'
import { afterwards, beforehand, isCalling } from './verdict.ts'
import type { Verdict } from './verdict.ts'

/** The nodes; `FeedHouse` is one. */
export interface ControlFeeds {
  fresh(node: string): Promise<NodeFeed | null>
  watch(node: string): () => void
  look(node: string): Promise<void>
  urge(node: string, forMs: number): void
  /** A link is being called by an order, in the mode that app_rpt hides until it is answered. */
  calledIn(node: string, link: string, mode: LinkMode): void
  /** The mode in which a link stood last, or was ordered; null = not known. */
  lastMode(node: string, link: string): LinkMode | null
  /** A moment in server time as the nodes' times are told now. @param at by the clock that nobody sets, ms */
  dated(at: number): number
  /** @param go asked in the moment in which the line is written; false = it is not, and the promise rejects */
  command(node: string, line: string, go: () => boolean): Promise<AmiMessage> | null
}

export interface ControlDeskOptions {
  readonly clock: Clock
  readonly feeds: ControlFeeds
  /** One line for each order that came to its turn or waited for it. */
  readonly log: { info(fields: object, message: string): void }
  /** Counts them. */
  readonly meter?: { commanded(action: string, outcome: string): void }
}

/** Until an order is answered, ms. Supermon-NG's page gives up at 5 s, and the answer has a way to go. */
export const ANSWER_MS = 4_300
/** Orders of one node that wait for their turn. */
export const MAX_WAITING = 8
/** Between Asterisk's answer to a command and the next command of that node, ms. app_rpt has one slot, emptied every 20 ms. */
const REST_MS = 120
/** app_rpt sleeps so long for each link that it ends, ms, and takes nothing meanwhile (function_ilink, cases 1, 11 and 6). */
const SLEEP_MS = 250
/** Between the end of that and the next command, ms. */
const AWAKE_MS = 100

/** A command on its way. */
interface Sent {
  /** What the node showed before it. */
  readonly was: NodeState
  /** When it was written, ms by the clock that nobody sets. */
  readonly at: number
}

export class ControlDesk {
  readonly #clock: Clock
  readonly #feeds: ControlFeeds
  readonly #log: ControlDeskOptions['log']
  readonly #meter: ControlDeskOptions['meter']
  readonly #lanes = new Map<string, Lane>()
  /** By who asked for what. */
  readonly #pending = new Map<string, PendingOrder>()
  #closed = false

  constructor({ clock, feeds, log, meter }: ControlDeskOptions) {
    this.#clock = clock
    this.#feeds = feeds
    this.#log = log
    this.#meter = meter
  }

  /** Carries out an order, within {@link ANSWER_MS}. Never rejects. */
  run(order: Order, asker: Asker): Promise<ControlResult> {
    if (this.#closed) return Promise.resolve(notSent('stopping', 'The gateway is stopping: try again in a moment.'))
    const key = JSON.stringify([asker.key, order])
    const same = this.#pending.get(key)
    if (same !== undefined) return same.result
    const lane = this.#lane(order.node)
    if (lane.waiting >= MAX_WAITING) {
      return Promise.resolve(notSent('too-many-commands', `${lane.waiting} commands are already waiting for ${order.node}: try again in a second.`))
    }
    const pending = new PendingOrder(order, asker, () =>
      notSent('not-in-time', `${lane.rests ? 'app_rpt is still busy with the previous command' : 'Asterisk answers too slowly'}: nothing was asked of ${order.node}. Try again.`),
    )
    this.#pending.set(key, pending)
    pending.onEnd(() => { this.#pending.delete(key) })
    pending.onEnd(this.#feeds.watch(order.node))
    const timer = this.#clock.setTimeout(() => { pending.settle(pending.soFar()) }, ANSWER_MS)
    pending.onEnd(() => { this.#clock.clearTimeout(timer) })
    pending.onEnd(lane.enter(() => this.#turn(pending)))
    void pending.result.then((result) => { this.#say(pending, result) })
    return pending.result
  }

  /** Answers everybody with what is known; takes no more orders. */
  dispose(): void {
    this.#closed = true
    for (const pending of [...this.#pending.values()]) pending.settle(pending.soFar())
  }

  #lane(node: string): Lane {
    let lane = this.#lanes.get(node)
    if (lane === undefined) this.#lanes.set(node, (lane = new Lane(this.#clock)))
    return lane
  }

  async #turn(pending: PendingOrder): Promise<number> {
    try {
      return await this.#carryOut(pending)
    } catch (error) {
      // Not foreseen: the lane must go on, and the log must tell.
      this.#log.info({ node: pending.order.node, error: error instanceof Error ? error.message : 'unknown' }, 'control failed')
      pending.settle({ ...pending.soFar(), code: 'internal', message: 'Internal error of the gateway; see its log.' })
      return pending.sent ? AWAKE_MS + SLEEP_MS : REST_MS
    }
  }

  async #carryOut(pending: PendingOrder): Promise<number> {
    const { order, asker } = pending
    const feed = await this.#feeds.fresh(order.node)
    // Known to be up may have been known 5 s ago; a link that went since then must not count as "already linked".
    if (feed?.state.reach === 'up') await this.#feeds.look(order.node)
    if (pending.over) return 0
    const early = feed === null ? noSuchNode(order.node) : before(feed.state, order, asker)
    if (feed === null || early !== null) {
      pending.settle(early ?? noSuchNode(order.node))
      return 0
    }
    const was = feed.state
    const asked = this.#feeds.command(order.node, cliLine(order), () => this.#go(pending))
    if (asked === null) {
      pending.settle(noSuchNode(order.node))
      return 0
    }
    const reply = await asked.then((message) => readReply(message, order.node), () => null)
    const { sentAt } = pending
    if (sentAt === null) {
      // Asterisk was lost before its turn came; given up by its asker, it has its answer.
      pending.settle(before(feed.state, order, asker) ?? pending.soFar())
      return 0
    }
    if (reply?.refusal) pending.settle({ outcome: 'refused', ...reply.refusal, response: reply.text })
    else if (order.action === 'dtmf') pending.settle(afterDigits(order.node, reply))
    else this.#verify(pending, order, feed, { was, at: sentAt }, reply)
    return restAfter(order, was)
  }

  /** Its turn has come: the wait may have been long, so is it still wanted, and still allowed? */
  #go(pending: PendingOrder): boolean {
    const { order, asker } = pending
    if (!pending.over && !asker.may()) pending.settle(notAllowed(order.node))
    if (pending.over) return false
    pending.sentAt = this.#clock.monotonic()
    pending.soFar = () => notConfirmed('no-answer-yet', `${order.node} was asked, but Asterisk has not answered yet.`, null)
    this.#supersede(pending)
    return true
  }

  /** Watches until the node shows it. A session that was lost meanwhile may be back in time. */
  #verify(pending: PendingOrder, order: ShownOrder, feed: NodeFeed, { was, at }: Sent, reply: CommandReply | null): void {
    if (pending.over) return
    const response = reply?.text ?? null
    let called = false
    const clearing = order.action === 'disconnect-all'
    const mode = MODE_OF[order.action]
    const calledBefore = !clearing && isCalling(was, order)
    const verdict = () => (clearing ? afterClearing(was, feed.state, order, this.#feeds.dated(at)) : afterwards(feed.state, order, called, calledBefore))
    /** What the order made of its link. After everybody has heard the change that shows it: a change within a change would overtake it. */
    const mark = () => {
      if (clearing || mode === undefined) return
      if (called) this.#feeds.calledIn(order.node, order.target, mode)
      feed.update(withPermanence(feed.state, order, was), this.#clock.now())
    }
    const judge = () => {
      // What was known of an Asterisk that is away proves nothing.
      if (feed.state.reach !== 'up') return
      if (!clearing && !called && !calledBefore && isCalling(feed.state, order)) {
        called = true
        // At once: the next order for this link may come before it is answered.
        void Promise.resolve().then(mark)
      }
      const { outcome, ...said } = verdict()
      if (outcome !== 'waiting') pending.settle({ outcome, ...said, response })
    }
    pending.soFar = () => {
      const { reach, reachReason } = feed.state
      if (reach === 'up') return confirmedOnly(verdict(), response)
      return notConfirmed(reachReason?.code ?? 'other', `${order.node} was asked, then the connection to Asterisk was lost. ${reachReason?.message ?? ''}`.trim(), response)
    }
    pending.onEnd(feed.listen(judge))
    if (!clearing) {
      // app_rpt rpt_link_connect: a call in that mode was left as it was; one in another mode may have been made anew.
      const mayBeAnother = calledBefore && this.#feeds.lastMode(order.node, order.target) !== mode
      void pending.result.then(({ outcome, code }) => {
        // Nobody has answered it yet, or a later order took its place before that.
        const unanswered = code === 'being-called' || code === 'superseded'
        if ((unanswered && (called || mayBeAnother)) || outcome === 'done') mark()
      })
    }
    this.#feeds.urge(order.node, ANSWER_MS)
    judge()
  }

  /** Somebody wants something else of the same link now: whoever still waits for the former will not see it. */
  #supersede({ order }: PendingOrder): void {
    if (order.action === 'dtmf') return
    for (const other of [...this.#pending.values()]) {
      const { order: older } = other
      if (!other.sent || !('target' in older) || older.action === order.action || older.node !== order.node) continue
      if ('target' in order && older.target !== order.target) continue
      // Who wants a link ended sees it end with all of them.
      if (order.action === 'disconnect-all' && older.action === 'disconnect') continue
      const message = `A later command for ${older.target} (${order.action}) took its place.`
      other.settle({ outcome: 'refused', code: 'superseded', message, response: null })
    }
  }

  #say({ order, asker }: PendingOrder, { outcome, code }: ControlResult): void {
    const { node, action } = order
    const what = {
      ...('digits' in order ? { digits: order.digits.length } : {}),
      ...('target' in order ? { target: order.target, ...(order.permanent ? { permanent: true } : {}) } : {}),
    }
    this.#meter?.commanded(action, outcome)
    const from = asker.front === undefined ? {} : { front: asker.front }
    this.#log.info({ user: asker.user, ...from, node, action, ...what, outcome, code }, `control: ${action} ${outcome}`)
  }
}

/** @param was what the node showed before */
function restAfter({ action }: Order, { links }: NodeState): number {
  if (action === 'disconnect') return AWAKE_MS + SLEEP_MS
  if (action !== 'disconnect-all') return REST_MS
  // Phones and the like are left alone.
  return AWAKE_MS + SLEEP_MS * Object.keys(links).filter((name) => /^[1-9]/.test(name)).length
}

/** Why nothing needs to be sent, or must not be; null = send. */
function before(state: NodeState, order: Order, asker: Asker): ControlResult | null {
  if (state.reach !== 'up') {
    const { code, message } = state.reachReason ?? { code: 'other', message: 'Asterisk does not answer for this node.' }
    return notSent(code, message)
  }
  if (!asker.may()) return notAllowed(order.node)
  const verdict = 'target' in order ? beforehand(state, order) : order.action === 'disconnect-all' ? beforeClearing(state, order) : null
  return verdict === null ? null : confirmedOnly(verdict, null)
}

function afterDigits(node: string, reply: CommandReply | null): ControlResult {
  return reply === null
    ? notConfirmed('no-answer', `The connection to Asterisk was lost: nobody knows whether ${node} got the digits.`, null)
    : notConfirmed('not-verifiable', `The digits were sent to ${node}. What they did cannot be seen from here.`, reply.text)
}

function confirmedOnly({ outcome, code, message }: Verdict, response: string | null): ControlResult {
  return { outcome: outcome === 'waiting' ? 'not-confirmed' : outcome, code, message, response }
}

function notConfirmed(code: CommandCode, message: string, response: string | null): ControlResult {
  return { outcome: 'not-confirmed', code, message, response }
}

function notSent(code: CommandCode, message: string): ControlResult {
  return { outcome: 'not-sent', code, message, response: null }
}

function notAllowed(node: string): ControlResult {
  return notSent('not-allowed', `You may no longer do that with ${node}: nothing was asked of it.`)
}

function noSuchNode(node: string): ControlResult {
  return notSent('no-such-node', `There is no node ${node} here.`)
}
