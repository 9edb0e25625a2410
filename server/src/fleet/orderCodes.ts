/** Why an edge does not carry out an order that a broker brought it. docs/errors has a page for each code. */
import type { OrderCode } from '../../../protocol/commandCodes.ts'
import type { ControlResult } from '../control/pendingOrder.ts'

/** By code, for whoever gave the order; `{edge}` is the gateway that refuses. */
const SENTENCES: Readonly<Record<OrderCode, string>> = {
  'no-orders': '{edge} takes no orders from elsewhere: use its own dashboard, or start it with --mqtt-orders.',
  'order-not-understood': '{edge} does not understand this order: bring both gateways to the same version.',
  'order-retained': '{edge} was brought an old order: nothing was asked of the node. Try again.',
  'front-unknown': '{edge} does not know this gateway: its file of --mqtt-orders needs a section for it.',
  'too-many-orders': '{edge} gets more orders of this gateway than it looks at: try again in a second.',
  'bad-signature': '{edge} has another key for this gateway: put the public half of --mqtt-sign-key into its file of --mqtt-orders.',
  'other-edge': '{edge} was brought an order for another gateway: look who writes to its topic.',
  'order-expired': 'The order came too late to {edge}: try again, and if it stays so set the clocks of both machines by NTP.',
  'order-from-future': 'The order was given in the future, by the clock of {edge}: set the clocks of both machines by NTP.',
  'order-lasts-too-long': 'The order would last longer than {edge} permits: bring both gateways to the same version.',
  'order-before-start': '{edge} has just started and takes orders a few seconds after that: try again in a moment.',
  'order-used': '{edge} has had this order already: give it anew.',
  'order-book-full': '{edge} has had too many orders within seconds: try again in a moment.',
  'node-not-allowed': '{edge} takes no orders of this gateway for that node: its file of --mqtt-orders says which.',
  'action-not-allowed': '{edge} takes no such orders of this gateway: its file of --mqtt-orders says which.',
  'user-not-allowed': '{edge} takes no orders of this user through this gateway: its file of --mqtt-orders says whose.',
  'no-accounts': '{edge} has no accounts, so nobody may command its nodes: start it with --users or --auth.',
  'no-right': 'This user has no right to that at {edge}: its authusers.inc grants it, to users of its .htpasswd.',
}

export function refusal(code: OrderCode, edge: string): ControlResult {
  return { outcome: 'not-sent', code, message: SENTENCES[code].replace('{edge}', edge), response: null }
}
