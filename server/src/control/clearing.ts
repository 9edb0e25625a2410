/** What a node's state says about an order to end all its links, see verdict.ts. */
import { endsWithAll } from '../../../protocol/names.ts'
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
 * @param was what the node showed before it
 * @param sentAt when it was sent, in the server time that `state` is dated by, ms
 */
export function afterClearing(was: NodeState, state: NodeState, { node }: ClearOrder, sentAt: number): Verdict {
  const left = cleared(was).filter((name) => isLeft(was.links[name], state.links[name], sentAt))
  if (left.length === 0) return { outcome: 'done', code: 'all-disconnected', message: `All links of ${node} are disconnected.${staying(state)}` }
  return { outcome: 'waiting', code: 'still-linked', message: `${node} was asked to disconnect all, and is still linked to ${list(left)}.` }
}

/** Links that the order ends. */
function cleared({ links }: NodeState): string[] {
  return Object.keys(links).filter(endsWithAll)
}

function staying(state: NodeState): string {
  const { links } = state
  const ended = new Set(cleared(state))
  const clients = Object.keys(links).filter((name) => !ended.has(name))
  return clients.length === 0 ? '' : ` Clients are not disconnected by it: ${list(clients)}.`
}

function isLeft(was: LinkState | undefined, is: LinkState | undefined, sentAt: number): boolean {
  return is !== undefined && (was === undefined || !isAnother(was, is, sentAt))
}

/**
 * Was it made after the command? Only what leaves no doubt counts: app_rpt counts the time of a link anew when it is dropped
 * to be redialled, and the redials once they are answered; 3.5.0 to 3.6.0 tell nonsense of a time now and then.
 */
function isAnother(was: LinkState, is: LinkState, sentAt: number): boolean {
  if (was.state !== 'established' || is.state !== 'established' || is.reconnects > was.reconnects) return false
  return was.connectedSince !== null && is.connectedSince !== null && is.connectedSince > sentAt
}

function list(names: readonly string[]): string {
  const more = names.length - NAMED
  return names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
