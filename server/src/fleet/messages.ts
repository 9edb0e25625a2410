/** What crosses the broker: JSON, one object a message. Everything is read by these shapes; what does not fit counts as not sent. */
import * as v from 'valibot'
import { NODE_ID, nodePatchSchema } from '../../../protocol/nodeState.ts'
import { voterPatchSchema } from '../../../protocol/voter.ts'
import { LONGEST_URL } from '../config/webUrl.ts'

/** Longest message that is read, bytes. A hub of 256 links has 60,000. */
const MAX_BYTES = 2_000_000
/** Most nodes of one edge, and of one demand. */
export const MAX_NODES = 2_000

const nodeId = v.pipe(v.string(), v.regex(NODE_ID))
const text = v.pipe(v.string(), v.maxLength(200))
/** What a node can do without: not read, it is not there, and the other nodes of the list are. */
const orNothing = (maxLength: number) => v.fallback(v.nullable(v.pipe(v.string(), v.maxLength(maxLength))), null)
const label = orNothing(200)
const url = orNothing(LONGEST_URL)
const at = v.pipe(v.number(), v.finite())
/** Viewers take 64 characters; the rest is for what a front adds: how far a clock is off, and who may see addresses. */
const epoch = v.pipe(v.string(), v.minLength(1), v.maxLength(48))
const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const place = { epoch, seq, at }

const publicNode = v.object({
  id: nodeId,
  callsign: label,
  description: label,
  location: label,
  system: text,
  menu: v.boolean(),
  hideNodeURL: v.boolean(),
  listenlive: url,
  archive: url,
  lsnodes: url,
})
/** One node of an edge, as a menu needs it. */
export type FleetNode = v.InferOutput<typeof publicNode>

export const edgeStatusSchema = v.object({
  up: v.boolean(),
  /** Every epoch of this run of the edge begins with it. */
  run: epoch,
})
export type EdgeStatus = v.InferOutput<typeof edgeStatusSchema>

export const edgeNodesSchema = v.object({
  /** When the run of the edge began, by its clock, ms. */
  since: at,
  nodes: v.pipe(v.array(publicNode), v.maxLength(MAX_NODES)),
})
export type EdgeNodes = v.InferOutput<typeof edgeNodesSchema>

export const beatSchema = v.object({ at, run: epoch, seqs: v.record(nodeId, seq) })
export type Beat = v.InferOutput<typeof beatSchema>

export const nodeTruthSchema = v.object({ ...place, state: nodePatchSchema })
export const nodeChangeSchema = v.object({ ...place, patch: nodePatchSchema })
export const voterTruthSchema = v.object({ ...place, state: voterPatchSchema })
export const voterChangeSchema = v.object({ ...place, patch: voterPatchSchema })

export const demandSchema = v.object({
  nodes: v.pipe(v.array(nodeId), v.maxLength(MAX_NODES)),
  voters: v.pipe(v.array(nodeId), v.maxLength(MAX_NODES)),
  /** Of these the front wants to be told the whole truth now. */
  ask: v.pipe(v.array(nodeId), v.maxLength(MAX_NODES)),
  askVoters: v.pipe(v.array(nodeId), v.maxLength(MAX_NODES)),
})
export type Demand = v.InferOutput<typeof demandSchema>

/** A message by its shape; null = it has another, is no JSON, or too long. */
export function readMessage<T extends v.GenericSchema>(schema: T, payload: string): v.InferOutput<T> | null {
  if (payload.length > MAX_BYTES) return null
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return null
  }
  const read = v.safeParse(schema, value)
  return read.success ? read.output : null
}
