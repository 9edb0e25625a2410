/**
 * Where orders of fronts come in at an edge. Who can write to the broker can bring anything here: nothing reaches the node that was
 * not signed by a front of the edge's own list, for this edge, now, for the first time, and that the edge's own rights permit.
 */
import type { OrderCode } from '../../../protocol/commandCodes.ts'
import { isNamed, PERMANENT_LINKS } from '../config/orderFronts.ts'
import type { OrderFront, OrderFronts } from '../config/orderFronts.ts'
import type { Order } from '../control/order.ts'
import type { Asker, ControlResult } from '../control/pendingOrder.ts'
import type { Clock } from '../env/clock.ts'
import { TokenBuckets } from '../env/tokenBuckets.ts'
import type { Broker, BrokerMessage } from './broker.ts'
import { OrderBook } from './orderBook.ts'
import { refusal } from './orderCodes.ts'
import { correlationOf, isSignedBy, readSignedOrder, replyText } from './orderToken.ts'
import type { OrderToken, SignedOrder } from './orderToken.ts'
import { orderTopic, replyTopic } from './topics.ts'

/** What users of this edge may, asked by name. */
export interface OrderRights {
  mayControl(user: string, node: string, action: Order['action']): boolean
  mayPermanent(user: string): boolean
}

export interface OrderDoorOptions {
  readonly edge: string
  readonly broker: Pick<Broker, 'subscribe' | 'publish'>
  readonly clock: Clock
  /** Whose orders are taken, as of now; null = nobody's. */
  readonly fronts: (() => OrderFronts) | null
  /** null = there are no accounts, so nobody has a right. */
  readonly rights: OrderRights | null
  readonly desk: { run(order: Order, asker: Asker): Promise<ControlResult> }
  readonly log: { warn(fields: object, message: string): void }
}

/** Signatures of one front that are looked at: each costs up to a millisecond on a small machine. */
const CHECKS = { burst: 20, refillMs: 50, maxKeys: 1_000 } as const
/** Lines of one code, and answers to what nobody signed. */
const LINES = { burst: 5, refillMs: 10_000, maxKeys: 64 } as const
const UNSIGNED_ANSWERS = { burst: 10, refillMs: 1_000, maxKeys: 1 } as const
/** An answer that the front cannot take by then comes too late, s. */
const ANSWER_LASTS_S = 10

/** Whoever plays these to us is not to hear of it: the order's own answer is the only one. */
const UNANSWERED: ReadonlySet<OrderCode> = new Set(['order-not-understood', 'order-retained', 'order-used'])
/** What comes before the signature is known to be right. */
const UNSIGNED: ReadonlySet<OrderCode> = new Set(['no-orders', 'front-unknown', 'too-many-orders', 'bad-signature'])

export class OrderDoor {
  readonly #options: OrderDoorOptions
  readonly #book: OrderBook
  readonly #checks: TokenBuckets
  readonly #lines: TokenBuckets
  readonly #answers: TokenBuckets
  readonly #stop: () => void

  constructor(options: OrderDoorOptions) {
    const { broker, edge, clock } = options
    this.#options = options
    this.#book = new OrderBook(clock)
    this.#checks = new TokenBuckets(clock, CHECKS)
    this.#lines = new TokenBuckets(clock, LINES)
    this.#answers = new TokenBuckets(clock, UNSIGNED_ANSWERS)
    this.#stop = broker.subscribe(orderTopic(edge), (message) => { this.#onOrder(message) })
  }

  close(): void {
    this.#stop()
  }

  #onOrder({ payload, retained }: BrokerMessage): void {
    const signed = readSignedOrder(payload)
    const code = signed === null ? 'order-not-understood' : retained ? 'order-retained' : this.#judge(signed)
    if (code !== null) {
      this.#refuse(code, signed, payload)
      return
    }
    if (signed === null) return
    const { order, user, front } = signed.token
    const asker: Asker = { user, front, key: JSON.stringify([front, user]), may: () => this.#permits(signed.token) === null }
    void this.#options.desk.run(order, asker).then((result) => { this.#answer(front, payload, result) })
  }

  /** Why the order is not to be carried out; null = it is, once. */
  #judge(signed: SignedOrder): OrderCode | null {
    const { token } = signed
    const front = this.#frontOf(token)
    if (typeof front === 'string') return front
    if (this.#checks.waitMs(token.front) > 0) return 'too-many-orders'
    this.#checks.take(token.front)
    if (!isSignedBy(signed, front.key)) return 'bad-signature'
    if (token.edge !== this.#options.edge) return 'other-edge'
    return this.#book.use(token) ?? this.#permits(token)
  }

  #frontOf({ front }: OrderToken): OrderFront | OrderCode {
    const { fronts } = this.#options
    return fronts === null ? 'no-orders' : (fronts().get(front) ?? 'front-unknown')
  }

  /** By the list and the rights as they are now: asked again as the command is written. */
  #permits(token: OrderToken): OrderCode | null {
    const { user, order } = token
    const front = this.#frontOf(token)
    if (typeof front === 'string') return front
    const permanent = 'permanent' in order && order.permanent
    if (!isNamed(front.nodes, order.node)) return 'node-not-allowed'
    if (!front.actions.has(order.action) || (permanent && !front.actions.has(PERMANENT_LINKS))) return 'action-not-allowed'
    if (!isNamed(front.users, user)) return 'user-not-allowed'
    const { rights } = this.#options
    if (rights === null) return 'no-accounts'
    return rights.mayControl(user, order.node, order.action) && (!permanent || rights.mayPermanent(user)) ? null : 'no-right'
  }

  #refuse(code: OrderCode, signed: SignedOrder | null, payload: string): void {
    const { edge, log } = this.#options
    if (this.#paced(this.#lines, code)) {
      const { front, user, order } = signed?.token ?? {}
      const what = front === undefined ? { length: payload.length } : { front, user, node: order?.node, action: order?.action }
      log.warn({ code, ...what, ...(UNSIGNED.has(code) ? { proven: false } : {}) }, `order refused: ${code}`)
    }
    if (signed === null || UNANSWERED.has(code)) return
    if (UNSIGNED.has(code) && !this.#paced(this.#answers, '')) return
    this.#answer(signed.token.front, payload, refusal(code, edge))
  }

  /** To the front that the order names: where a request wants its answer is nothing that was signed. */
  #answer(front: string, payload: string, result: ControlResult): void {
    const { broker, edge } = this.#options
    const topic = replyTopic(front)
    broker.publish(topic, replyText(edge, result), { qos: 1, expiresIn: ANSWER_LASTS_S, answerTo: { topic, correlation: correlationOf(payload) } })
  }

  #paced(buckets: TokenBuckets, key: string): boolean {
    if (buckets.waitMs(key) > 0) return false
    buckets.take(key)
    return true
  }
}
