import type { LinkState } from '../../../protocol/nodeState.ts'

/**
 * Does app_rpt redial this link if it is permanent? It does so over IAX only (attempt_reconnect: "cannot apply to echolink", nor "to tlb"), whatever
 * was ordered. TheLinkBox's links, and those of local channels, have names like any other's and come from no address. null = not seen yet: a poll
 * tells it of a link that was answered.
 */
export function isRedialled({ kind, direction, state, peer }: LinkState): boolean | null {
  if (kind === 'echolink') return false
  if (direction === 'out' && peer !== null) return true
  return direction !== null && peer === null && state === 'established' ? false : null
}
