/** `nodes/voter/status`: receivers of a voter, for old clients as markup and for everybody as data. */
import { Hono } from 'hono'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { VoterAnswer, VoterInstance, VoterReceiver } from '../feed/voterLook.ts'
import { badNode, noSuchNode, refuse } from './reply.ts'
import type { MaySee } from './nodes.ts'

export interface VoterOptions {
  readonly maySee: MaySee
  /** Looks at the voter of a node now; null = there is no such node. */
  readonly look: (node: string) => Promise<VoterAnswer | null>
}

export function createVoter({ maySee, look }: VoterOptions): Hono {
  const app = new Hono()
  app.get('/nodes/voter/status', async (c) => {
    const node = c.req.query('node') ?? ''
    if (node === '') return refuse(c, 400, 'no-nodes', 'Node parameter is required', 'Name one: ?node=546056')
    if (!NODE_ID.test(node)) return badNode(c)
    if (!(await maySee(c))(node)) return noSuchNode(c)
    const answer = await look(node)
    if (answer === null) return noSuchNode(c)
    if (!answer.ok) return refuse(c, 503, answer.code, 'No voter data', answer.message)
    const voters = answer.instances.map(dataOf)
    return c.json({ success: true, html: htmlOf(node, answer.instances), spinner: '*', node, voters })
  })
  return app
}

/** Receivers' addresses are nobody's business. */
function dataOf({ node, voted, receivers }: VoterInstance) {
  return {
    node,
    voted,
    receivers: receivers.map(({ name, rssi, mix, master, inactive }) => ({ name, rssi, mix, master, inactive, state: stateOf(name, voted, mix, inactive) })),
  }
}

function stateOf(name: string, voted: string | null, mix: boolean, inactive: boolean): string {
  if (inactive) return 'inactive'
  if (name === voted) return 'voted'
  return mix ? 'mix' : 'voting'
}

const LONGEST_BAR = 300
const FULL_SIGNAL = 255

/** The table that Supermon-NG's page puts into itself. Every word in it comes from a configuration, and is escaped. */
function htmlOf(node: string, instances: readonly VoterInstance[]): string {
  const rows = instances.flatMap(({ voted, receivers }) => receivers.map((receiver) => rowOf(receiver, voted)))
  const body = rows.length > 0 ? rows.join('') : '<tr><td>No clients</td><td></td></tr>'
  return `<table class="rtcm"><tr><th colspan="2"><i>Node ${escape(node)}</i></th></tr><tr><th>Client</th><th>RSSI</th></tr>${body}</table><br/>`
}

function rowOf({ name, rssi, mix, inactive }: VoterReceiver, voted: string | null): string {
  const width = rssi === null || rssi === 0 ? 3 : Math.max(1, Math.round((rssi / FULL_SIGNAL) * LONGEST_BAR))
  const colour = name === voted ? 'greenyellow' : mix ? 'cyan' : '#0099FF'
  const text = inactive ? 'inactive' : String(rssi ?? '')
  return `<tr><td>${escape(name)}</td><td><div class="barbox_a"><div class="bar" style="width: ${width}px; background-color: ${colour}">${text}</div></div></td></tr>`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
