/** Why an edge does not carry out an order that a broker brought it. docs/errors has a page for each code. */
import type { OrderCode } from '../../../protocol/commandCodes.ts'
import type { ControlResult } from '../control/pendingOrder.ts'

/** By code, for whoever gave the order; `{edge}` is the gateway that refuses. */
const SENTENCES: Readonly<Record<OrderCode, string>> = {
  'no-orders': '{edge} takes no orders from elsewhere: use its own dashboard, or start it with --mqtt-orders.',
  'order-not-understood': '{edge} does not understand this order: run the same version on both gateways.',
  'order-retained': '{edge} received an old order: nothing was asked of the node. Try again.',
  'front-unknown': '{edge} does not know this gateway: its --mqtt-orders file needs a section for it.',
  'too-many-orders': '{edge} gets orders from this gateway faster than it reads them: try again in a second.',
  'bad-signature': '{edge} has a different key for this gateway: put the public half of --mqtt-sign-key into its --mqtt-orders file.',
  'other-edge': '{edge} received an order for another gateway: check who writes to its topic.',
  'order-expired': 'The order reached {edge} too late: try again; if this persists, set the clocks of both machines by NTP.',
  'order-from-future': 'By the clock of {edge}, the order comes from the future: set the clocks of both machines by NTP.',
  'order-lasts-too-long': 'The order would last longer than {edge} permits: run the same version on both gateways.',
  'order-before-start': '{edge} has just started and takes orders only after a few seconds: try again in a moment.',
  'order-used': '{edge} has had this order already: send it again.',
  'order-book-full': '{edge} has had too many orders within seconds: try again in a moment.',
  'node-not-allowed': '{edge} takes no orders from this gateway for that node: its --mqtt-orders file says for which.',
  'action-not-allowed': '{edge} takes no such orders from this gateway: its --mqtt-orders file says which.',
  'user-not-allowed': '{edge} takes no orders from this user through this gateway: its --mqtt-orders file says from whom.',
  'no-accounts': '{edge} has no accounts, so nobody may command its nodes: start it with --users or --auth.',
  'no-right': '{edge} does not give this user that right: its authusers.inc grants it, to users in its .htpasswd.',
}

export function refusal(code: OrderCode, edge: string): ControlResult {
  return { outcome: 'not-sent', code, message: SENTENCES[code].replace('{edge}', edge), response: null }
}
