/**
 * The frames of the `supermon.v2` dialect: JSON objects `{type, …}` in text messages. `docs/protocol.md` has the
 * numbered statements.
 */
import * as v from 'valibot'
import { nodePatchSchema } from './nodeState.ts'

/** Asked for in `Sec-WebSocket-Protocol`. */
export const SUBPROTOCOL = 'supermon.v2'

/** Longest message a client may send, bytes. */
export const MAX_CLIENT_MESSAGE = 16_384
/** Most nodes in one message of a client, and most frames in one batch of a server. */
export const MAX_NODES_ASKED = 500
export const MAX_BATCH = 1_000

/**
 * Longest time a client takes from a server, ms. Longer ones are taken as this: a timer of more than 2^31 ms fires at once,
 * and 1e999 is a number in JSON.
 */
const LONGEST_MS = 600_000
const nodeId = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const at = v.pipe(v.number(), v.finite())
/** Changes when the server can no longer tell what a viewer missed (restart, node reconfigured). Compare for equality only. */
const epoch = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
/** Grows by one with every change of the node within an epoch. */
const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
/** A node, and a place in the order of what was said of it. */
export const position = { node: nodeId, epoch, seq, at }

const helloSchema = v.object({
  type: v.literal('hello'),
  at,
  /** The server is silent for at most this long (ms): after that it sends a `beat`. */
  beatMs: v.pipe(v.number(), v.minValue(1_000), v.toMaxValue(LONGEST_MS)),
  server: v.object({ name: v.string(), version: v.string() }),
  limits: v.object({ messageBytes: v.number(), nodes: v.number() }),
  features: v.array(v.string()),
})
const beatSchema = v.object({
  type: v.literal('beat'),
  at,
  nodes: v.record(nodeId, v.object({ epoch, seq })),
})
const snapshotSchema = v.object({ type: v.literal('snapshot'), ...position, state: nodePatchSchema })
const patchSchema = v.object({ type: v.literal('patch'), ...position, patch: nodePatchSchema })
const currentSchema = v.object({ type: v.literal('current'), ...position })
const goawaySchema = v.object({
  type: v.literal('goaway'),
  at,
  reason: v.string(),
  /** Come back after a random wait of up to this long (ms), so that all viewers do not come at once. */
  spreadMs: v.pipe(v.number(), v.minValue(0), v.toMaxValue(LONGEST_MS)),
})
const errorSchema = v.object({
  type: v.literal('error'),
  at,
  code: v.string(),
  message: v.string(),
  node: v.optional(nodeId),
})
/** The rollout's flag is another one now: read it again, after a random wait of up to `spreadMs`. */
const flagSchema = v.object({
  type: v.literal('flag'),
  at,
  revision: v.string(),
  spreadMs: v.pipe(v.number(), v.minValue(0), v.toMaxValue(LONGEST_MS)),
})
const pongSchema = v.object({ type: v.literal('pong'), at, id: v.optional(v.union([v.number(), v.string()])) })

/** Frames of one moment, in order, on the shared socket. Each is judged by itself: one that is bad costs only itself. */
export const batchSchema = v.object({ type: v.literal('batch'), at, frames: v.pipe(v.array(v.unknown()), v.maxLength(MAX_BATCH)) })

/** Frames that are the same whatever is watched. */
export const commonFrames = [helloSchema, beatSchema, currentSchema, goawaySchema, errorSchema, pongSchema, flagSchema] as const

export const serverFrameSchema = v.variant('type', [...commonFrames, snapshotSchema, patchSchema])
export type ServerFrame = v.InferOutput<typeof serverFrameSchema>
export type Frame<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>

/** What a viewer already holds of a node, offered on (re)subscribing. */
export interface Position {
  readonly epoch: string
  readonly seq: number
}
