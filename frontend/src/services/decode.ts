/**
 * One message from a socket as frames. Anything at all may come in; nothing is thrown. Three tongues are understood: our
 * own, and Supermon-NG's flat state and its acknowledgements, told apart by their shape.
 */
import * as v from 'valibot'
import { batchSchema, serverFrameSchema } from '../../../protocol/frames.ts'
import type { ServerFrame } from '../../../protocol/frames.ts'
import { statusRowSchema } from '../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import type { DiagnosticCode } from './diagnostics.ts'

/** Longest message that is parsed, in UTF-16 units. A hub of 256 links takes about 100,000. */
export const MAX_MESSAGE = 4_000_000

/** Supermon-NG 4.1–4.3's state message. */
export interface FlatFrame {
  readonly type: 'flat'
  readonly row: LooseStatusRow
}
/** Supermon-NG's `subscribed` and `pong`: the socket lives; of the node they say nothing. */
export interface AckFrame {
  readonly type: 'ack'
  /** It comes from a gateway that would rather speak our dialect. */
  readonly v2: boolean
}
export type IncomingFrame = ServerFrame | FlatFrame | AckFrame

export interface Problem {
  readonly code: DiagnosticCode
  readonly message: string
}
export interface Decoded<F = IncomingFrame> {
  readonly frames: readonly F[]
  readonly problems: readonly Problem[]
}

export function decodeMessage(data: unknown): Decoded {
  return decodeJson(data, decodeAny)
}

/** A text that holds JSON, as `read` understands it. */
export function decodeJson<F>(data: unknown, read: (json: unknown) => Decoded<F>): Decoded<F> {
  if (typeof data !== 'string') return problem('frame-not-text', 'A binary message was dropped.')
  if (data.length > MAX_MESSAGE) return problem('frame-too-big', `A message of ${data.length} characters was dropped.`)
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch {
    return problem('frame-not-json', 'A message that is not JSON was dropped.')
  }
  return read(json)
}

function decodeAny(json: unknown): Decoded {
  const batch = v.safeParse(batchSchema, json)
  if (!batch.success) return decodeOne(json)
  const parts = batch.output.frames.map(decodeOne)
  return { frames: parts.flatMap(({ frames }) => frames), problems: parts.flatMap(({ problems }) => problems) }
}

const ackSchema = v.object({ action: v.picklist(['subscribed', 'pong']), v2: v.optional(v.literal(true)) })
const flatSchema = v.object({ remote_nodes: v.array(v.unknown()), timestamp: v.pipe(v.number(), v.finite()) })

function decodeOne(json: unknown): Decoded {
  const frame = v.safeParse(serverFrameSchema, json)
  if (frame.success) return { frames: [frame.output], problems: [] }
  if (v.is(ackSchema, json)) return { frames: [{ type: 'ack', v2: json.v2 === true }], problems: [] }
  if (v.is(flatSchema, json)) {
    const row = v.safeParse(statusRowSchema, json)
    if (row.success) return { frames: [{ type: 'flat', row: row.output }], problems: [] }
  }
  return notUnderstood(frame.issues[0])
}

/** @param issue what is wrong with it first of all */
export function notUnderstood(issue: v.BaseIssue<unknown>): Decoded<never> {
  const path = v.getDotPath(issue)
  return problem('frame-not-understood', `A frame was dropped: ${issue.message}${path === null ? '' : ` (${path})`}`)
}

function problem(code: DiagnosticCode, message: string): Decoded<never> {
  return { frames: [], problems: [{ code, message }] }
}
