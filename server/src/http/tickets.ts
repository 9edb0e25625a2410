/** Tickets for sockets, in Supermon-NG's shape: one try each, 30 s. */
import { Hono } from 'hono'
import type { Context } from 'hono'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Authority } from '../access/authority.ts'
import { AddressPace } from '../env/addressPace.ts'
import type { Clock } from '../env/clock.ts'
import type { Proxies } from '../env/visitor.ts'
import { attemptAllowances, paceLimit } from '../gateway/limits.ts'
import type { Limits } from '../gateway/limits.ts'
import type { Meter } from '../gateway/meter.ts'
import { identityOf } from './identity.ts'
import { badNode, noSuchNode, refuse } from './reply.ts'
import { visitorOf } from './socketAddress.ts'
import type { SocketAddress } from './socketAddress.ts'

export interface TicketRoutesOptions {
  readonly clock: Clock
  readonly proxies: Proxies
  readonly limits: Limits
  readonly metrics: Pick<Meter, 'refused'>
}

/** A ticket is for one attempt, so an address is given as many as it may make attempts: nobody crowds out those of others. */
export function createTickets(access: Authority, addressOf: SocketAddress, { clock, proxies, limits, metrics }: TicketRoutesOptions): Hono {
  const app = new Hono()
  const pace = new AddressPace(clock, ...attemptAllowances(limits))

  const issue = async (c: Context, node: string | null) => {
    if (node !== null && !NODE_ID.test(node)) return badNode(c)
    const { address, crowd } = visitorOf(c, proxies)
    const waitMs = pace.take(address, crowd)
    if (waitMs > 0) {
      metrics.refused(paceLimit('attemptsPerMinute', crowd), 429)
      c.header('retry-after', String(Math.ceil(waitMs / 1000)))
      return refuse(c, 429, 'too-many-attempts', 'Too many attempts', 'Too many tickets for your address; wait a little.')
    }
    const issued = access.issueTicket(await identityOf(access, c), node === null ? 'all' : [node])
    if (issued === null) return noSuchNode(c)
    const token = issued.ticket.reveal()
    const url = `${addressOf(c, node).url}?token=${token}`
    return c.json({ success: true, ...(node === null ? {} : { node }), token, expires_in: issued.expiresInMs / 1000, ws_url: url })
  }
  app.get('/nodes/websocket/token', (c) => issue(c, null))
  app.get('/nodes/:id/websocket/token', (c) => issue(c, c.req.param('id')))
  return app
}
