import type { AmiMessage } from './message.ts'

/** A channel was called or answered; it ended; app_rpt let it go and kept the link for a while. */
const MOVES: ReadonlySet<string> = new Set(['Newstate', 'Hangup', 'SoftHangupRequest'])

/** Where Asterisk's core names a node: who was called, for whom we called, who called. */
const ENDS = ['Exten', 'ConnectedLineNum', 'CallerIDNum'] as const

/**
 * The numbers at the ends of a channel that was called, answered or ended (Asterisk manager_channels.c, class `call`); none for any other message.
 * app_rpt itself tells of no call before its answer, of no redial, and often not that the far end has hung up. It makes channels of such
 * names for links, for its own radio as a node starts or ends, and for an autopatch that calls as the node; for a key-up none. Asterisk 1.4 names fewer ends, or none. Never throws.
 */
export function channelEnds(message: AmiMessage): readonly string[] {
  if (message.kind !== 'event' || !MOVES.has(message.event ?? '')) return []
  return ENDS.flatMap((name) => message.get(name)?.trim() ?? [])
}
