/**
 * A whole poll (XStat, then SawStat) laid over what is known. The poll decides what exists; times stay where they are as
 * long as the poll's whole seconds agree with them.
 */
import { changedFields } from '../../../protocol/merge.ts'
import { EMPTY_NODE, EMPTY_TELEMETRY, isLinkName, MAX_INDIRECT } from '../../../protocol/nodeState.ts'
import type { Indirect, LinkState, NodeState, Telemetry } from '../../../protocol/nodeState.ts'
import { anchor } from '../../../protocol/statusRow.ts'
import type { SawStat, SawStatLink } from '../ami/sawstat.ts'
import type { XStat } from '../ami/xstat.ts'
import { keyLink, keyReceiver, newLink } from './applyEvent.ts'
import { isOtherMode } from './lastMode.ts'
import type { LastModes } from './lastMode.ts'
import type { NameLookup } from './names.ts'
import { isRedialled } from './redialled.ts'
import { readTelemetry } from './telemetry.ts'

export interface Poll {
  readonly xstat: XStat
  readonly sawstat: SawStat
}

/** Beginnings that lie this much apart are two, ms: while a link is being made, its beginning still moves. */
const REMADE_MS = 10_000

/** @param now server time at which the poll's answers arrived, ms */
export function reconcile(state: NodeState, { xstat, sawstat }: Poll, names: NameLookup, modes: LastModes, now: number): NodeState {
  return {
    ...keyReceiver(state, xstat.rxKeyed, now),
    tx: xstat.txKeyed,
    reach: 'up',
    reachReason: null,
    reachSince: state.reach === 'up' ? state.reachSince : now,
    telemetry: dated(readTelemetry(xstat.vars), state.telemetry, now),
    links: readLinks(state, { xstat, sawstat }, names, modes, now),
    indirect: readIndirect(xstat),
  }
}

/** Who talks, laid over what is known of the links: the same state where that is no news. @param now server time at which the answer arrived, ms */
export function reconcileKeys(state: NodeState, sawstat: SawStat, now: number): NodeState {
  const moved: Record<string, LinkState> = {}
  for (const seen of sawstat.links) {
    const before = Object.hasOwn(state.links, seen.name) ? state.links[seen.name] : undefined
    const link = before === undefined ? undefined : keyed(before, seen, now)
    if (link !== undefined && link !== before) moved[seen.name] = link
  }
  return Object.keys(moved).length === 0 ? state : { ...state, links: { ...state.links, ...moved } }
}

/** Asterisk keeps a variable until the next one overwrites it, and does not say since when. */
function dated(telemetry: Telemetry, before: Telemetry, now: number): Telemetry {
  if (changedFields(before, telemetry, ['changedAt']) === undefined) return before
  const says = changedFields(EMPTY_TELEMETRY, telemetry) !== undefined
  return { ...telemetry, changedAt: says ? now : null }
}

function readLinks(state: NodeState, { xstat, sawstat }: Poll, names: NameLookup, modes: LastModes, now: number) {
  const saw = new Map(sawstat.links.map((link) => [link.name, link]))
  const links: Record<string, LinkState> = {}
  for (const conn of xstat.conns) {
    if (!isLinkName(conn.name)) continue
    const was = Object.hasOwn(state.links, conn.name) ? state.links[conn.name] : undefined
    const connectedSince = sinceWhen(was, conn, now)
    const told: LinkState = {
      ...(was ?? newLink(conn.name, names)),
      direction: conn.direction,
      state: conn.state,
      mode: conn.mode,
      peer: conn.peer,
      reconnects: conn.reconnects,
      connectedSince,
      permanent: was === undefined || isRemade(was, conn, modes, connectedSince) ? null : was.permanent,
    }
    // Ordered to be permanent, and it rang for longer than the order was watched: how it goes shows only now. One that had an address is being dropped.
    const base = told.permanent === true && was?.peer === null && isRedialled(told) === false ? { ...told, permanent: false } : told
    const seen = saw.get(conn.name)
    // Gone since XStat, or behind a caller whose name has an empty line in it, which ends SawStat's answer early.
    links[conn.name] = seen === undefined ? { ...base, keyed: null } : keyed(base, seen, now)
  }
  return links
}

/**
 * As app_rpt before 3.10.0 loses a link or redials it, the link is, for some 20 ms, as old as the machine: no time that a poll has told before goes
 * back so far, and the call begins now. By a little it goes back after an answer that came late.
 */
function sinceWhen(was: LinkState | undefined, { state, elapsedS }: XStat['conns'][number], now: number): number | null {
  const told = anchor(was?.connectedSince, now, age(elapsedS))
  const polled = was !== undefined && was.direction !== null ? was.connectedSince : null
  return state === 'connecting' && told !== null && polled !== null && polled - told > REMADE_MS ? now : told
}

/** A link as SawStat tells of its key. */
function keyed(before: LinkState, seen: SawStatLink, now: number): LinkState {
  const link = keyLink(before, seen.keyed, now)
  const lastKeyedAt = anchor(link.lastKeyedAt, now, age(seen.sinceKeyS)) ?? link.lastKeyedAt
  const lastUnkeyedAt = newestEnd(link.lastUnkeyedAt, seen, now)
  return link.lastKeyedAt === lastKeyedAt && link.lastUnkeyedAt === lastUnkeyedAt ? link : { ...link, lastKeyedAt, lastUnkeyedAt }
}

/**
 * The end of an over before the newest takes no later one's place. While keyed SawStat tells no other; nor after an over whose end
 * app_rpt found by timeout: then it keeps the figure of the one before.
 */
function newestEnd(known: number | null, { keyed: on, sinceKeyS, sinceUnkeyS }: SawStatLink, now: number): number | null {
  const told = anchor(known, now, age(sinceUnkeyS))
  if (told === null || known === null) return told ?? known
  const ofNewest = !on && sinceKeyS !== null && sinceUnkeyS !== null && sinceUnkeyS <= sinceKeyS
  return ofNewest ? told : Math.max(told, known)
}

/** Is it another connection, and one that app_rpt did not redial? Then somebody has made it, permanent or not. */
function isRemade(was: LinkState, conn: XStat['conns'][number], modes: LastModes, connectedSince: number | null): boolean {
  const { name, state, direction, mode, reconnects } = conn
  // A call of the far end takes the place of ours, and counts as one redial more (app_rpt rpt_exec): nobody redials that one.
  if (was.direction !== null && direction !== was.direction) return true
  // In another mode it goes on counting redials.
  if (reconnects < was.reconnects || isOtherMode(was, modes.get(name), mode)) return true
  if (was.state !== 'established' || state !== 'established' || reconnects > was.reconnects) return false
  return was.connectedSince !== null && connectedSince !== null && connectedSince - was.connectedSince > REMADE_MS
}

function age(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : seconds * 1000
}

function readIndirect(xstat: XStat): Indirect {
  const adjacent = new Set(xstat.conns.map(({ name }) => name))
  // Loops make repeats; a map has each once.
  const behind = new Map(
    xstat.linkedNodes.nodes.flatMap(({ name, mode }) =>
      adjacent.has(name) || !isLinkName(name) ? [] : [[name, mode] as const],
    ),
  )
  if (behind.size === 0 && !xstat.linkedNodes.more) return EMPTY_NODE.indirect
  return { total: behind.size, more: xstat.linkedNodes.more, nodes: Object.fromEntries([...behind].slice(0, MAX_INDIRECT)) }
}
