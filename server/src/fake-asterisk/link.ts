import type { RptNode } from './rptNode.ts'

export type LinkMode = 'transceive' | 'monitor' | 'local-monitor'
export type LinkKind = 'allstar' | 'echolink' | 'tlb' | 'irlp' | 'phone' | 'client'
export type Direction = 'IN' | 'OUT'

/** One adjacent link as app_rpt keeps it (`struct rpt_link`). Only {@link RptNode} changes it. */
export interface Link {
  readonly name: string
  readonly kind: LinkKind
  mode: LinkMode
  /** Answered. Until then the link is CONNECTING; one that called us stays ESTABLISHED while its far end is missed. */
  connected: boolean
  /** Was answered before, or stands in the place of one that was: no event tells of a further answer, and it counts as a reconnect. */
  connectedBefore: boolean
  /** Was answered, is permanent, or was ordered to end: then events tell its end (app_rpt's `hasconnected`). */
  hasConnected: boolean
  /** A link whose far end is gone has no channel but while it is called again, and then its peer reads `(none)`. */
  hasChannel: boolean
  direction: Direction
  /** Retried for ever, but for what {@link isRedialled} says. */
  permanent: boolean
  /** Address of the far end; '' when the channel isn't IAX2. */
  peer: string
  reconnects: number
  /** Start of the elapsed time, ms: when the link entered the list, was lost, or was last called again. */
  since: number
  /** Sending to us now. */
  keyed: boolean
  lastKeyAt: number | null
  lastUnkeyAt: number | null
  /** What the far end told about the nodes behind it: mode letter and name, e.g. `T2001`. */
  behind: readonly string[]
  /** The far end, when it is a node of this same server. */
  readonly far: RptNode | null
}

/** What a test or a scenario says about a link; the rest has defaults. */
export interface LinkSpec {
  readonly name: string
  readonly mode?: LinkMode
  readonly connected?: boolean
  readonly direction?: Direction
  readonly permanent?: boolean
  readonly peer?: string
  readonly reconnects?: number
  /** Age at the start, ms. */
  readonly ageMs?: number
  readonly behind?: readonly string[]
}

/** What kind of station a link name is, by the conventions of app_rpt and its bridges. TheLinkBox (`tlb`) has names like a node's. */
export function kindOf(name: string): LinkKind {
  if (/^3\d{6}$/.test(name)) return 'echolink'
  if (/^8\d{4}$/.test(name)) return 'irlp'
  if (/^\d+$/.test(name)) return 'allstar'
  return name.endsWith('-P') ? 'phone' : 'client'
}

/** Only IAX2 channels have a peer address (chan_echolink and phone channels leave the column blank). */
export function usesIax(kind: LinkKind): boolean {
  return kind === 'allstar' || kind === 'irlp' || kind === 'client'
}

/**
 * EchoLink and TheLinkBox: their channels take another mode as they are (rpt_link.c `rpt_link_connect`), and nothing is dialled again, permanent or
 * not (app_rpt.c `remote_hangup_helper`, `attempt_reconnect`).
 */
export function isRedialled({ kind }: Link): boolean {
  return kind !== 'echolink' && kind !== 'tlb'
}

/** Is it listed as talking? A phone never is: its digits, or its voice, key the transmitter and no more (app_rpt.c `handle_link_phone_dtmf`). */
export function isToldKeyed({ kind, keyed }: Link): boolean {
  return keyed && kind !== 'phone'
}

/** An address of the documentation networks (RFC 5737), always the same for the same name. */
export function exampleAddress(name: string): string {
  let sum = 7
  for (const char of name) sum = (Math.imul(sum, 31) + char.charCodeAt(0)) >>> 0
  const networks = ['192.0.2', '198.51.100', '203.0.113']
  return `${networks[sum % 3] ?? '192.0.2'}.${1 + (Math.floor(sum / 3) % 254)}`
}

export function makeLink(spec: LinkSpec, kind: LinkKind, now: number, far: RptNode | null): Link {
  return {
    name: spec.name,
    kind,
    mode: spec.mode ?? 'transceive',
    connected: spec.connected ?? true,
    connectedBefore: spec.connected ?? true,
    hasConnected: (spec.connected ?? true) || (spec.permanent ?? false),
    hasChannel: true,
    direction: spec.direction ?? 'OUT',
    permanent: spec.permanent ?? false,
    peer: spec.peer ?? (far !== null ? '127.0.0.1' : usesIax(kind) ? exampleAddress(spec.name) : ''),
    reconnects: spec.reconnects ?? 0,
    since: now - (spec.ageMs ?? 0),
    keyed: false,
    lastKeyAt: null,
    lastUnkeyAt: null,
    behind: spec.behind ?? [],
    far,
  }
}
