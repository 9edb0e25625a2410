/**
 * Supermon-NG's row of `GET …/nodes/ami/status`, in both directions. Source: Supermon-NG 4.3.3 and 4.0.9,
 * `NodeController::getAmiStatus`. Our rows carry `epoch` and `seq` besides, so that a poll and a socket can overlap.
 */
import * as v from 'valibot'
import { displayName, linkKind, NOT_LISTED } from './names.ts'
import { EMPTY_LINK, EMPTY_NODE, EMPTY_TELEMETRY, isLinkName } from './nodeState.ts'
import type { Identity, IndirectMode, LinkMode, LinkState, NodeState, Note } from './nodeState.ts'

/** Most nodes in one question for rows. */
export const MAX_NODES_POLLED = 200

/** A link as Supermon-NG's components read it: strings only. */
export interface ConnectedNode {
  readonly node: string
  readonly info: string
  readonly ip: string | null
  /** Seconds since the newest transmission began, `-1` = never. */
  readonly last_keyed: string
  readonly link: string
  readonly direction: string
  /** `HH:MM:SS`, hours may pass 99; `unknown`. */
  readonly elapsed: string
  /** `T`, `R`, `C`; `Local RX`, which its page knows and its server never says, for a local monitor; `Allstar` or `Echolink` where it is not known. */
  readonly mode: string
  readonly keyed: string
}

export interface StatusRow {
  readonly node: string
  readonly info: string
  readonly status: 'online' | 'offline' | 'error' | 'unknown'
  readonly cos_keyed: 0 | 1
  readonly tx_keyed: 0 | 1
  /** This and the five after it are markup there, and in ours; `info` is text. */
  readonly cpu_temp: string | null
  readonly cpu_up: string | null
  readonly cpu_load: string | null
  readonly ALERT: string | null
  readonly WX: string | null
  readonly DISK: string | null
  readonly remote_nodes: readonly ConnectedNode[]
  readonly epoch?: string
  readonly seq?: number
  /** When links that are keyed now were keyed, by name, and the local receiver by '': server ms, as `last_keyed` counts whole seconds. */
  readonly keyed_at?: Readonly<Record<string, number>>
}

/** Milliseconds as `HH:MM:SS`. */
export function hms(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
}

/** `HH:MM:SS` as milliseconds; null for anything else. */
export function parseHms(text: string | null | undefined): number | null {
  const match = /^(\d+):(\d{2}):(\d{2})$/.exec(text ?? '')
  return match ? (Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])) * 1000 : null
}

const MODE_TEXT: Record<LinkMode, string> = { transceive: 'T', monitor: 'R', 'local-monitor': 'Local RX' }
const INDIRECT_LETTER: Record<IndirectMode, string> = { transceive: 'T', monitor: 'R', connecting: 'C' }

/** As a row has it, at server time `now`. */
export const lastKeyed = ({ lastKeyedAt }: LinkState, now: number) => (lastKeyedAt === null ? '-1' : String(Math.max(0, Math.floor((now - lastKeyedAt) / 1000))))
export const elapsed = ({ connectedSince }: LinkState, now: number) => (connectedSince === null ? 'unknown' : hms(now - connectedSince))

function connectedNode(name: string, link: LinkState, now: number): ConnectedNode {
  return {
    node: name,
    info: displayName(link) || `Node ${name}`,
    // Absent where the viewer may not see it.
    ip: link.peer ?? null,
    last_keyed: lastKeyed(link, now),
    link: link.state === 'connecting' ? 'CONNECTING' : 'ESTABLISHED',
    direction: link.direction === null ? 'unknown' : link.direction.toUpperCase(),
    elapsed: elapsed(link, now),
    mode: link.state === 'connecting' ? 'C' : link.mode !== null ? MODE_TEXT[link.mode] : link.kind === 'echolink' ? 'Echolink' : 'Allstar',
    keyed: link.keyed === null ? 'n/a' : link.keyed ? 'yes' : 'no',
  }
}

/** What a node is called; null = nobody knows. */
export type NameOfNode = (id: string) => Identity | null

/**
 * The rows of a node's links: adjacent ones first, the newest at the top, as app_rpt lists them and Supermon-NG's page shows them; indirect
 * ones (`LINKED`) after them.
 */
export function connectedNodes(state: NodeState, now: number, names: NameOfNode = () => null): ConnectedNode[] {
  const newestFirst = Object.entries(state.links).sort(([, a], [, b]) => (b.connectedSince ?? 0) - (a.connectedSince ?? 0))
  const rows = newestFirst.map(([name, link]) => connectedNode(name, link, now))
  for (const [node, mode] of Object.entries(state.indirect.nodes)) {
    const known = names(node)
    rows.push({
      node,
      info: (known === null ? '' : displayName(known)) || `Node ${node}`,
      ip: 'Indirect',
      last_keyed: '-1',
      link: 'LINKED',
      direction: 'unknown',
      elapsed: 'unknown',
      mode: INDIRECT_LETTER[mode],
      keyed: 'n/a',
    })
  }
  return rows
}

