/**
 * One node as every viewer sees it. The shape that crosses the wire in `snapshot` and, in parts, in `patch`.
 *
 * Conventions: ids are strings everywhere; times are absolute server milliseconds since the Unix epoch; in a full state
 * `null` means "known to be empty" or, where said, "not known". `docs/protocol.md` numbers the statements.
 */
import * as v from 'valibot'
import type { CommandAction, LinkAction } from './actions.ts'

/** Is Asterisk answering for this node? */
export type Reach = 'up' | 'down' | 'unknown'

/** Why a node is not reached. `message` says why and what to do; `code` is permanent. */
export interface ReachReason {
  readonly code: ReachCode
  readonly message: string
}

export const REACH_CODES = [
  'ami-connecting',
  'ami-refused',
  'ami-unreachable',
  'ami-login-refused',
  'ami-no-answer',
  'ami-closed',
  'ami-not-ami',
  'node-unknown',
  'node-ends-session',
  'not-watched',
  'broker-away',
  'edge-away',
  'edge-silent',
  'other',
] as const
export type ReachCode = (typeof REACH_CODES)[number]
/** Why nothing is heard of the gateway beside a node, where another one shows it. */
export type FleetCode = Extract<ReachCode, 'broker-away' | 'edge-away' | 'edge-silent'>

export const LINK_KINDS = ['allstar', 'echolink', 'irlp', 'phone', 'client', 'private', 'unknown'] as const
export type LinkKind = (typeof LINK_KINDS)[number]

/** `transceive` = T, `monitor` = R; `local-monitor` = in XStat's Conn lines but in no link list (app_rpt ilink 8/18). */
export const LINK_MODES = ['transceive', 'monitor', 'local-monitor'] as const
export type LinkMode = (typeof LINK_MODES)[number]

export const LINK_STATES = ['connecting', 'established'] as const
export type LinkConnectionState = (typeof LINK_STATES)[number]

export interface Identity {
  readonly callsign: string | null
  readonly description: string | null
  readonly location: string | null
}

/** One adjacent link. Its id is its key in {@link NodeState.links}. */
export interface LinkState extends Identity {
  readonly kind: LinkKind
  /** `in` = they called us. null = not known. */
  readonly direction: 'in' | 'out' | null
  readonly state: LinkConnectionState
  /** null = not known, e.g. while connecting. */
  readonly mode: LinkMode | null
  /** Is this link talking to us now? null = not known. */
  readonly keyed: boolean | null
  /** Start of this connection, or of the attempt while connecting. null = not known. */
  readonly connectedSince: number | null
  /** Start of its newest transmission on this connection; while `keyed` the start of the running one. null = never. */
  readonly lastKeyedAt: number | null
  /** End of its newest finished transmission. null = never, or not known. */
  readonly lastUnkeyedAt: number | null
  /** How often app_rpt had to redial this link. */
  readonly reconnects: number
  /** Redialled for ever by app_rpt? null = app_rpt does not say. */
  readonly permanent: boolean | null
  /** IP address that it comes from, `…` behind one that app_rpt cut; null = there is none (EchoLink, phone), or this viewer may not see it. */
  readonly peer: string | null
}

/** Did it call this node, and has hung up? app_rpt keeps its place for up to 10 s, and rpt_link_connect leaves it as it is then, whatever is ordered. */
export function hasHungUp({ state, direction }: Pick<LinkState, 'state' | 'direction'>): boolean {
  return state === 'connecting' && direction === 'in'
}

/** The mode of a link that was ordered so; the other actions order none. */
export const MODE_OF: Readonly<Record<Exclude<LinkAction, 'disconnect'>, LinkMode> & Partial<Record<CommandAction, LinkMode>>> = {
  connect: 'transceive', monitor: 'monitor', 'local-monitor': 'local-monitor',
}

/** A line of telemetry: text only, never markup. */
export interface Note {
  readonly text: string
  readonly level: 'normal' | 'warning' | 'critical'
  readonly url: string | null
}

/** Variables that a status script sets on the node (cpu_temp, WX, ALERT, …), as text. */
export interface Telemetry {
  readonly cpuTemp: Note | null
  readonly uptime: string | null
  readonly load: string | null
  readonly weather: Note | null
  readonly disk: Note | null
  /** null = the node has no ALERT variable. */
  readonly alerts: readonly Note[] | null
  /**
   * Since when all of this has been seen to be what it is: it is at least so old. Status scripts run every five minutes, so one that
   * said nothing new for an hour has stopped. null = nothing was said.
   */
  readonly changedAt: number | null
}

export const INDIRECT_MODES = ['transceive', 'monitor', 'connecting'] as const
export type IndirectMode = (typeof INDIRECT_MODES)[number]

/** Nodes behind the adjacent ones. `nodes` holds at most {@link MAX_INDIRECT}; `total` counts all that were listed. */
export interface Indirect {
  readonly total: number
  /** A node downstream cut its list short (`R000000`), so `total` is a lower bound. */
  readonly more: boolean
  readonly nodes: Readonly<Record<string, IndirectMode>>
}

export const MAX_INDIRECT = 250

