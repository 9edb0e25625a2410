/**
 * An app_rpt event applied to a node's state, the moment it comes. Events tell who talks; what they do not tell (peers,
 * connecting links, what lies behind the adjacent ones) the next poll puts right.
 */
import { linkKind } from '../../../protocol/names.ts'
import { EMPTY_LINK, hasHungUp, isLinkName } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import type { AdjacentLink } from '../ami/links.ts'
import type { RptEvent } from '../ami/rptEvents.ts'
import { isOtherMode } from './lastMode.ts'
import type { LastModes } from './lastMode.ts'
import { NAMELESS } from './names.ts'
import type { NameLookup } from './names.ts'
import type { PollKind } from './pollNode.ts'

export interface Applied {
  readonly state: NodeState
  /** More has changed than the event tells: of the links themselves, or a local monitor's key. Poll that soon; null = nothing. */
  readonly poll: PollKind | null
}

export function applyEvent(state: NodeState, event: RptEvent, names: NameLookup, modes: LastModes, now: number): Applied {
  switch (event.kind) {
    case 'rxkeyed':
      return { state: keyReceiver(state, event.keyed, now), poll: null }
    case 'txkeyed':
      return {
        state: state.tx === event.keyed ? state : { ...state, tx: event.keyed },
        poll: state.tx !== event.keyed && mayBeLocalMonitor(state) ? 'keys' : null,
      }
    case 'alinks':
      return event.links === null ? { state, poll: 'whole' } : applyLinks(state, event.links, names, modes, now)
    case 'etxkeyed':
      // Demand without hang time: no column on any page shows it.
      return { state, poll: null }
  }
}

/**
 * app_rpt announces no key-up of a local monitor (app_rpt rpt_update_links). When the transmitter goes on and nobody who is announced
 * talks, it may well be one.
 */
function mayBeLocalMonitor(state: NodeState): boolean {
  const links = Object.values(state.links)
  return state.rx !== true && links.some(({ mode }) => mode === 'local-monitor') && !links.some(({ keyed }) => keyed === true)
}

/** The local receiver's key-ups carry the same anchors as a link's. */
export function keyReceiver(state: NodeState, on: boolean | null, now: number): NodeState {
  if (state.rx === on) return state
  const anchors = on === true ? { lastKeyedAt: now } : state.rx === true ? { lastUnkeyedAt: now } : {}
  return { ...state, ...anchors, rx: on }
}

/**
 * A link's own key flag, with its anchors. A phone talks by DTMF (`*99`, `#`) or by its voice, and of neither app_rpt tells: it sends, and is
 * still listed as silent (app_rpt handle_link_phone_dtmf). Only the end of a key-up that was told is one.
 */
export function keyLink(link: LinkState, keyed: boolean | null, now: number): LinkState {
  if (link.keyed === keyed || (link.kind === 'phone' && keyed === false && link.keyed === null)) return link
  if (keyed === true) return { ...link, keyed, lastKeyedAt: now }
  return link.keyed === true ? { ...link, keyed, lastUnkeyedAt: now } : { ...link, keyed }
}

/** A link nobody has seen before. */
export function newLink(name: string, names: NameLookup): LinkState {
  return { ...EMPTY_LINK, ...(names(name) ?? NAMELESS), kind: linkKind(name) }
}

/**
 * Does app_rpt list a link as it was that has no channel? One that called us and has hung up, until it is let go or calls again. And one that we
 * called, that rang for more than 5 s, was answered and hung up within the next 5: that one stays until somebody ends it (app_rpt
 * remote_hangup_helper, where its timer still runs). Of EchoLink no peer is known in any case.
 */
function isListedOnly(link: LinkState): boolean {
  const { state, direction, peer, kind } = link
  return hasHungUp(link) || (state === 'connecting' && direction === 'out' && peer === null && kind !== 'echolink')
}

function applyLinks(state: NodeState, reported: readonly AdjacentLink[], names: NameLookup, modes: LastModes, now: number): Applied {
  let pollSoon = false
  const links: Record<string, LinkState> = {}
  const seen = new Set<string>()
  for (const { name, mode: reportedMode, keyed } of reported) {
    if (!isLinkName(name)) continue
    seen.add(name)
    const was = Object.hasOwn(state.links, name) ? state.links[name] : undefined
    const calling = reportedMode === 'connecting'
    const mode = calling ? null : reportedMode
    if (was === undefined) {
      pollSoon = true
      const fresh = { ...newLink(name, names), mode, connectedSince: now, state: calling ? 'connecting' : 'established' } as const
      links[name] = keyLink(fresh, keyed, now)
      continue
    }
    const differs = !calling && (was.mode !== mode || was.state !== 'established')
    const settled = differs && !isListedOnly(was)
    // A link that stood and is called (C) is being dialled again: since when, the poll knows. So it does whether one that we called has a channel by now.
    if (settled || (differs && was.direction === 'out') || (calling && was.state === 'established')) pollSoon = true
    const permanent = isOtherMode(was, modes.get(name), mode) ? null : was.permanent
    const is: LinkState = settled ? { ...was, mode, state: 'established', permanent } : was
    links[name] = keyLink(is, keyed, now)
  }
  for (const [name, link] of Object.entries(state.links)) {
    if (seen.has(name)) continue
    // RPT_ALINKS never lists local monitors (app_rpt __mklinklist), and one that is being called may become one.
    if (link.mode === 'local-monitor' || link.state === 'connecting') links[name] = link
    else {
      pollSoon = true
      // Ended, or about to be dialled again: the poll knows, and only this state knows that it is permanent.
      if (link.permanent === true) links[name] = keyLink(link, false, now)
    }
  }
  const same =
    Object.keys(links).length === Object.keys(state.links).length &&
    Object.entries(links).every(([name, link]) => state.links[name] === link)
  return { state: same ? state : { ...state, links }, poll: pollSoon ? 'whole' : null }
}