/** The moments that a row's whole seconds leave out, see {@link StatusRow.keyed_at}. */
export function keyedAt(state: NodeState): Record<string, number> {
  const own = state.rx === true && state.lastKeyedAt !== null ? [['', state.lastKeyedAt] as const] : []
  const links = Object.entries(state.links).flatMap(([name, { keyed, lastKeyedAt }]) => (keyed === true && lastKeyedAt !== null ? [[name, lastKeyedAt] as const] : []))
  return Object.fromEntries([...own, ...links])
}

/** For a text; inside an attribute quotes need it, too. */
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
/** Those of Supermon-NG's script, for text in black. */
const COLOUR = { warning: 'yellow', critical: '#fa4c2d' }

/** Telemetry as the markup that Supermon-NG's page shows it as: a text that is nothing else stays what it is. */
function markup(note: Note): string {
  const { level, url } = note
  const text = escaped(note.text)
  const linked = url === null || !/^https?:/i.test(url) ? text
    : `<a href="${escaped(url).replace(/"/g, '&quot;')}" target="_blank" rel="noopener noreferrer" style="color:inherit">${text}</a>`
  return level === 'normal' ? linked : `<span style="background-color:${COLOUR[level]};color:black">${linked}</span>`
}
const orNull = <T>(value: T | null, write: (value: T) => string) => (value === null ? null : write(value))

/**
 * `state` as Supermon-NG's row at server time `now`. What a status script set is markup in it, as Supermon-NG's page shows it unescaped: ours, of
 * escaped text, a level's colour, a link and line breaks.
 *
 * @param names for nodes behind the adjacent ones, which have none in the state
 */
export function toStatusRow(node: string, state: NodeState, now: number, names?: NameOfNode): StatusRow {
  const { telemetry } = state
  const online = state.reach === 'up'
  return {
    node,
    info: online ? displayName(state) || `Node ${node}` : (state.reachReason?.message ?? 'Not known yet'),
    status: online ? 'online' : state.reach === 'down' ? 'offline' : 'unknown',
    cos_keyed: state.rx === true ? 1 : 0,
    tx_keyed: state.tx === true ? 1 : 0,
    cpu_temp: orNull(telemetry.cpuTemp, markup),
    cpu_up: orNull(telemetry.uptime, escaped),
    cpu_load: orNull(telemetry.load, escaped),
    ALERT: orNull(telemetry.alerts, (alerts) => alerts.map(markup).join('<br>')),
    WX: orNull(telemetry.weather, markup),
    DISK: orNull(telemetry.disk, markup),
    remote_nodes: connectedNodes(state, now, names),
  }
}

/** A text, or the number that PHP makes of one. */
export const textual = v.pipe(v.union([v.string(), v.number()]), v.transform(String))
const looseText = v.nullish(textual)
const remoteSchema = v.object({
  node: textual,
  info: looseText,
  ip: looseText,
  link: looseText,
  direction: looseText,
  keyed: looseText,
  mode: looseText,
  elapsed: looseText,
  last_keyed: looseText,
})
/** Tolerant: what an unmodified Supermon-NG sends, in either era, with its numbers for strings and its nulls. */
export const statusRowSchema = v.object({
  node: textual,
  info: looseText,
  status: v.fallback(v.picklist(['online', 'offline', 'error', 'unknown']), 'unknown'),
  cos_keyed: v.nullish(v.union([v.number(), v.boolean()])),
  tx_keyed: v.nullish(v.union([v.number(), v.boolean()])),
  cpu_temp: looseText,
  cpu_up: looseText,
  cpu_load: looseText,
  ALERT: looseText,
  WX: looseText,
  DISK: looseText,
  /** Validated one by one: a bad link costs only itself. */
  remote_nodes: v.fallback(v.nullish(v.array(v.fallback(v.nullable(remoteSchema), null))), undefined),
  epoch: v.optional(v.string()),
  seq: v.optional(v.number()),
  keyed_at: v.fallback(v.optional(v.record(v.string(), v.pipe(v.number(), v.finite()))), undefined),
})
export type LooseStatusRow = v.InferOutput<typeof statusRowSchema>

/** Anchors keep still when a counter agrees with them within this much (ms): counters are cut to whole seconds. */
const ANCHOR_TOLERANCE = 2_000
/** `now - age`, unless `held` says nearly the same. */
export function anchor(held: number | null | undefined, now: number, age: number | null): number | null {
  if (age === null) return null
  const fresh = now - age
  return typeof held === 'number' && Math.abs(held - fresh) <= ANCHOR_TOLERANCE ? held : fresh
}

const LINK_MODE: Readonly<Record<string, LinkMode>> = { T: 'transceive', R: 'monitor', 'Local RX': 'local-monitor' }

/** `info` is text of either server: names have `<` and `>` in them ("ASL<->DMR Bridge"). */
function oneLine(text: string | null | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim()
}
/** `&` comes last, or "&amp;lt;" would become "<". */
const unescaped = (text: string) =>
  text.replace(/&nbsp;/g, ' ').replace(/&deg;/g, '°').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&amp;/g, '&')
