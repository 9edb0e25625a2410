/** Control actions in Supermon-NG's shapes: `POST nodes/connect|monitor|local-monitor|disconnect|disconnect-all|dtmf`. */
import { Hono } from 'hono'
import type { Context } from 'hono'
import { ACTIONS } from '../../../protocol/actions.ts'
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import type { Authority } from '../access/authority.ts'
import type { ControlDesk } from '../control/controlDesk.ts'
import { ilinkOf, readOrder } from '../control/order.ts'
import type { Order } from '../control/order.ts'
import type { ControlResult } from '../control/pendingOrder.ts'
import type { Clock } from '../env/clock.ts'
import { csrfOk, refuseCsrf } from './csrf.ts'
import { identityOf } from './identity.ts'
import { readJson } from './jsonBody.ts'
import { signInFirst } from './reply.ts'

export interface ControlOptions {
  readonly desk: Pick<ControlDesk, 'run'>
  /** null = there are no accounts, so nobody may control anything. */
  readonly access: Authority | null
  readonly clock: Clock
}

const ERROR = {
  400: 'Bad request',
  401: 'Authentication required',
  403: 'Not allowed',
  404: 'No such node',
  409: 'Refused',
  429: 'Too many commands',
  503: 'Asterisk does not answer',
} as const
type ErrorStatus = keyof typeof ERROR

/** The status for what was not sent; other codes are 503. */
const NOT_SENT: Readonly<Partial<Record<CommandCode, ErrorStatus>>> = {
  'no-such-node': 404, 'not-allowed': 403, 'too-many-commands': 429,
  // What the gateway beside the node says, and will say again.
  'no-orders': 403, 'front-unknown': 403, 'bad-signature': 403, 'other-edge': 403, 'node-not-allowed': 403, 'action-not-allowed': 403,
  'user-not-allowed': 403, 'no-accounts': 403, 'no-right': 403, 'too-many-orders': 429,
}

/** An order has less than 200 bytes. */
const MAX_BODY = 2_048

export function createControl(options: ControlOptions): Hono {
  const app = new Hono()
  for (const action of ACTIONS) app.post(`/nodes/${action}`, (c) => act(c, action, options))
  return app
}

async function act(c: Context, action: Order['action'], { desk, access, clock }: ControlOptions): Promise<Response> {
  if (access === null) {
    return fail(c, 403, 'no-accounts', 'This gateway has no accounts, so nobody may control a node: start it with --users and the folder that holds .htpasswd and authusers.inc.')
  }
  const identity = await identityOf(access, c)
  const { user, session } = identity
  if (user === null || session === null) return fail(c, 401, 'not-signed-in', signInFirst(access.signIn))
  const body = await readJson(c, MAX_BODY)
  if (!csrfOk(c, access, identity, body.ok ? body.value : null)) return refuseCsrf(c)
  if (!body.ok && body.code === 'too-long') return fail(c, 400, 'bad-request', `The body is longer than ${MAX_BODY} bytes.`)
  const read = readOrder(action, body.ok ? body.value : null)
  if (!read.ok) return fail(c, 400, read.code, read.message)
  const { order } = read
  const { node } = order
  if (!access.canWatch(identity, node)) return fail(c, 404, 'no-such-node', `There is no node ${node} here.`)
  if (!access.canControl(identity, node, action)) return fail(c, 403, 'not-allowed', `${user} has no right to ${action}: authusers.inc grants it.`)
  const permanent = 'permanent' in order && order.permanent
  if (permanent && !access.canPermanent(identity)) {
    return fail(c, 403, 'permanent-not-allowed', `${user} has no right to permanent links (PERMUSER): try a link that is not permanent.`)
  }

  const result = await desk.run(order, {
    user,
    key: session.id,
    may: () => access.canControl(identity, node, action) && (!permanent || access.canPermanent(identity)),
  })
  return answer(c, order, result, clock.now())
}

function answer(c: Context, order: Order, result: ControlResult, now: number): Response {
  const { outcome, code, message } = result
  if (outcome === 'not-sent') {
    const status = NOT_SENT[code] ?? 503
    if (status === 429 || status === 503) c.header('retry-after', '1')
    return fail(c, status, code, message)
  }
  const data = dataOf(order, result, now)
  if (outcome === 'refused') return c.json({ success: false, error: ERROR[409], message, code, data }, 409)
  return c.json({ success: true, message, data }, outcome === 'done' ? 200 : 202)
}

function dataOf(order: Order, { outcome, code, response }: ControlResult, now: number) {
  return {
    action: order.action,
    local_node: order.node,
    ...('target' in order ? { remote_node: order.target } : {}),
    ...(order.action === 'dtmf' ? { dtmf_command: order.digits } : { ilink: ilinkOf(order) }),
    outcome,
    code,
    ami_response: response ?? false,
    timestamp: new Date(now).toISOString(),
  }
}

function fail(c: Context, status: ErrorStatus, code: CommandCode, message: string): Response {
  return c.json({ success: false, error: ERROR[status], message, code }, status)
}
