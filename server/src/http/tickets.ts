/** Tickets for sockets, in Supermon-NG's shape: one try each, 30 s. */
import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import type { Context } from 'hono'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Authority } from '../access/authority.ts'
import { identityOf } from './identity.ts'
import type { SocketAddress } from './socketAddress.ts'

type Env = { Bindings: HttpBindings }

export function createTickets(access: Authority, addressOf: SocketAddress): Hono {
  const app = new Hono<Env>()

  const issue = async (c: Context<Env>, node: string | null) => {
    if (node !== null && !NODE_ID.test(node)) {
      return c.json({ success: false, error: 'Bad node', code: 'bad-node', message: 'Give the node as 1 to 40 letters, digits, / _ or -.' }, 400)
    }
    const issued = access.issueTicket(await identityOf(access, c), node === null ? 'all' : [node])
    if (issued === null) {
      return c.json({ success: false, error: 'Node not found', code: 'no-such-node', message: 'Node not found or not accessible' }, 404)
    }
    const token = issued.ticket.reveal()
    const url = `${addressOf(c, node).url}?token=${token}`
    return c.json({ success: true, ...(node === null ? {} : { node }), token, expires_in: issued.expiresInMs / 1000, ws_url: url })
  }
  app.get('/nodes/websocket/token', (c) => issue(c, null))
  app.get('/nodes/:id/websocket/token', (c) => issue(c, c.req.param('id')))
  return app as unknown as Hono
}
