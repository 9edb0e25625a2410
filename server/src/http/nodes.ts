/** `nodes/*` in Supermon-NG's shapes, from what the feeds know: no question here opens an AMI session of its own. */
import { Hono } from 'hono'
import type { Context } from 'hono'
import { displayName } from '../../../protocol/names.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import { keyedAt, MAX_NODES_POLLED, toStatusRow } from '../../../protocol/statusRow.ts'
import type { StatusRow } from '../../../protocol/statusRow.ts'
import type { Authority } from '../access/authority.ts'
import type { NodeConfig } from '../config/allmonIni.ts'
import type { Clock } from '../env/clock.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import { epochFor, hidePeers } from '../gateway/peers.ts'
import { newsOf } from '../rollout/flag.ts'
import type { RolloutSource } from '../rollout/rolloutWatch.ts'
import type { NodeNames } from './astdbRoutes.ts'
import { identityOf } from './identity.ts'
import { badNode, iso, noSuchNode, refuse } from './reply.ts'
import type { SocketAddress } from './socketAddress.ts'

/** What viewers may know of a configured node; what else it says is how Asterisk is reached. */
const TOLD = ['id', 'system', 'menu', 'hideNodeURL', 'listenlive', 'archive', 'lsnodes'] as const

/** One configured node, as far as viewers may know it. */
export type PublicNode = Identity & Pick<NodeConfig, (typeof TOLD)[number]>

export function publicNode(node: NodeConfig, names: (id: string) => Identity | null): PublicNode {
  const identity = names(node.id) ?? { callsign: null, description: null, location: null }
  return { ...(Object.fromEntries(TOLD.map((name) => [name, node[name]])) as Pick<NodeConfig, (typeof TOLD)[number]>), ...identity }
}

/** Which nodes whoever asks may know of. */
export type MaySee = (c: Context) => Promise<(node: string) => boolean>

export interface NodesOptions {
  readonly clock: Clock
  readonly base: string
  readonly configSource: 'demo' | 'allmon.ini'
  nodes(): readonly PublicNode[]
  /** The node's feed after it was looked at just now; null when there is no such node. */
  fresh(node: string): Promise<NodeFeed | null>
  /** Who may see what; null = everybody may see all. */
  readonly access: Authority | null
  readonly maySee: MaySee
  readonly addressOf: SocketAddress
  readonly names: Pick<NodeNames, 'lookup'>
  port(): number
  /** Polled answers tell of it: whoever polls hears of a change by no other way. */
  readonly rollout: RolloutSource
}

/** When polling became the old way: 2026-11-23. The route stays; see docs/http-api.md. */
const DEPRECATED = '@1795392000'

export function createNodes(options: NodesOptions): Hono {
  const app = new Hono()
  const { clock, maySee } = options

  const mine = async (c: Context) => options.nodes().filter(((may) => ({ id }: PublicNode) => may(id))(await maySee(c)))
  /** The node of the path, if it is one and may be seen; otherwise the refusal. */
  const named = async (c: Context, answer: (node: PublicNode) => Response | Promise<Response>) => {
    const id = c.req.param('id') ?? ''
    if (!NODE_ID.test(id)) return badNode(c)
    const node = (await mine(c)).find((each) => each.id === id)
    return node === undefined ? noSuchNode(c) : answer(node)
  }
  /** What stands beside rows. */
  const polled = () => ({ timestamp: iso(clock.now()), at: clock.now(), realtime: newsOf(options.rollout.rollout) })
  const rowsOf = async (c: Context, ids: readonly string[]): Promise<Record<string, StatusRow>> => {
    const feeds = await Promise.all(ids.filter(await maySee(c)).map((id) => options.fresh(id)))
    const { access } = options
    const identity = access === null ? null : await identityOf(access, c)
    const now = clock.now()
    const rows: Record<string, StatusRow & Required<Pick<StatusRow, 'epoch' | 'seq' | 'keyed_at'>>> = {}
    for (const feed of feeds) {
      if (feed === null) continue
      const { node, seq } = feed
      const seesPeers = identity !== null && access?.canSeePeers(identity, node) === true
      const state = seesPeers ? feed.state : hidePeers(feed.state)
      const epoch = epochFor(feed.epoch, seesPeers)
      rows[node] = { ...toStatusRow(node, state, now, (id) => options.names.lookup(id)), epoch, seq, keyed_at: keyedAt(state) }
    }
    return rows
  }

  app.get('/nodes', async (c) => {
    const data = (await mine(c)).map((node) => listedNode(node, clock.now()))
    return c.json({ success: true, data, count: data.length, timestamp: iso(clock.now()), config_source: options.configSource })
  })

  app.get('/nodes/available', async (c) => {
    // Supermon-NG tells the AMI's host and user here.
    const data = (await mine(c)).map(({ id, system, menu, hideNodeURL }) => ({ id, system, menu, hideNodeURL }))
    return c.json({ success: true, data, count: data.length, timestamp: iso(clock.now()) })
  })

  app.get('/nodes/ami/status', async (c) => {
    c.header('deprecation', DEPRECATED)
    c.header('link', `<${options.base}/ws>; rel="successor-version"`)
    const ids = [...new Set((c.req.query('nodes') ?? '').split(',').map((id) => id.trim()).filter((id) => id !== ''))]
    if (ids.length === 0) return refuse(c, 400, 'no-nodes', 'No nodes specified', 'Name them: ?nodes=546051,546055')
    if (ids.length > MAX_NODES_POLLED || ids.some((id) => !NODE_ID.test(id))) {
      return refuse(c, 400, 'bad-nodes', 'Bad nodes', `Give at most ${MAX_NODES_POLLED} node numbers, separated by commas.`)
    }
    const data = await rowsOf(c, ids)
    return c.json({ success: true, data, ...polled() })
  })

  app.get('/nodes/websocket/ports', async (c) => {
    const nodes = Object.fromEntries((await mine(c)).map(({ id }) => [id, portOf(c, id)]))
    return c.json({ success: true, base_port: options.port(), router: true, nodes })
  })
  const portOf = (c: Context, id: string) => {
    const { port, url, own } = options.addressOf(c, id)
    return { node: id, port, router: !own, ws_url: url }
  }

  app.get('/nodes/:id', (c) => named(c, (node) => c.json({ success: true, data: listedNode(node, clock.now()), timestamp: iso(clock.now()) })))
  app.get('/nodes/:id/status', (c) =>
    named(c, async ({ id }) => {
      const { [id]: row } = await rowsOf(c, [id])
      return row === undefined ? noSuchNode(c) : c.json({ success: true, data: row, ...polled() })
    }),
  )
  app.get('/nodes/:id/websocket/port', (c) => named(c, ({ id }) => c.json({ success: true, ...portOf(c, id) })))
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
