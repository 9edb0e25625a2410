/**
 * Orders of a front's users, for nodes of edges: signed, sent once, answered by what the edge says. What is not answered in time may
 * have been carried out, and is said so.
 */
import { randomBytes } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import { ANSWER_MS } from '../control/controlDesk.ts'
import type { ControlDeskOptions } from '../control/controlDesk.ts'
import type { Order } from '../control/order.ts'
import { PendingOrder } from '../control/pendingOrder.ts'
import type { Asker, ControlResult } from '../control/pendingOrder.ts'
import type { Clock } from '../env/clock.ts'
import type { Broker, BrokerMessage } from './broker.ts'
import type { KnownEdge } from './edgeBook.ts'
import { EDGE_SILENT } from './losses.ts'
import { ORDER_LIFE_MS } from './orderBook.ts'
import { refusal } from './orderCodes.ts'
import { correlationOf, readReply, readSignedOrder, signOrder } from './orderToken.ts'
import { orderTopic, replyTopic } from './topics.ts'

export interface OrderDeskOptions {
  /** This front, as the lists of edges call it. */
  readonly name: string
  /** Ed25519, private. */
  readonly key: KeyObject
  readonly broker: Pick<Broker, 'subscribe' | 'publish'>
  readonly clock: Clock
  readonly edgeOf: (node: string) => KnownEdge | null
  readonly log: ControlDeskOptions['log']
  readonly meter?: NonNullable<ControlDeskOptions['meter']>
}

/** Until an order is answered, ms: the edge's own time, and the way there and back. Supermon-NG's page gives up at 5 s. */
const REPLY_MS = ANSWER_MS + 500
/** The broker brings it no later, s. */
const WAY_S = 5
/** Orders that wait for their answers. */
const MAX_WAITING = 256

interface Sent {
  readonly edge: string
  readonly pending: PendingOrder
}

export class OrderDesk {
  readonly #options: OrderDeskOptions
  readonly #stop: () => void
  /** By correlation, hex. */
  readonly #sent = new Map<string, Sent>()
  /** By who asked for what: a double tap is one order. */
  readonly #pending = new Map<string, PendingOrder>()
  #closed = false

  constructor(options: OrderDeskOptions) {
    this.#options = options
    this.#stop = options.broker.subscribe(replyTopic(options.name), (message) => { this.#onReply(message) })
  }

  /** Has an order carried out by the node's edge. Never rejects. */
  run(order: Order, asker: Asker): Promise<ControlResult> {
    const double = JSON.stringify([asker.key, order])
    const same = this.#pending.get(double)
    if (same !== undefined) return same.result
    const pending = new PendingOrder(order, asker, () => unanswered(order.node))
    const edge = this.#options.edgeOf(order.node)
    const early = this.#whyNot(edge) ?? (edge === null ? null : this.#send(edge.name, pending))
    if (early !== null) pending.settle(early)
    if (!pending.over) {
      this.#pending.set(double, pending)
      pending.onEnd(() => { this.#pending.delete(double) })
    }
    void pending.result.then((result) => { this.#say(pending, edge?.name ?? null, result) })
    return pending.result
  }

  /** Answers everybody with what is known; takes no more orders. */
  dispose(): void {
    this.#closed = true
    this.#stop()
    for (const { pending } of [...this.#sent.values()]) pending.settle(pending.soFar())
  }

  #whyNot(edge: KnownEdge | null): ControlResult | null {
    if (this.#closed) return notSent('stopping', 'The gateway is stopping: try again in a moment.')
    if (edge === null || edge.silent) return notSent(EDGE_SILENT.code, EDGE_SILENT.message)
    if (!edge.up) return notSent('edge-away', `The gateway ${edge.name} beside this node is not connected to the MQTT broker: nothing was asked of the node. Check that machine.`)
    if (this.#sent.size >= MAX_WAITING) return notSent('too-many-commands', `${this.#sent.size} commands are still waiting for answers: try again in a second.`)
    return null
  }

  /** Sends it, once. Why it could not be; null = it was. */
  #send(edge: string, pending: PendingOrder): ControlResult | null {
    const { name, key, broker, clock } = this.#options
    const { order, asker } = pending
    const issued = clock.now()
    const nonce = randomBytes(16).toString('base64url')
    const payload = signOrder({ front: name, edge, user: asker.user, order, issued, expires: issued + ORDER_LIFE_MS, nonce }, key)
    if (readSignedOrder(payload) === null) return refusal('order-not-understood', edge)
    const correlation = correlationOf(payload)
    // At most once, so not with QoS 1: what nobody acknowledged would be sent again, after its asker has been answered.
    const told = broker.publish(orderTopic(edge), payload, { expiresIn: WAY_S, answerTo: { topic: replyTopic(name), correlation } })
    if (!told) return notSent('broker-away', 'The MQTT broker does not answer: nothing was asked of the node. Try again once it does.')
    const id = correlation.toString('hex')
    this.#sent.set(id, { edge, pending })
    pending.onEnd(() => { this.#sent.delete(id) })
    const timer = clock.setTimeout(() => { pending.settle(pending.soFar()) }, REPLY_MS)
    pending.onEnd(() => { clock.clearTimeout(timer) })
    return null
  }

  #onReply({ payload, retained, correlation }: BrokerMessage): void {
    const sent = this.#sent.get(correlation?.toString('hex') ?? '')
    const reply = sent === undefined || retained ? null : readReply(payload)
    if (sent !== undefined && reply?.edge === sent.edge) sent.pending.settle(reply.result)
  }

  #say({ order: { node, action }, asker: { user } }: PendingOrder, edge: string | null, { outcome, code }: ControlResult): void {
    const { log, meter } = this.#options
    meter?.commanded(action, outcome)
    log.info({ user, node, action, edge, outcome, code }, `control: ${action} ${outcome}`)
  }
}

function unanswered(node: string): ControlResult {
  return {
    outcome: 'not-confirmed', code: 'no-answer-yet', response: null,
    message: `The gateway beside ${node} was asked but has not answered yet: it may have done it. Check the node before you try again.`,
  }
}

function notSent(code: CommandCode, message: string): ControlResult {
  return { outcome: 'not-sent', code, message, response: null }
}
