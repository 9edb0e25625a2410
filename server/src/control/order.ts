/** What somebody asks of a node, checked. Nothing that is not an order reaches a CLI line. */
import * as v from 'valibot'
import type { LinkAction } from '../../../protocol/actions.ts'
import { AmiEncodeError } from '../ami/encode.ts'
import { dtmfCommand, ilinkCommand, isRptId } from '../ami/rptCommand.ts'
import type { IlinkNumber } from '../ami/rptCommand.ts'

export interface LinkOrder {
  readonly action: LinkAction
  readonly node: string
  readonly target: string
  /** Redialled for ever. Never true for a disconnect, which ends permanent links too. */
  readonly permanent: boolean
}
/** Every link of a node at once, permanent ones too (app_rpt ilink 6). */
export interface ClearOrder {
  readonly action: 'disconnect-all'
  readonly node: string
}
export interface DtmfOrder {
  readonly action: 'dtmf'
  readonly node: string
  /** May hold codes: belongs into no log. */
  readonly digits: string
}
/** What a node's links show. */
export type ShownOrder = LinkOrder | ClearOrder
export type Order = ShownOrder | DtmfOrder

export type OrderRead =
  | { readonly ok: true; readonly order: Order }
  | { readonly ok: false; readonly code: 'bad-request' | 'bad-node' | 'bad-target' | 'bad-digits'; readonly message: string }

/** A node number may come as a JSON number: PHP makes numbers of numeric section names. */
const id = v.union([v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.transform(String))])
const linkBody = v.object({
  localnode: id,
  remotenode: id,
  /** Supermon-NG's page sends "on" or null, its store true or false. */
  perm: v.optional(v.nullable(v.union([v.literal('on'), v.boolean()])), null),
})
const clearBody = v.object({ localnode: id })
const dtmfBody = v.object({ localnode: id, dtmf: v.string() })

/** Reads the JSON body of a request in Supermon-NG's shape. */
export function readOrder(action: Order['action'], body: unknown): OrderRead {
  switch (action) {
    case 'dtmf':
      return readDtmf(body)
    case 'disconnect-all':
      return readClear(body)
    default:
      return readLink(action, body)
  }
}

function readClear(body: unknown): OrderRead {
  const read = v.safeParse(clearBody, body)
  if (!read.success) return bad('bad-request', 'Give localnode as JSON.')
  const { localnode: node } = read.output
  if (!isRptId(node)) return bad('bad-node', 'localnode is 1 to 20 letters, digits and hyphens.')
  return { ok: true, order: { action: 'disconnect-all', node } }
}

function readLink(action: LinkAction, body: unknown): OrderRead {
  const read = v.safeParse(linkBody, body)
  if (!read.success) return bad('bad-request', 'Give localnode and remotenode as JSON, and perm as "on" or null.')
  const { localnode: node, remotenode: target, perm } = read.output
  if (!isRptId(node)) return bad('bad-node', 'localnode is 1 to 20 letters, digits and hyphens.')
  if (!isRptId(target)) return bad('bad-target', 'remotenode is 1 to 20 letters, digits and hyphens.')
  // app_rpt function_ilink: whatever begins with 0 means the node that was used last.
  if (target.startsWith('0')) return bad('bad-target', 'remotenode begins with 0, which Asterisk takes to mean the last node used: give the number of the node.')
  if (target === node) return bad('bad-target', 'A node cannot be linked to itself: name another remotenode.')
  const permanent = action !== 'disconnect' && (perm === 'on' || perm === true)
  return { ok: true, order: { action, node, target, permanent } }
}

function readDtmf(body: unknown): OrderRead {
  const read = v.safeParse(dtmfBody, body)
  if (!read.success) return bad('bad-request', 'Give localnode and dtmf, a text of digits, as JSON.')
  const { localnode: node, dtmf: digits } = read.output
  if (!isRptId(node)) return bad('bad-node', 'localnode is 1 to 20 letters, digits and hyphens.')
  try {
    dtmfCommand(node, digits)
  } catch (error) {
    if (error instanceof AmiEncodeError) return bad('bad-digits', error.message)
    throw error
  }
  return { ok: true, order: { action: 'dtmf', node, digits } }
}

function bad(code: Extract<OrderRead, { ok: false }>['code'], message: string): OrderRead {
  return { ok: false, code, message }
}

/** The ilink number of an order: Supermon-NG's, so a disconnect is always 11 (1 would do nothing to a permanent link). */
export function ilinkOf(order: ShownOrder): IlinkNumber {
  switch (order.action) {
    case 'connect':
      return order.permanent ? 13 : 3
    case 'monitor':
      return order.permanent ? 12 : 2
    case 'local-monitor':
      return order.permanent ? 18 : 8
    case 'disconnect':
      return 11
    case 'disconnect-all':
      return 6
  }
}

export function cliLine(order: Order): string {
  switch (order.action) {
    case 'dtmf':
      return dtmfCommand(order.node, order.digits)
    case 'disconnect-all':
      return ilinkCommand(order.node, ilinkOf(order))
    default:
      return ilinkCommand(order.node, ilinkOf(order), order.target)
  }
}
