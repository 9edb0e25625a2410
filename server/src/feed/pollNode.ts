import type { ReachReason } from '../../../protocol/nodeState.ts'
import type { AmiHost } from '../ami/amiHost.ts'
import { isClosedOver, isOverdue } from '../ami/closeReason.ts'
import type { ReadFailure } from '../ami/read.ts'
import type { Turn } from '../ami/requestQueue.ts'
import { parseSawStat } from '../ami/sawstat.ts'
import type { SawStat } from '../ami/sawstat.ts'
import { endsXStat, parseXStat } from '../ami/xstat.ts'
import { NO_APP_RPT, reasonFor } from './reachReason.ts'
import type { Poll } from './reconcile.ts'

/** `whole`: all that a node tells, XStat and SawStat. `keys`: who talks, SawStat alone. */
export type PollKind = 'whole' | 'keys'

export type PollResult =
  | ({ readonly type: 'whole' } & Poll)
  | { readonly type: 'keys'; readonly sawstat: SawStat }
  /** Asterisk answered, and the answer is no. */
  | { readonly type: 'refused'; readonly reason: ReachReason }
  /** The session went away meanwhile. */
  | { readonly type: 'lost' }
  /** It went away over this very poll, which Asterisk did not answer in time. */
  | { readonly type: 'hung' }
  /** Asterisk ended it over this very poll. */
  | { readonly type: 'ended' }

/**
 * One poll of a node; where two questions are asked the session keeps their order. Never rejects.
 *
 * @param urgent somebody waits for it: before the polls of other nodes
 */
export async function pollNode(host: AmiHost, node: string, kind: PollKind, urgent = false): Promise<PollResult> {
  const ask = (command: string, turn: Turn = {}) => host.request('RptStatus', { COMMAND: command, NODE: node }, { urgent, ...turn })
  try {
    const [x, saw] = await Promise.all([kind === 'whole' ? ask('XStat', { ends: endsXStat }) : null, ask('SawStat')])
    const sawstat = parseSawStat(saw)
    if (!sawstat.ok) return refused(sawstat)
    if (x === null) return { type: 'keys', sawstat: sawstat.value }
    // SawStat parts names by blanks; a name that touches the peer in XStat's fixed columns is told apart by it.
    const xstat = parseXStat(x, sawstat.value.links.map(({ name }) => name))
    return xstat.ok ? { type: 'whole', xstat: xstat.value, sawstat: sawstat.value } : refused(xstat)
  } catch (error) {
    return { type: isOverdue(error) ? 'hung' : isClosedOver(error) ? 'ended' : 'lost' }
  }
}

/** The links of which it tells, in its own order. */
export function linksOf({ links }: SawStat): string {
  return links.map(({ name }) => name).join()
}

function refused(failure: ReadFailure): PollResult {
  if (failure.code === 'unknown-action') return { type: 'refused', reason: NO_APP_RPT }
  return { type: 'refused', reason: reasonFor(failure.code === 'no-such-node' ? 'node-unknown' : 'other') }
}
