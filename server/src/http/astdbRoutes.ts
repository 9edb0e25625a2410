/** `astdb/*`: names of nodes, in Supermon-NG's shapes; never the whole list. */
import { Hono } from 'hono'
import { displayName } from '../../../protocol/names.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import type { Clock } from '../env/clock.ts'
import { badNode, iso, refuse } from './reply.ts'

/** The node list, as far as these routes need it; `AstDb` is one. */
export interface NodeNames {
  readonly size: number
  lookup(id: string): Identity | null
  /** Ids whose line holds `text`, in the list's order; upper and lower case are the same. */
  search(text: string, limit: number): readonly string[]
  /** Reads the list's files again if they changed. */
  refresh(): Promise<unknown>
}

const MAX_IDS = 200
const MAX_RESULTS = 200
const DEFAULT_RESULTS = 50
const MAX_QUERY = 64

export function createAstDb(names: NodeNames, clock: Clock): Hono {
  const app = new Hono()
  const entry = (id: string) => {
    const found = names.lookup(id)
    if (found === null) return null
    const { callsign, description, location } = found
    return { node_id: id, callsign: callsign ?? '', description: description ?? '', location: location ?? '', full_info: displayName(found) }
  }

  app.get('/astdb/node/:id', (c) => {
    const id = c.req.param('id')
    if (!NODE_ID.test(id)) return badNode(c)
    const data = entry(id)
    if (data === null) return refuse(c, 404, 'no-such-node', 'Node not found', 'The node list does not have this node.')
    return c.json({ success: true, data, timestamp: iso(clock.now()) })
  })

  app.get('/astdb/nodes', (c) => {
    const ids = [...new Set((c.req.query('nodes') ?? '').split(',').map((id) => id.trim()).filter((id) => id !== ''))]
    if (ids.length === 0) return refuse(c, 400, 'no-nodes', 'No nodes specified', 'Name them: ?nodes=2000,48752')
    if (ids.length > MAX_IDS || ids.some((id) => !NODE_ID.test(id))) {
      return refuse(c, 400, 'bad-nodes', 'Bad nodes', `Give at most ${MAX_IDS} node numbers, separated by commas.`)
    }
    return c.json({ success: true, data: Object.fromEntries(ids.map((id) => [id, entry(id)])), timestamp: iso(clock.now()) })
  })

  app.get('/astdb/search', (c) => {
    const query = (c.req.query('q') ?? '').trim()
    const limit = Number(c.req.query('limit') ?? DEFAULT_RESULTS)
    if (query.length < 2 || query.length > MAX_QUERY || !Number.isInteger(limit) || limit < 1 || limit > MAX_RESULTS) {
      return refuse(c, 400, 'bad-search', 'Bad search', `Give q with 2 to ${MAX_QUERY} characters and limit from 1 to ${MAX_RESULTS}.`)
    }
    const results = names.search(query, limit).map(entry)
    return c.json({ success: true, data: { query, results, count: results.length }, timestamp: iso(clock.now()) })
  })

  app.get('/astdb/stats', (c) => c.json({ success: true, data: { entries_count: names.size }, timestamp: iso(clock.now()) }))
  app.get('/astdb/health', (c) => {
    const healthy = names.size > 0
    const data = { entries_count: names.size, cache_status: healthy ? 'loaded' : 'empty' }
    return c.json({ success: true, healthy, data, timestamp: iso(clock.now()) }, healthy ? 200 : 503)
  })
  return app
}
