/** Where two readings of one node differ: what the socket told, and a polled row of the same place in the server's order. */
import * as v from 'valibot'
import type { LinkState, NodeState, Note } from '../../../../protocol/nodeState.ts'
import { fromStatusRow, statusRowSchema, toStatusRow } from '../../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../../protocol/statusRow.ts'

export interface Difference {
  /** A word, e.g. `link.keyed`. */
  readonly field: string
  /** Without names, addresses and texts: values of closed sets and numbers as they are, of texts how long they are. */
  readonly example: string
}

/** Rows count in whole seconds, ms. */
const TOLERANCE_MS = 2_000

/**
 * Both as what a row can say: it knows no reconnects, and names as one text.
 * @param at server time of the row, ms
 */
export function differencesOf(node: string, held: NodeState, row: LooseStatusRow, at: number): Difference[] {
  const told = v.parse(statusRowSchema, toStatusRow(node, held, at))
  const [socket, poll] = [fromStatusRow(told, at), fromStatusRow(row, at)]
  const found: Difference[] = []
  const closed = (field: string, a: unknown, b: unknown) => {
    if (a !== b) found.push({ field, example: `socket ${String(a)}, poll ${String(b)}` })
  }
  const text = (field: string, a: string | null | undefined, b: string | null | undefined) => {
    if ((a ?? '') !== (b ?? '')) found.push({ field, example: `socket ${(a ?? '').length} characters, poll ${(b ?? '').length}` })
  }
  const time = (field: string, a: number | null, b: number | null) => {
    if (a === null || b === null ? a !== b : Math.abs(a - b) > TOLERANCE_MS) {
      found.push({ field, example: a === null || b === null ? `socket ${a === null ? 'none' : 'some'}, poll ${b === null ? 'none' : 'some'}` : `${Math.round(b - a)} ms apart` })
    }
  }
  const set = (field: string, a: object, b: object) => {
    const lacking = (from: object, of: object) => Object.keys(of).filter((key) => !Object.hasOwn(from, key)).length
    const [missing, more] = [lacking(a, b), lacking(b, a)]
    if (missing + more > 0) found.push({ field, example: `socket lacks ${missing}, has ${more} more` })
  }
  closed('reach', socket.reach, poll.reach)
  // Of a node that is not reached a row says why, and nothing else.
  if (socket.reach !== poll.reach || poll.reach !== 'up') return found
  closed('rx', socket.rx, poll.rx)
  closed('tx', socket.tx, poll.tx)
  text('name', told.info, row.info)
  telemetry(text, socket, poll)
  set('links', socket.links, poll.links)
  for (const [name, link] of Object.entries(socket.links)) {
    const other = Object.hasOwn(poll.links, name) ? poll.links[name] : undefined
    if (other !== undefined) compareLinks(closed, text, time, link, other)
  }
  if (held.indirect.more) return found
  set('indirect', socket.indirect.nodes, poll.indirect.nodes)
  for (const [name, mode] of Object.entries(socket.indirect.nodes)) {
    if (Object.hasOwn(poll.indirect.nodes, name)) closed('indirect.mode', mode, poll.indirect.nodes[name])
  }
  return found
}

type Compare<T> = (field: string, socket: T, poll: T) => void

function compareLinks(closed: Compare<unknown>, text: Compare<string | null>, time: Compare<number | null>, socket: LinkState, poll: LinkState): void {
  closed('link.state', socket.state, poll.state)
  closed('link.mode', socket.mode, poll.mode)
  closed('link.direction', socket.direction, poll.direction)
  closed('link.keyed', socket.keyed, poll.keyed)
  time('link.connectedSince', socket.connectedSince, poll.connectedSince)
  time('link.lastKeyedAt', socket.lastKeyedAt, poll.lastKeyedAt)
  text('link.name', socket.description, poll.description)
}

function telemetry(text: Compare<string | null | undefined>, { telemetry: socket }: NodeState, { telemetry: poll }: NodeState): void {
  const alerts = (notes: readonly Note[] | null) => notes?.map((note) => note.text).join()
  text('telemetry.cpuTemp', socket.cpuTemp?.text, poll.cpuTemp?.text)
  text('telemetry.uptime', socket.uptime, poll.uptime)
  text('telemetry.load', socket.load, poll.load)
  text('telemetry.weather', socket.weather?.text, poll.weather?.text)
  text('telemetry.disk', socket.disk?.text, poll.disk?.text)
  text('telemetry.alerts', alerts(socket.alerts), alerts(poll.alerts))
}
