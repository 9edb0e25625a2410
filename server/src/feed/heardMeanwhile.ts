import type { NodeState } from '../../../protocol/nodeState.ts'
import type { SawStat } from '../ami/sawstat.ts'
import type { RptEvent } from '../ami/rptEvents.ts'
import type { Poll } from './reconcile.ts'

/**
 * A poll's answers without what is older than the events that came while it ran: an answer is as old as its question, and
 * between XStat's and SawStat's a slow Asterisk tells whole key-ups.
 *
 * @param state holds what those events told
 * @param heard which kinds came
 */
export function heardMeanwhile({ xstat, sawstat }: Poll, state: NodeState, heard: ReadonlySet<RptEvent['kind']>): Poll {
  return {
    xstat: {
      ...xstat,
      rxKeyed: heard.has('rxkeyed') ? state.rx : xstat.rxKeyed,
      txKeyed: heard.has('txkeyed') ? state.tx : xstat.txKeyed,
    },
    sawstat: keysMeanwhile(sawstat, state, heard),
  }
}

/** The same of an answer that tells of keys alone. */
export function keysMeanwhile(sawstat: SawStat, state: NodeState, heard: ReadonlySet<RptEvent['kind']>): SawStat {
  if (!heard.has('alinks')) return sawstat
  const links = sawstat.links.map((link) => {
    const known = Object.hasOwn(state.links, link.name) ? state.links[link.name] : undefined
    // RPT_ALINKS lists all links but local monitors (app_rpt rpt_update_links).
    if (known === undefined || known.keyed === null || known.mode === 'local-monitor') return link
    return { ...link, keyed: known.keyed, sinceKeyS: null, sinceUnkeyS: null }
  })
  return { ...sawstat, links }
}
