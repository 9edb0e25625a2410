/**
 * A voter and its receivers as every viewer sees them: the shape that crosses the wire on `<base>/ws/voter/<node>`, whole
 * in a `snapshot` and in parts in a `patch`. Conventions are those of a node's state. Source: app_rpt chan_voter.c.
 */
import * as v from 'valibot'
import { commonFrames, position } from './frames.ts'
import { changedEntries, changedFields, mergeEntries, mergeFields } from './merge.ts'
import { REACH_CODES, reachSchema } from './nodeState.ts'
import type { Reach } from './nodeState.ts'

/** Signal of a receiver that hears nothing at all, and of one that cannot hear better. About 30 dB lie between them. */
export const RSSI = { min: 0, max: 255, decibels: 30 } as const

/**
 * What a receiver does: `voted` is the one that is heard; `voting` could be; `mix` is added to the audio, whoever is voted, and is
 * `voted` itself when it is the strongest; `inactive` is configured and not heard from.
 */
export const RECEIVER_STATES = ['voting', 'voted', 'mix', 'inactive'] as const
export type ReceiverState = (typeof RECEIVER_STATES)[number]

export interface Receiver {
  /** Signal, 0 (none) to 255; null = not known. */
  readonly rssi: number | null
  /** null = not known: a later gateway's word. */
  readonly state: ReceiverState | null
  /** Carries the voter's time. */
  readonly master: boolean
  /** Place in Asterisk's list, from 0. */
  readonly order: number
}

/** Why a voter tells nothing: Asterisk does not answer, or it does and has no such voter. */
export const VOTER_CODES = [...REACH_CODES, 'no-voter', 'voter-not-loaded'] as const
export type VoterCode = (typeof VOTER_CODES)[number]

export interface VoterReason {
  readonly code: VoterCode
  readonly message: string
}

export interface VoterState {
  /** Does Asterisk tell of this voter? */
  readonly reach: Reach
  /** null when reach is `up`. */
  readonly reachReason: VoterReason | null
  /** Name of the receiver that is heard now; null = none is, or not known. */
  readonly voted: string | null
  /** By name. */
  readonly receivers: Readonly<Record<string, Receiver>>
}

export const EMPTY_VOTER: VoterState = { reach: 'unknown', reachReason: null, voted: null, receivers: {} }
const EMPTY_RECEIVER: Receiver = { rssi: null, state: null, master: false, order: 0 }

/** More than this in one voter is no voter; chan_voter itself is used with a few dozen. */
export const MAX_RECEIVERS = 500

/** Names that JavaScript treats specially as keys; validation drops them. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/** May this stand as a receiver's name? They come from voter.conf, where any text goes. */
export function isReceiverName(name: string): boolean {
  return name.length > 0 && name.length <= 128 && !RESERVED.has(name)
}

/** Not "could be voted" where a word is not known here. */
export const receiverStateSchema = v.fallback(v.nullable(v.picklist(RECEIVER_STATES)), null)
const text = v.pipe(v.string(), v.maxLength(2_000))
const receiverName = v.pipe(v.string(), v.check(isReceiverName))
const receiverPatchSchema = v.partial(
  v.object({
    rssi: v.nullable(v.pipe(v.number(), v.minValue(RSSI.min), v.maxValue(RSSI.max))),
    state: receiverStateSchema,
    master: v.boolean(),
    order: v.pipe(v.number(), v.safeInteger()),
  }),
)
type ReceiverPatch = v.InferOutput<typeof receiverPatchSchema>

export const voterPatchSchema = v.partial(
  v.object({
    reach: reachSchema,
    reachReason: v.nullable(v.object({ code: v.fallback(v.picklist(VOTER_CODES), 'other'), message: text })),
    voted: v.nullable(text),
    receivers: v.record(receiverName, v.nullable(receiverPatchSchema)),
  }),
)
/** JSON merge patch (RFC 7396) on a {@link VoterState}. `null` for a receiver removes it; for a field it clears it. */
export type VoterPatch = v.InferOutput<typeof voterPatchSchema>

/** A voter's socket speaks `supermon.v2`; only what is told of it differs from a node's. */
export const voterFrameSchema = v.variant('type', [
  ...commonFrames,
  v.object({ type: v.literal('snapshot'), ...position, state: voterPatchSchema }),
  v.object({ type: v.literal('patch'), ...position, patch: voterPatchSchema }),
])
export type VoterFrame = v.InferOutput<typeof voterFrameSchema>

/** The patch that turns `prev` into `next`, or null when nothing changed. */
export function diffVoter(prev: VoterState, next: VoterState): VoterPatch | null {
  if (prev === next) return null
  const patch: Record<string, unknown> = { ...changedFields(prev, next, ['receivers']) }
  const receivers = changedEntries<Receiver, Partial<Receiver>>(prev.receivers, next.receivers, (was, is) =>
    was === undefined ? is : changedFields(was, is),
  )
  if (receivers) patch['receivers'] = receivers
  return Object.keys(patch).length > 0 ? patch : null
}

/** `state` with `patch` merged in. Receivers that the patch does not name keep their identity. */
export function applyVoterPatch(state: VoterState, { receivers, ...fields }: VoterPatch): VoterState {
  return mergeFields(state, {
    ...fields,
    receivers: mergeEntries<Receiver, ReceiverPatch>(state.receivers, receivers, (was, is) => mergeFields(was ?? EMPTY_RECEIVER, is)),
  })
}

/** A full state as it crossed the wire (absent = null) made whole, keeping the identity of what `held` already has. */
export function readVoter(state: VoterPatch, held: VoterState = EMPTY_VOTER): VoterState {
  const patch = diffVoter(held, applyVoterPatch(EMPTY_VOTER, state))
  return patch === null ? held : applyVoterPatch(held, patch)
}

/** Receivers in the order of Asterisk's list. */
export function receiversInOrder(state: VoterState): readonly (Receiver & { readonly name: string })[] {
  return Object.entries(state.receivers)
    .map(([name, receiver]) => ({ name, ...receiver }))
    .sort((a, b) => a.order - b.order)
}
