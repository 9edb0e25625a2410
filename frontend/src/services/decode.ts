import * as v from 'valibot'
import { serverFrameSchema } from '../../../protocol/frames.ts'
import type { ServerFrame } from '../../../protocol/frames.ts'
import type { DiagnosticCode } from './diagnostics.ts'

/** Longest message that is parsed, in UTF-16 units. A hub of 256 links takes about 100,000. */
export const MAX_MESSAGE = 4_000_000

export type Decoded = { readonly ok: true; readonly frame: ServerFrame } | { readonly ok: false; readonly code: DiagnosticCode; readonly message: string }

/** One message from a socket as a frame. Anything at all may come in; nothing is thrown. */
export function decodeFrame(data: unknown): Decoded {
  if (typeof data !== 'string') return { ok: false, code: 'frame-not-text', message: 'A binary message was dropped.' }
  if (data.length > MAX_MESSAGE) {
    return { ok: false, code: 'frame-too-big', message: `A message of ${data.length} characters was dropped.` }
  }
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch {
    return { ok: false, code: 'frame-not-json', message: 'A message that is not JSON was dropped.' }
  }
  const result = v.safeParse(serverFrameSchema, json)
  if (result.success) return { ok: true, frame: result.output }
  const issue = result.issues[0]
  const path = v.getDotPath(issue)
  return { ok: false, code: 'frame-not-understood', message: `A frame was dropped: ${issue.message}${path === null ? '' : ` (${path})`}` }
}
