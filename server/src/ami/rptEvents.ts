import { parseAlinks } from './links.ts'
import type { AdjacentLink } from './links.ts'
import type { AmiMessage } from './message.ts'
import { readBit } from './xstatState.ts'

/**
 * A change that app_rpt announced, for the node it names.
 * - `rxkeyed`: the local receiver (COS); `txkeyed`: the local transmitter (PTT), hang time included; `etxkeyed`:
 *   demand to transmit, without hang time;
 * - `alinks`: all adjacent links but local monitors, with mode and keyed. It comes when a link talks, stops, is
 *   answered or drops; a call that is only starting announces nothing. Links that are null could not be read: something changed.
 */
export type RptEvent =
  | { readonly kind: 'rxkeyed' | 'txkeyed' | 'etxkeyed'; readonly node: string; readonly keyed: boolean }
  | { readonly kind: 'alinks'; readonly node: string; readonly links: readonly AdjacentLink[] | null }

const KEYED: ReadonlyMap<string, 'rxkeyed' | 'txkeyed' | 'etxkeyed'> = new Map([
  ['RPT_RXKEYED', 'rxkeyed'],
  ['RPT_TXKEYED', 'txkeyed'],
  ['RPT_ETXKEYED', 'etxkeyed'],
])

/**
 * Reads an event of app_rpt (rpt_manager.c rpt_manager_trigger, class `call`); null for any other message, for the RPT_
 * events that say nothing more than these (RPT_NUMALINKS, RPT_LINKS …), and for a bit that can't be read. Never throws.
 *
 * The node is `Node:`; `Channel:` differs by radio and version. The two times in an event are text in the server's own
 * time zone, often wrong, and not read.
 */
export function readRptEvent(message: AmiMessage): RptEvent | null {
  if (message.kind !== 'event') return null
  const node = message.get('Node')?.trim()
  const value = message.get('EventValue')
  if (!node || value === undefined) return null
  const name = message.event ?? ''
  if (name === 'RPT_ALINKS') return { kind: 'alinks', node, links: parseAlinks(value) }
  const kind = KEYED.get(name)
  const keyed = readBit(value)
  return kind === undefined || keyed === null ? null : { kind, node, keyed }
}

/** Does this come from app_rpt? One such event proves that the AMI user may read class `call`. */
export function isRptEvent(message: AmiMessage): boolean {
  return message.kind === 'event' && (message.event ?? '').startsWith('RPT_')
}
