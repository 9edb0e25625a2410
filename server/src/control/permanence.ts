import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { isRedialled } from '../feed/redialled.ts'
import type { LinkOrder } from './order.ts'

/**
 * What an order whose link stands, or is being called for it, tells of that link: redialled for ever or not. app_rpt shows
 * that nowhere, so the state has it from whoever gave the order.
 * @param was the state in which the command was sent
 */
export function withPermanence(state: NodeState, { target, permanent }: LinkOrder, was: NodeState): NodeState {
  const link = linkOf(state, target)
  const before = linkOf(was, target)
  if (link === null) return state
  // app_rpt rpt_link_connect: one that was being called in that mode is left as it is, in another it is made anew; nothing shows which.
  const unsure = before?.state === 'connecting' && before.permanent !== permanent
  const told = permanent && isRedialled(link) === false ? false : unsure ? null : permanent
  return link.permanent === told ? state : { ...state, links: { ...state.links, [target]: { ...link, permanent: told } } }
}

function linkOf({ links }: NodeState, name: string): LinkState | null {
  return Object.hasOwn(links, name) ? (links[name] ?? null) : null
}
