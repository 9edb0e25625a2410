import { displayName } from '../../../protocol/names.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import { receiversInOrder } from '../../../protocol/voter.ts'
import { away, refuse } from './fakeAccounts.ts'
import type { FakeAccounts } from './fakeAccounts.ts'
import { control } from './fakeControl.ts'
import type { FakeNode } from './fakeNode.ts'

export interface FakeHouse {
  readonly nodes: ReadonlyMap<string, FakeNode>
  readonly accounts: FakeAccounts
  /** Names of nodes that are not here. */
  readonly astdb: Readonly<Record<string, Partial<Identity>>>
  readonly now: () => number
}

/** The gateway's routes, as far as the client and the pages of Supermon-NG's kind ask them. */
export async function answerHttp(house: FakeHouse, path: string, init: RequestInit | undefined): Promise<Response> {
  await Promise.resolve()
  const { nodes } = house
  const { pathname, searchParams } = new URL(path, 'http://gateway.test/')
  const route = pathname.replace(/^\/api\/v1\//, '')
  const mine = house.accounts.answer(route, init)
  if (mine !== null) return mine
  const ticket = /^nodes(?:\/([^/]+))?\/websocket\/token$/.exec(route)
  if (ticket !== null) return Response.json({ success: true, node: ticket[1] ?? null, token: `ticket-${house.now()}`, expires_in: 120 })
  if (route.startsWith('astdb/')) return astdb(house, route, searchParams)
  switch (route) {
    case 'nodes':
      return Response.json({ success: true, data: [...nodes.values()].map(listed), count: nodes.size, config_source: 'test' })
    case 'nodes/ami/status':
      return Response.json(status(house, (searchParams.get('nodes') ?? '').split(',')))
    case 'nodes/voter/status':
      return voter(nodes.get(searchParams.get('node') ?? ''))
    case 'config/nodes':
      return Response.json({ success: true, data: config(nodes) })
    case 'nodes/connect':
    case 'nodes/monitor':
    case 'nodes/local-monitor':
    case 'nodes/disconnect':
    case 'nodes/disconnect-all':
    case 'nodes/dtmf':
      return control(house, route.slice('nodes/'.length), init)
    default:
      return Response.json({ success: false, error: 'Not found', message: 'The fake gateway has no such route.' }, { status: 404 })
  }
}

const SECTION = { system: 'Nodes', menu: true, hideNodeURL: false, listenlive: null, archive: null, lsnodes: null }

function listed({ id, state }: FakeNode) {
  const { callsign, description, location } = state
  return { ...SECTION, id, callsign, description, location, info: displayName(state) }
}

function config(nodes: FakeHouse['nodes']) {
  const ids = [...nodes.keys()]
  return { config: Object.fromEntries(ids.map((id) => [id, SECTION])), ini_file: 'allmon.ini', default_node: ids[0] ?? null, default_nodes: [] }
}

function status({ nodes, now }: FakeHouse, ids: readonly string[]) {
  const at = now()
  const rows = ids.flatMap((id) => {
    const node = nodes.get(id)
    return node === undefined ? [] : [[id, { ...toStatusRow(id, node.state, at), epoch: node.epoch, seq: node.seq }] as const]
  })
  return { success: true, data: Object.fromEntries(rows), at, timestamp: new Date(at).toISOString() }
}

/** What its socket tells. */
function voter(node: FakeNode | undefined): Response {
  if (node === undefined) return refuse(404, 'no-such-node', 'There is no such node here.')
  const { id, votes: { state } } = node
  const { reach, reachReason, voted } = state
  // A node that is no voter has none to tell of, which is an answer.
  if (reach !== 'up' && reachReason?.code !== 'no-voter') return away(reachReason)
  const receivers = receiversInOrder(state).map(({ name, rssi, master, state }) => ({
    name, rssi, master, state, mix: state === 'mix', inactive: state === 'inactive',
  }))
  return Response.json({ success: true, html: '', spinner: '*', node: id, voters: reach === 'up' ? [{ node: id, voted, receivers }] : [] })
}

function astdb({ nodes, astdb: names }: FakeHouse, route: string, query: URLSearchParams): Response {
  const known: Readonly<Record<string, Partial<Identity>>> = { ...names, ...Object.fromEntries([...nodes].map(([id, { state }]) => [id, state])) }
  const entry = (id: string) => {
    const { [id]: found } = known
    if (found === undefined) return null
    const { callsign = null, description = null, location = null } = found
    return { node_id: id, callsign: callsign ?? '', description: description ?? '', location: location ?? '', full_info: displayName({ callsign, description, location }) }
  }
  const ok = (data: unknown) => Response.json({ success: true, data })
  const ids = Object.keys(known)
  const [, kind = '', id = ''] = route.split('/').map(decodeURIComponent)
  switch (kind) {
    case 'node':
      return entry(id) === null ? refuse(404, 'no-such-node', 'The node list does not have this node.') : ok(entry(id))
    case 'nodes':
      return ok(Object.fromEntries((query.get('nodes') ?? '').split(',').map((each) => [each, entry(each)])))
    case 'search': {
      const wanted = (query.get('q') ?? '').toLowerCase()
      const results = ids.map(entry).filter((each) => each !== null && `${each.node_id} ${each.full_info}`.toLowerCase().includes(wanted))
      const some = results.slice(0, Number(query.get('limit') ?? 50))
      return ok({ query: query.get('q'), results: some, count: some.length })
    }
    case 'stats':
      return ok({ entries_count: ids.length })
    case 'health':
      return Response.json({ success: true, healthy: true, data: { entries_count: ids.length, cache_status: 'loaded' } })
    default:
      return refuse(404, 'not-found', 'The fake gateway has no such route.')
  }
}
