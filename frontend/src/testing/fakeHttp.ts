import { displayName } from '../../../protocol/names.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import type { FakeNode } from './fakeNode.ts'

type Nodes = ReadonlyMap<string, FakeNode>

const EVERYTHING = { CONNECTUSER: true, MONUSER: true, LMONUSER: true, DISCUSER: true, DTMFUSER: true, PERMUSER: true }

/** The gateway's routes, as far as the client asks them. Whoever asks is signed in and may do everything. */
export async function answerHttp(nodes: Nodes, path: string, init: RequestInit | undefined, now: number): Promise<Response> {
  await Promise.resolve()
  const url = new URL(path, 'http://gateway.test/')
  const route = url.pathname.replace(/^\/api\/v1\//, '')
  switch (route) {
    case 'nodes':
      return Response.json({ success: true, data: [...nodes.values()].map(listed), count: nodes.size, config_source: 'test' })
    case 'nodes/ami/status':
      return Response.json(status(nodes, (url.searchParams.get('nodes') ?? '').split(','), now))
    case 'auth/me':
      return Response.json({ success: true, data: { user: { name: 'test' }, permissions: EVERYTHING, sign_in: 'here', sign_in_url: null } })
    case 'csrf-token':
      return Response.json({ success: true, csrf_token: 'csrf-of-the-test' })
    case 'nodes/connect':
    case 'nodes/monitor':
    case 'nodes/local-monitor':
    case 'nodes/disconnect':
    case 'nodes/disconnect-all':
    case 'nodes/dtmf':
      return control(nodes, route.slice('nodes/'.length), typeof init?.body === 'string' ? init.body : '{}')
    default:
      return Response.json({ success: false, error: 'Not found', message: 'The fake gateway has no such route.' }, { status: 404 })
  }
}

function listed({ id, state }: FakeNode) {
  const { callsign, description, location } = state
  return { id, callsign, description, location, info: displayName(state), system: 'Nodes' }
}

function status(nodes: Nodes, ids: readonly string[], now: number) {
  const rows = ids.flatMap((id) => {
    const node = nodes.get(id)
    return node === undefined ? [] : [[id, { ...toStatusRow(id, node.state, now), epoch: node.epoch, seq: node.seq }] as const]
  })
  return { success: true, data: Object.fromEntries(rows), at: now, timestamp: new Date(now).toISOString() }
}

/** What was asked is done at once, and shown by the node. */
function control(nodes: Nodes, action: string, body: string): Response {
  const { localnode = '', remotenode = '', perm } = JSON.parse(body) as { localnode?: string; remotenode?: string; perm?: unknown }
  const node = nodes.get(localnode)
  if (node === undefined) return Response.json({ success: false, code: 'no-such-node', message: `There is no node ${localnode} here.` }, { status: 404 })
  if (action === 'dtmf') return outcome(202, action, 'not-confirmed', 'The digits were handed to the node.')
  if (action === 'disconnect-all') {
    for (const name of Object.keys(node.state.links)) node.disconnect(name)
    return outcome(200, action, 'done', `All links of ${localnode} are disconnected.`)
  }
  if (action === 'disconnect') {
    if (!Object.hasOwn(node.state.links, remotenode)) return outcome(409, action, 'refused', `${remotenode} is not linked to ${localnode}.`)
    node.disconnect(remotenode)
    return outcome(200, action, 'done', `${remotenode} is disconnected from ${localnode}.`)
  }
  const mode = action === 'connect' ? 'transceive' : action === 'monitor' ? 'monitor' : 'local-monitor'
  node.connect(remotenode, { mode, permanent: perm === 'on' || perm === true })
  return outcome(200, action, 'done', `${localnode} is linked to ${remotenode}.`)
}

function outcome(status: number, action: string, outcome: string, message: string): Response {
  return Response.json({ success: outcome !== 'refused', message, data: { action, outcome, code: null } }, { status })
}
