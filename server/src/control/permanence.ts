import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import type { LinkOrder } from './order.ts'

/**
 * What an order whose link stands, or is being called for it, tells of that link: redialled for ever or not. app_rpt shows
 * that nowhere, so the state has it from whoever gave the order.
 * @param was the state in which the command was sent
 */
export function withPermanence(state: NodeState, { target, permanent }: LinkOrder, was: NodeState): NodeState {
  const link = linkOf(state, target)
  const before = linkOf(was, target)
  // app_rpt rpt_link_connect: an EchoLink link that was there takes another mode and is as permanent as before.
  if (link === null || (link.kind === 'echolink' && before !== null)) return state
  // There too: one that was being called in that mode is left as it is, in another it is made anew; nothing shows which.
  const told = before?.state === 'connecting' && before.permanent !== permanent ? null : permanent
  return link.permanent === told ? state : { ...state, links: { ...state.links, [target]: { ...link, permanent: told } } }
}

function linkOf({ links }: NodeState, name: string): LinkState | null {
  return Object.hasOwn(links, name) ? (links[name] ?? null) : null
}
