import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import type { LinkOrder } from './order.ts'

/**
 * What an order that is done tells of its link: redialled for ever or not. app_rpt shows that nowhere, so the state has it
 * from whoever gave the order.
 * @param was the state in which the command was sent
 */
export function withPermanence(state: NodeState, { target, permanent }: LinkOrder, was: NodeState): NodeState {
  const link = linkOf(state, target)
  // app_rpt rpt_link_connect: an EchoLink link that was there takes another mode and is as permanent as before.
  if (link === null || (link.kind === 'echolink' && linkOf(was, target) !== null)) return state
  return link.permanent === permanent ? state : { ...state, links: { ...state.links, [target]: { ...link, permanent } } }
}

function linkOf({ links }: NodeState, name: string): LinkState | null {
  return Object.hasOwn(links, name) ? (links[name] ?? null) : null
}