/** What {@link markup} wrote, and of whatever else the text; of a Supermon-NG also the colour of a temperature. */
function note(html: string | null): Note | null {
  const all = html ?? ''
  const text = oneLine(unescaped(all.replace(/<[^>]*>/g, ' ')))
  const colour = /<span style=.background-color:(y|#fa)/.exec(all)
  const url = /<a href=(.)(https?:.*?)\1/.exec(all)
  return text === '' ? null : { text, level: colour ? (colour[1] === 'y' ? 'warning' : 'critical') : 'normal', url: url && unescaped(url[2] ?? '') }
}
const line = (html: string | null) => note(html)?.text ?? null
const notes = (html: string | null) => html?.split('<br>').map(note).filter((each) => each !== null) ?? null
/** Absent means not said: what is held stays. null means known to be empty. */
function said<T, U>(value: T | undefined, held: U, read: (value: T) => U): U {
  return value === undefined ? held : read(value)
}
const flag = (value: number | boolean | null) => (value === null ? null : Boolean(value))

/** A row has the whole name as one text: what was known of its parts stays where they read the same. */
function identityOf({ node, info }: Pick<LooseStatusRow, 'node' | 'info'>, was: Identity): Identity {
  const text = oneLine(info)
  if (displayName(was) === text) return was
  return { callsign: null, description: text === '' || text === `Node ${node}` || text === NOT_LISTED ? null : text, location: null }
}

/**
 * A polled row as node state. A row says less than a snapshot (no reconnects, names as one string), so a socket that
 * comes back after polling asks for a snapshot instead of patching on top of this.
 * @param now server time of the answer, ms
 * @param held what the client already shows: its anchors stay where the row agrees with them
 */
export function fromStatusRow(row: LooseStatusRow, now: number, held: NodeState = EMPTY_NODE): NodeState {
  const up = row.status === 'online'
  const rx = up ? said(row.cos_keyed, held.rx, flag) : null
  const reach = up ? 'up' : row.status === 'unknown' ? 'unknown' : 'down'
  const keyed = new Map(Object.entries(row.keyed_at ?? {}))
  const links: Record<string, LinkState> = {}
  const indirect: Record<string, IndirectMode> = {}
  for (const remote of row.remote_nodes ?? []) {
    if (remote === null || !isLinkName(remote.node)) continue
    if (remote.link === 'LINKED') {
      indirect[remote.node] = remote.mode === 'R' ? 'monitor' : remote.mode === 'C' ? 'connecting' : 'transceive'
      continue
    }
    const was = (Object.hasOwn(held.links, remote.node) && held.links[remote.node]) || EMPTY_LINK
    const age = Number(remote.last_keyed ?? -1)
    // A Supermon-NG puts each column of who has no address, a phone or EchoLink, into the place before it: reconnects as address, and no direction.
    const shifted = parseHms(remote.direction)
    const kind = linkKind(remote.node)
    links[remote.node] = {
      // What a row does not say is as it was.
      ...was,
      ...identityOf(remote, was),
      kind,
      direction: remote.direction === 'IN' ? 'in' : remote.direction === 'OUT' ? 'out' : null,
      state: remote.link === 'CONNECTING' || remote.mode === 'C' ? 'connecting' : 'established',
      mode: LINK_MODE[remote.mode ?? ''] ?? null,
      // Asterisk lists a phone as silent whether it talks or not, and so does Supermon-NG.
      keyed: remote.keyed === 'yes' || (remote.keyed === 'no' && kind !== 'phone' ? false : null),
      connectedSince: anchor(was.connectedSince, now, shifted ?? parseHms(remote.elapsed)),
      lastKeyedAt: keyed.get(remote.node) ?? anchor(was.lastKeyedAt, now, Number.isFinite(age) && age >= 0 ? age * 1000 : null),
      peer: (shifted === null && remote.ip) || null,
    }
  }
  const { telemetry } = held
  return {
    ...held,
    // Over sockets Supermon-NG says no name of the node itself.
    ...(up && !!row.info && identityOf(row, held)),
    reach,
    reachReason: up ? null : { code: 'other', message: oneLine(row.info) || 'The server gives no reason.' },
    reachSince: held.reach === reach ? held.reachSince : now,
    rx,
    tx: up ? said(row.tx_keyed, held.tx, flag) : null,
    // Supermon-NG's does not say when; a change between two of them does, as closely as they are asked for.
    lastKeyedAt: keyed.get('') ?? (held.rx === false && rx === true ? now : held.lastKeyedAt),
    lastUnkeyedAt: held.rx === true && rx === false ? now : held.lastUnkeyedAt,
    telemetry: {
      ...EMPTY_TELEMETRY,
      cpuTemp: said(row.cpu_temp, telemetry.cpuTemp, note),
      uptime: said(row.cpu_up, telemetry.uptime, line),
      load: said(row.cpu_load, telemetry.load, line),
      weather: said(row.WX, telemetry.weather, note),
      disk: said(row.DISK, telemetry.disk, note),
      alerts: said(row.ALERT, telemetry.alerts, notes),
    },
    ...(row.remote_nodes === undefined ? {} : { links, indirect: { total: Object.keys(indirect).length, more: false, nodes: indirect } }),
  }
}