export interface NodeState extends Identity {
  readonly reach: Reach
  /** null when reach is `up`. */
  readonly reachReason: ReachReason | null
  /** Since when `reach` has been what it is. */
  readonly reachSince: number | null
  /** Local receiver active (COS). null = not known. */
  readonly rx: boolean | null
  /** Local transmitter keyed (PTT), hang time included. null = not known. */
  readonly tx: boolean | null
  /** Start of the local receiver's newest transmission that was seen. */
  readonly lastKeyedAt: number | null
  readonly lastUnkeyedAt: number | null
  readonly telemetry: Telemetry
  readonly links: Readonly<Record<string, LinkState>>
  readonly indirect: Indirect
}

export const EMPTY_TELEMETRY: Telemetry = {
  cpuTemp: null,
  uptime: null,
  load: null,
  weather: null,
  disk: null,
  alerts: null,
  changedAt: null,
}

export const EMPTY_LINK: LinkState = {
  callsign: null,
  description: null,
  location: null,
  kind: 'unknown',
  direction: null,
  state: 'connecting',
  mode: null,
  keyed: null,
  connectedSince: null,
  lastKeyedAt: null,
  lastUnkeyedAt: null,
  reconnects: 0,
  permanent: null,
  peer: null,
}

export const EMPTY_NODE: NodeState = {
  callsign: null,
  description: null,
  location: null,
  reach: 'unknown',
  reachReason: null,
  reachSince: null,
  rx: null,
  tx: null,
  lastKeyedAt: null,
  lastUnkeyedAt: null,
  telemetry: EMPTY_TELEMETRY,
  links: {},
  indirect: { total: 0, more: false, nodes: {} },
}

/** What a node or link id may look like on any wire: digits, call signs, `KG5DRT-1`, `W1AW-P`, `VE3ABC/W6-P`. */
export const NODE_ID = /^[0-9A-Za-z](?:[0-9A-Za-z/_-]{0,39})$/

/** Names that JavaScript treats specially as keys; no station has them, and validation drops them. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])

/** May this stand as a link's name? They come from strangers' call sign fields: anything short and printable. */
export function isLinkName(name: string): boolean {
  return name.length > 0 && name.length <= 64 && !RESERVED.has(name)
}

const text = v.pipe(v.string(), v.maxLength(2_000))
const time = v.pipe(v.number(), v.finite())
/** A word that only a later version knows costs no more than what it says: what else is in that frame is true. So it is with every list of words below. */
export const reachSchema = v.fallback(v.picklist(['up', 'down', 'unknown']), 'unknown')
const identity = { callsign: v.nullable(text), description: v.nullable(text), location: v.nullable(text) }
const linkId = v.pipe(v.string(), v.check(isLinkName))

const note = v.object({
  text,
  level: v.fallback(v.picklist(['normal', 'warning', 'critical']), 'normal'),
  url: v.optional(v.nullable(text), null),
})

const telemetryFields = {
  cpuTemp: v.nullable(note),
  uptime: v.nullable(text),
  load: v.nullable(text),
  weather: v.nullable(note),
  disk: v.nullable(note),
  alerts: v.nullable(v.pipe(v.array(note), v.maxLength(64))),
  changedAt: v.nullable(time),
}

const linkFields = {
  ...identity,
  kind: v.fallback(v.picklist(LINK_KINDS), 'unknown'),
  direction: v.fallback(v.nullable(v.picklist(['in', 'out'])), null),
  // Not said: an established link is not dialled because of a word that nobody knows here.
  state: v.fallback(v.optional(v.picklist(LINK_STATES)), undefined),
  mode: v.fallback(v.nullable(v.picklist(LINK_MODES)), null),
  keyed: v.nullable(v.boolean()),
  connectedSince: v.nullable(time),
  lastKeyedAt: v.nullable(time),
  lastUnkeyedAt: v.nullable(time),
  reconnects: time,
  permanent: v.nullable(v.boolean()),
  peer: v.nullable(text),
}

const nodeFields = {
  ...identity,
  reach: reachSchema,
  reachReason: v.nullable(
    v.object({ code: v.fallback(v.picklist(REACH_CODES), 'other'), message: text }),
  ),
  reachSince: v.nullable(time),
  rx: v.nullable(v.boolean()),
  tx: v.nullable(v.boolean()),
  lastKeyedAt: v.nullable(time),
  lastUnkeyedAt: v.nullable(time),
}

/** A part of a link or node, as patches carry it: absent = unchanged. */
export const linkPatchSchema = v.partial(v.object(linkFields))
export type LinkPatch = v.InferOutput<typeof linkPatchSchema>

export const nodePatchSchema = v.partial(
  v.object({
    ...nodeFields,
    telemetry: v.partial(v.object(telemetryFields)),
    links: v.record(linkId, v.nullable(linkPatchSchema)),
    indirect: v.partial(
      v.object({ total: time, more: v.boolean(), nodes: v.record(linkId, v.nullable(v.fallback(v.picklist(INDIRECT_MODES), 'transceive'))) }),
    ),
  }),
)
/** JSON merge patch (RFC 7396) on a {@link NodeState}. `null` for a link removes it; for a field it clears it. */
export type NodePatch = v.InferOutput<typeof nodePatchSchema>
