/** What a node's state says about an order to end all its links, see verdict.ts. */
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import type { ClearOrder } from './order.ts'
import type { Verdict } from './verdict.ts'

/** More than these are counted and not named. */
const NAMED = 5

/** null = it is worth sending. */
export function beforeClearing(state: NodeState, { node }: ClearOrder): Verdict | null {
  if (cleared(state).length > 0) return null
  return { outcome: 'done', code: 'no-links', message: `${node} has no links.${staying(state)}` }
}

/**
 * What the state says once the command was sent. A link that somebody made since then is none of this order's.
 * @param was the state in which it was sent
 */
export function afterClearing(was: NodeState, state: NodeState, { node }: ClearOrder): Verdict {
  const left = cleared(was).filter((name) => isSame(was.links[name], state.links[name]))
  if (left.length === 0) return { outcome: 'done', code: 'all-disconnected', message: `All links of ${node} are disconnected.${staying(state)}` }
  return { outcome: 'waiting', code: 'still-linked', message: `${node} was asked to disconnect all, and is still linked to ${list(left)}.` }
}

/** Links that ilink 6 ends (app_rpt function_ilink: those whose name begins with 1 to 9; web clients and phones stay). */
function cleared({ links }: NodeState): string[] {
  return Object.keys(links).filter((name) => /^[1-9]/.test(name))
}

function staying(state: NodeState): string {
  const { links } = state
  const ended = new Set(cleared(state))
  const clients = Object.keys(links).filter((name) => !ended.has(name))
  return clients.length === 0 ? '' : ` Clients are not disconnected by it: ${list(clients)}.`
}

function isSame(was: LinkState | undefined, is: LinkState | undefined): boolean {
  return is !== undefined && is.connectedSince === was?.connectedSince
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
