/**
 * The HTTP routes, in Supermon-NG's shapes and without its leaks: no AMI host, user or password is in any answer,
 * because nothing in this room knows them.
 */
import { Hono } from 'hono'
import type { Context } from 'hono'
import { routePath } from 'hono/route'
import { displayName } from '../../../protocol/names.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import type { StatusRow } from '../../../protocol/statusRow.ts'
import type { Authority } from '../access/authority.ts'
import { hidePeers } from '../gateway/peers.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import { createAuth } from './auth.ts'
import { createControl } from './control.ts'
import type { ControlOptions } from './control.ts'
import { createHealth } from './health.ts'
import type { HealthOptions } from './health.ts'
import { identityOf } from './identity.ts'
import { createNoAccounts } from './noAccounts.ts'
import { createSocketAddress } from './socketAddress.ts'
import type { SocketAddressOptions } from './socketAddress.ts'
import { createTickets } from './tickets.ts'

/** One configured node, as far as viewers may know it. */
export interface PublicNode extends Identity {
  readonly id: string
  readonly system: string
  readonly hideNodeURL: boolean
  readonly listenlive: string | null
  readonly archive: string | null
}

export interface ApiOptions extends Omit<HealthOptions, 'maySee'>, SocketAddressOptions {
  readonly configSource: 'demo' | 'allmon.ini'
  nodes(): readonly PublicNode[]
  /** The node's feed after it was looked at just now; null when there is no such node. */
  fresh(node: string): Promise<NodeFeed | null>
  /** Who may see what; null = everybody may see all. */
  readonly access: Authority | null
  readonly desk: ControlOptions['desk']
}

/** A question may name this many nodes. */
const MAX_NODES = 200

export function createApi(options: ApiOptions): Hono {
  const app = new Hono()
  app.use(async (c, next) => {
    await next()
    options.metrics.answered(routePath(c, -1), c.res.status)
    c.header('cache-control', 'no-cache, no-store')
    c.header('x-content-type-options', 'nosniff')
  })

  const { access } = options
  const maySee = async (c: Context): Promise<(node: string) => boolean> => {
    if (access === null) return () => true
    const mine = access.nodesOf(await identityOf(access, c))
    return (node) => mine.has(node)
  }
  const addressOf = createSocketAddress(options)
  if (access === null) app.route('/api/v1', createNoAccounts(options.clock))
  else {
    app.route('/api/v1', createAuth(access, options.clock, options.proxies))
    app.route('/api/v1', createTickets(access, addressOf))
  }
  app.route('/api/v1', createControl(options))
  app.route('/', createHealth({ ...options, maySee }))

  app.get('/api/v1/nodes', async (c) => {
    const may = await maySee(c)
    const data = options.nodes().filter(({ id }) => may(id)).map((node) => listedNode(node, options.clock.now()))
    return c.json({
      success: true,
      data,
      count: data.length,
      timestamp: iso(options.clock.now()),
      config_source: options.configSource,
    })
  })

  app.get('/api/v1/nodes/ami/status', async (c) => {
    const ids = [...new Set((c.req.query('nodes') ?? '').split(',').map((id) => id.trim()).filter((id) => id !== ''))]
    if (ids.length === 0) return c.json(failure('No nodes specified', 'Name them: ?nodes=546051,546055'), 400)
    if (ids.length > MAX_NODES || ids.some((id) => !NODE_ID.test(id))) {
      return c.json(failure('Bad nodes', `Give at most ${MAX_NODES} node numbers, separated by commas.`), 400)
    }
    const feeds = await Promise.all(ids.filter(await maySee(c)).map((id) => options.fresh(id)))
    const now = options.clock.now()
    const identity = access === null ? null : await identityOf(access, c)
    const data: Record<string, StatusRow> = {}
    for (const feed of feeds) {
      if (feed === null) continue
      const { node, epoch, seq } = feed
      const state = identity !== null && access?.canSeePeers(identity, node) === true ? feed.state : hidePeers(feed.state)
      data[node] = { ...toStatusRow(node, state, now), epoch, seq }
    }
    c.header('deprecation', '@1795392000')
    c.header('link', `<${options.base}/ws>; rel="successor-version"`)
    return c.json({ success: true, data, timestamp: iso(now), at: now })
  })

  app.get('/api/v1/nodes/websocket/ports', async (c) => {
    const may = await maySee(c)
    const nodes = Object.fromEntries(
      options.nodes().filter(({ id }) => may(id)).map(({ id }) => {
        const { port, url, own } = addressOf(c, id)
        return [id, { node: id, port, router: !own, ws_url: url }]
      }),
    )
    return c.json({ success: true, base_port: options.port(), router: true, nodes })
  })

  app.notFound((c) => c.json(failure('Not found', 'There is no such route; see docs/protocol.md.'), 404))
  app.onError((error, c) => {
    console.error(error)
    return c.json(failure('Internal server error', 'The gateway made a mistake; its log says which.'), 500)
  })
  return app
}

function listedNode(node: PublicNode, now: number) {
  return {
    id: node.id,
    node_number: node.id,
    callsign: node.callsign ?? '',
    description: node.description ?? '',
    location: node.location ?? '',
    info: displayName(node),
    status: 'unknown',
    last_heard: null,
    connected_nodes: [],
    cos_keyed: 0,
    tx_keyed: 0,
    cpu_temp: null,
    alert: null,
    wx: null,
    disk: null,
    is_online: false,
    is_keyed: false,
    system: node.system,
    hideNodeURL: node.hideNodeURL,
    listenlive: node.listenlive,
    archive: node.archive,
    created_at: iso(now),
    updated_at: iso(now),
  }
}

function failure(error: string, message: string) {
  return { success: false, error, message }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
