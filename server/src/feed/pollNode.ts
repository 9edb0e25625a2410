import type { ReachReason } from '../../../protocol/nodeState.ts'
import type { AmiHost } from '../ami/amiHost.ts'
import type { ReadFailure } from '../ami/read.ts'
import { parseSawStat } from '../ami/sawstat.ts'
import { parseXStat } from '../ami/xstat.ts'
import { reasonFor } from './reachReason.ts'
import type { Poll } from './reconcile.ts'

export type PollResult =
  | ({ readonly type: 'polled' } & Poll)
  /** Asterisk answered, and the answer is no. */
  | { readonly type: 'refused'; readonly reason: ReachReason }
  /** The session went away meanwhile. */
  | { readonly type: 'lost' }

/**
 * One XStat and one SawStat, asked together: the session keeps their order. Never rejects.
 *
 * @param urgent somebody waits for it: before the polls of other nodes
 */
export async function pollNode(host: AmiHost, node: string, urgent = false): Promise<PollResult> {
  const turn = { urgent }
  try {
    const [x, saw] = await Promise.all([
      host.request('RptStatus', { COMMAND: 'XStat', NODE: node }, turn),
      host.request('RptStatus', { COMMAND: 'SawStat', NODE: node }, turn),
    ])
    const sawstat = parseSawStat(saw)
    if (!sawstat.ok) return refused(sawstat)
    // SawStat parts names by blanks; a name that touches the peer in XStat's fixed columns is told apart by it.
    const xstat = parseXStat(x, sawstat.value.links.map(({ name }) => name))
    return xstat.ok ? { type: 'polled', xstat: xstat.value, sawstat: sawstat.value } : refused(xstat)
  } catch {
    return { type: 'lost' }
  }
}

function refused(failure: ReadFailure): PollResult {
  return { type: 'refused', reason: reasonFor(failure.code === 'no-such-node' ? 'node-unknown' : 'other') }
}
