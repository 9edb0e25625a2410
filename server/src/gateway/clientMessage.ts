/** What a viewer says, read. Nothing of it is trusted to be anything. */
import * as v from 'valibot'
import { clientFrameSchema } from '../../../protocol/clientFrames.ts'
import type { ClientFrame } from '../../../protocol/clientFrames.ts'

/** A frame of `supermon.v2`; null = it is none. */
export function readFrame(data: string): ClientFrame | null {
  const frame = v.safeParse(clientFrameSchema, parse(data))
  return frame.success ? frame.output : null
}

/**
 * The answer to the plan's `{"type":"ping"}` and Supermon-NG's `{"action":…}`; null = silence, as there.
 * @param watches the node that this socket is for
 */
export function legacyAnswer(data: string, watches: (node: string) => boolean): string | null {
  const json = parse(data)
  if (typeof json !== 'object' || json === null) return null
  const { type, action, node } = json as { type?: unknown; action?: unknown; node?: unknown }
  if (type === 'ping') return '{"type":"pong"}'
  if (action === 'ping') return '{"action":"pong"}'
  if (action !== 'subscribe' || typeof node !== 'string' || !watches(node)) return null
  // A client of ours that was misled takes the hint and comes back with its own greeting.
  return JSON.stringify({ action: 'subscribed', node, v2: true })
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
