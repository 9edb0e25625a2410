/** `nodes/voter/status`: receivers of a voter, for old clients as markup and for everybody as data. */
import { Hono } from 'hono'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { receiversInOrder } from '../../../protocol/voter.ts'
import type { VoterState } from '../../../protocol/voter.ts'
import { voterTable } from '../gateway/voterHtml.ts'
import { badNode, noSuchNode, refuse } from './reply.ts'
import type { MaySee } from './nodes.ts'

export interface VoterOptions {
  readonly maySee: MaySee
  /** How the voter of a node is just now; null = there is no such node. */
  readonly look: (node: string) => Promise<VoterState | null>
}

export function createVoter({ maySee, look }: VoterOptions): Hono {
  const app = new Hono()
  app.get('/nodes/voter/status', async (c) => {
    const node = c.req.query('node') ?? ''
    if (node === '') return refuse(c, 400, 'no-nodes', 'Node parameter is required', 'Give a node: ?node=546056')
    if (!NODE_ID.test(node)) return badNode(c)
    if (!(await maySee(c))(node)) return noSuchNode(c)
    const state = await look(node)
    if (state === null) return noSuchNode(c)
    const { reach, reachReason } = state
    // A node that is no voter has none to tell of, which is an answer.
    if (reach !== 'up' && reachReason?.code !== 'no-voter') {
      return refuse(c, 503, reachReason?.code ?? 'other', 'No voter data', reachReason?.message ?? 'Asterisk gave no data about the voter.')
    }
    const voters = reach === 'up' ? [dataOf(node, state)] : []
    return c.json({ success: true, html: voterTable(node, state), spinner: '*', node, voters })
  })
  return app
}

function dataOf(node: string, state: VoterState) {
  const receivers = receiversInOrder(state).map(({ name, rssi, master, state }) => ({
    name, rssi, master, state, mix: state === 'mix', inactive: state === 'inactive',
  }))
  return { node, voted: state.voted, receivers }
}
