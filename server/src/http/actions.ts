/** Requests of Supermon-NG's pages that ask for something besides a node: `astdb/clear-cache`, `config/bubblechart`. */
import { Hono } from 'hono'
import type { Context } from 'hono'
import * as v from 'valibot'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Authority, Identity } from '../access/authority.ts'
import type { Clock } from '../env/clock.ts'
import type { NodeNames } from './astdbRoutes.ts'
import { csrfOk, refuseCsrf } from './csrf.ts'
import { identityOf } from './identity.ts'
import { readJson } from './jsonBody.ts'
import { badNode, iso, refuse, signInFirst } from './reply.ts'

export interface ActionsOptions {
  readonly clock: Clock
  /** null = there are no accounts, so nobody has a right. */
  readonly access: Authority | null
  readonly names: Pick<NodeNames, 'size' | 'refresh'>
}

const MAX_BODY = 2_048
/** A page number of the public statistics, so nothing but a node's own number. */
const STATS_URL = 'https://stats.allstarlink.org/getstatus.cgi?'

const chartBody = v.object({ node: v.optional(v.union([v.string(), v.number()])), localNode: v.optional(v.union([v.string(), v.number()])) })

export function createActions({ clock, access, names }: ActionsOptions): Hono {
  const app = new Hono()

  app.post('/astdb/clear-cache', async (c) => {
    const body = await jsonOf(c)
    const refused = await withRight(c, access, 'DBTUSER', (identity, authority) => csrfOk(c, authority, identity, body))
    if (refused !== null) return refused
    await names.refresh()
    return c.json({ success: true, message: 'The node list was checked again.', data: { entries_count: names.size }, timestamp: iso(clock.now()) })
  })

  // Changes nothing, and needs no token there either.
  app.post('/config/bubblechart', async (c) => {
    const refused = await withRight(c, access, 'BUBLUSER', () => true)
    if (refused !== null) return refused
    const read = v.safeParse(chartBody, await jsonOf(c))
    if (!read.success) return refuse(c, 400, 'bad-request', 'Bad request', 'Give node, or localNode, as JSON.')
    const { node, localNode } = read.output
    const asked = String(node ?? '') || String(localNode ?? '')
    if (!NODE_ID.test(asked)) return badNode(c)
    return c.json({ success: true, message: `The chart of ${asked}.`, statsUrl: `${STATS_URL}${encodeURIComponent(asked)}`, node: asked })
  })
  return app
}

/** The refusal of somebody who lacks that right, or whose token is not his session's; null = go on. */
async function withRight(
  c: Context,
  access: Authority | null,
  right: string,
  tokenOk: (identity: Identity, authority: Authority) => boolean,
): Promise<Response | null> {
  if (access === null) return refuse(c, 403, 'no-accounts', 'Not allowed', 'This gateway has no accounts, so nobody has that right.')
  const identity = await identityOf(access, c)
  if (identity.user === null) return refuse(c, 401, 'not-signed-in', 'Authentication required', signInFirst(access.signIn))
  if (!tokenOk(identity, access)) return refuseCsrf(c)
  if (!access.can(identity, right)) {
    return refuse(c, 403, 'not-allowed', 'Not allowed', `${identity.user} needs the right ${right}, which authusers.inc grants.`)
  }
  return null
}

async function jsonOf(c: Context): Promise<unknown> {
  const body = await readJson(c, MAX_BODY)
  return body.ok ? body.value : null
}
