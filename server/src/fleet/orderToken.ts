/**
 * An order as it crosses the broker: a text that a front signed with Ed25519, for one edge, one node, one user, for seconds and for
 * once. Pure: whether it holds is {@link OrderBook}'s and {@link OrderDoor}'s to say. docs/protocol.md has it field by field.
 */
import { createHash, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import * as v from 'valibot'
import { ACTIONS } from '../../../protocol/actions.ts'
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import { PEER_NAME } from '../config/optionValues.ts'
import { readOrder } from '../control/order.ts'
import type { Order } from '../control/order.ts'
import type { ControlResult } from '../control/pendingOrder.ts'
import { readMessage } from './messages.ts'

export interface OrderToken {
  readonly front: string
  readonly edge: string
  readonly user: string
  readonly order: Order
  /** By the front's clock, ms. */
  readonly issued: number
  readonly expires: number
  /** 16 random bytes, base64url: no two orders have the same. */
  readonly nonce: string
}

export interface SignedOrder {
  readonly token: OrderToken
  /** The very text that was signed. */
  readonly body: string
  readonly signature: Buffer
}

/** An order has less than 1,000. */
export const MAX_ORDER_LENGTH = 4_096
/** In front of what is signed, so that no signature for something else is one for an order. */
const DOMAIN = 'supermon-live order 1\n'

const peer = v.pipe(v.string(), v.regex(PEER_NAME))
const time = v.pipe(v.number(), v.safeInteger())
const envelopeSchema = v.strictObject({ body: v.string(), signature: v.pipe(v.string(), v.regex(/^[0-9A-Za-z+/]{86}==$/)) })
const bodySchema = v.strictObject({
  version: v.literal(1),
  front: peer,
  edge: peer,
  user: v.pipe(v.string(), v.regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,128}$/u)),
  action: v.picklist(ACTIONS),
  /** As the HTTP routes are asked. */
  request: v.unknown(),
  issued: time,
  expires: time,
  nonce: v.pipe(v.string(), v.regex(/^[0-9A-Za-z_-]{22}$/)),
})

/** What is published: the order, signed. */
export function signOrder({ order, ...who }: OrderToken, key: KeyObject): string {
  const body = JSON.stringify({ version: 1, ...who, action: order.action, request: requestOf(order) } satisfies v.InferOutput<typeof bodySchema>)
  return JSON.stringify({ body, signature: sign(null, bytesOf(body), key).toString('base64') })
}

/** null = that is no order. It may be anybody's: see {@link isSignedBy}. */
export function readSignedOrder(payload: string): SignedOrder | null {
  if (payload.length > MAX_ORDER_LENGTH) return null
  const envelope = readMessage(envelopeSchema, payload)
  const said = envelope === null ? null : readMessage(bodySchema, envelope.body)
  if (envelope === null || said === null) return null
  const { action, request, version: _version, ...who } = said
  const read = readOrder(action, request)
  return read.ok ? { token: { ...who, order: read.order }, body: envelope.body, signature: Buffer.from(envelope.signature, 'base64') } : null
}

export function isSignedBy({ body, signature }: SignedOrder, key: KeyObject): boolean {
  return verify(null, bytesOf(body), key, signature)
}

/** Ties an answer to the very bytes it answers: neither a request's own properties nor whoever changes it can turn it elsewhere. */
export function correlationOf(payload: string): Buffer {
  return createHash('sha256').update(payload, 'utf8').digest().subarray(0, 16)
}

const replySchema = v.object({
  edge: peer,
  outcome: v.picklist(['done', 'refused', 'not-confirmed', 'not-sent']),
  code: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)),
  message: v.pipe(v.string(), v.maxLength(1_000)),
  response: v.nullable(v.pipe(v.string(), v.maxLength(1_000))),
})

export function replyText(edge: string, { outcome, code, message, response }: ControlResult): string {
  return JSON.stringify({ edge, outcome, code, message, response } satisfies v.InferOutput<typeof replySchema>)
}

/** null = that is no answer. */
export function readReply(payload: string): { readonly edge: string; readonly result: ControlResult } | null {
  const reply = payload.length > MAX_ORDER_LENGTH ? null : readMessage(replySchema, payload)
  if (reply === null) return null
  const { edge, code, ...said } = reply
  // A newer edge may have one that is not known here: it is passed on.
  return { edge, result: { ...said, code: code as CommandCode } }
}

function bytesOf(body: string): Buffer {
  return Buffer.from(`${DOMAIN}${body}`, 'utf8')
}

/** What `readOrder` makes the same order of. */
function requestOf(order: Order): unknown {
  switch (order.action) {
    case 'dtmf':
      return { localnode: order.node, dtmf: order.digits }
    case 'disconnect-all':
      return { localnode: order.node }
    default:
      return { localnode: order.node, remotenode: order.target, perm: order.permanent }
  }
}
