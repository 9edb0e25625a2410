import type { CommandCode } from '../../../protocol/commandCodes.ts'
import { displayName } from '../../../protocol/names.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import { bodyOf, refuse } from './fakeAccounts.ts'
import type { FakeAccounts } from './fakeAccounts.ts'
import { receiverState } from './fakeNode.ts'
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

function voter(node: FakeNode | undefined): Response {
  if (node === undefined) return noSuchNode('')
  const { voter } = node
  const receivers = Object.entries(voter?.receivers ?? {}).map(([name, told]) => {
    const { rssi, mix = false, master = false, inactive = false } = told
    return { name, rssi, mix, master, inactive, state: receiverState(name, told, voter?.voted ?? null) }
  })
  const voters = voter === null ? [] : [{ node: node.id, voted: voter.voted, receivers }]
  return Response.json({ success: true, html: '', spinner: '*', node: node.id, voters })
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

/** What was asked is done at once, and shown by the node. */
function control({ nodes, accounts }: FakeHouse, action: string, init: RequestInit | undefined): Response {
  const { localnode = '', remotenode = '', perm } = bodyOf(init) as { localnode?: string; remotenode?: string; perm?: unknown }
  const permanent = perm === 'on' || perm === true
  const objection = accounts.objection(action, permanent, init)
  if (objection !== null) return objection
  const node = nodes.get(localnode)
  if (node === undefined) return noSuchNode(localnode)
  if (action === 'dtmf') return outcome(202, action, 'not-confirmed', 'not-verifiable', 'The digits were handed to the node.')
  if (action === 'disconnect-all') {
    for (const name of Object.keys(node.state.links)) node.disconnect(name)
    return outcome(200, action, 'done', 'all-disconnected', `All links of ${localnode} are disconnected.`)
  }
  if (action === 'disconnect') {
    if (!Object.hasOwn(node.state.links, remotenode)) return outcome(409, action, 'refused', 'not-linked', `${remotenode} is not linked to ${localnode}.`)
    node.disconnect(remotenode)
    return outcome(200, action, 'done', 'disconnected', `${remotenode} is disconnected from ${localnode}.`)
  }
  const mode = action === 'connect' ? 'transceive' : action === 'monitor' ? 'monitor' : 'local-monitor'
  node.connect(remotenode, { mode, permanent })
  return outcome(200, action, 'done', 'linked', `${localnode} is linked to ${remotenode}.`)
}

function noSuchNode(id: string): Response {
  return refuse(404, 'no-such-node', id === '' ? 'There is no such node here.' : `There is no node ${id} here.`)
}

function outcome(status: number, action: string, outcome: string, code: CommandCode, message: string): Response {
  return Response.json({ success: outcome !== 'refused', message, data: { action, outcome, code } }, { status })
}
