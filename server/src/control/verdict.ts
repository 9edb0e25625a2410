/**
 * What a node's state says about an order. app_rpt calls every command a success (rpt_cli.c res2cli), so nothing is done
 * before its links show it.
 */
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import { hasHungUp, MODE_OF } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { isRedialled } from '../feed/redialled.ts'
import type { LinkOrder } from './order.ts'

/** `code` is permanent, `message` is for people. `waiting`: not yet; `message` says what shows so far. */
export interface Verdict {
  readonly outcome: 'done' | 'refused' | 'waiting'
  readonly code: CommandCode
  readonly message: string
}

/**
 * What can be said before anything is sent; null = it is worth sending.
 * @param state as polled just now
 */
export function beforehand(state: NodeState, order: LinkOrder): Verdict | null {
  const { node, target } = order
  const link = linkOf(state, target)
  if (order.action === 'disconnect') {
    if (link !== null) return null
    return Object.hasOwn(state.indirect.nodes, target)
      ? refused('linked-indirectly', `${target} is linked through another node: disconnect that node instead.`)
      : refused('not-linked', `${target} is not linked to ${node}.`)
  }
  if (link === null) return Object.hasOwn(state.indirect.nodes, target) ? behindAnother(order) : null
  if (hasHungUp(link)) return refused('hung-up', hungUp(order))
  const wanted = order.permanent && link.permanent !== true
  const mustEndFirst = wanted && mayBecomePermanent(link)
  // app_rpt rpt_link_connect: a link that is being called in that mode, or waits for its next try, is left as it is too.
  if (link.state === 'connecting') return mustEndFirst ? notMadePermanent(order, 'is being called by') : null
  if (link.mode !== MODE_OF[order.action]) return null
  // app_rpt rpt_link_connect: a link that is in that mode already is left as it is, permanent or not.
  if (mustEndFirst) return notMadePermanent(order, 'is linked to')
  return wanted ? linkedNotPermanent(order, 'was already') : { outcome: 'done', code: 'already-linked', message: `${described(order, 'was already')}.` }
}

/**
 * What the state says once the command was sent.
 * @param called the target was seen being called since
 * @param calledBefore it was being called as the command was sent
 */
export function afterwards(state: NodeState, order: LinkOrder, called: boolean, calledBefore = false): Verdict {
  const { node, target } = order
  const link = linkOf(state, target)
  if (order.action === 'disconnect') {
    return link === null
      ? { outcome: 'done', code: 'disconnected', message: `${target} is disconnected from ${node}.` }
      : waiting('still-linked', `${node} was asked to disconnect ${target}, which is still ${stateOf(link)}.`)
  }
  if (link === null) {
    if (called) return refused('call-failed', `${node} called ${target}, but the call failed.`)
    if (Object.hasOwn(state.indirect.nodes, target)) return behindAnother(order)
    // app_rpt rpt_link_connect: in that mode the order was ignored; in another one the call is made anew, and may show yet. A call hides its mode.
    if (calledBefore) return waiting('already-called', `${target} was already being called by ${node}, and no link came up: try again.`)
    return waiting('no-link-yet', `${asked(order)}, but shows no link to it yet.${hint(state)}`)
  }
  if (hasHungUp(link)) return waiting('hung-up', hungUp(order))
  if (link.state === 'connecting') return waiting('being-called', `${target} is being called by ${node}.`)
  if (link.mode !== MODE_OF[order.action]) return waiting('other-mode', `${asked(order)}, which is ${stateOf(link)} now.`)
  const permanent = order.permanent ? isRedialled(link) : true
  // Told by an event; the poll that follows it tells the rest.
  if (permanent === null) return waiting('linked', `${described(order, 'is')}, but does not show yet whether permanently.`)
  return permanent ? { outcome: 'done', code: 'linked', message: `${described(order, 'is')}.` } : linkedNotPermanent(order, 'is')
}

export function isCalling(state: NodeState, { target }: LinkOrder): boolean {
  const link = linkOf(state, target)
  return link?.state === 'connecting' && !hasHungUp(link)
}

function linkOf(state: NodeState, name: string): LinkState | null {
  return Object.hasOwn(state.links, name) ? (state.links[name] ?? null) : null
}

function hungUp({ target }: LinkOrder): string {
  return `${target} has hung up. Asterisk makes no new link to it for up to 10 s; try again after that.`
}

function behindAnother({ node, target }: LinkOrder): Verdict {
  return refused('linked-indirectly', `${target} is already linked to ${node} through another node; Asterisk makes no second link.`)
}

function notMadePermanent({ node, target }: LinkOrder, is: 'is linked to' | 'is being called by'): Verdict {
  return refused('not-made-permanent', `${target} ${is} ${node} already; asking again does not make that permanent: disconnect it first.`)
}

function linkedNotPermanent(order: LinkOrder, is: 'is' | 'was already'): Verdict {
  const message = `${described(order, is)}, but not permanently: app_rpt redials links over IAX only, not over EchoLink or TheLinkBox.`
  return { outcome: 'done', code: 'linked-not-permanent', message }
}

/** If it is ended, and made anew as one that goes out? */
function mayBecomePermanent(link: LinkState): boolean {
  return link.kind !== 'echolink' && (link.direction === 'in' || isRedialled(link) !== false)
}

/** app_rpt does not say why nothing happens; these are the reasons it has. */
function hint({ indirect }: NodeState): string {
  const hidden = indirect.more || indirect.total > Object.keys(indirect.nodes).length
  return hidden
    ? ' It may be linked through another node: the list of those is incomplete. Or its number is unknown, it takes no calls, or linking is off.'
    : ' Its number may be unknown, it may take no calls, or linking may be switched off.'
}

function described({ action, node, target }: LinkOrder, is: 'is' | 'was already'): string {
  if (action === 'connect') return `${node} ${is} connected to ${target}`
  return `${node} ${is} monitoring ${target}${action === 'local-monitor' ? ' locally' : ''}`
}

function asked({ action, node, target }: LinkOrder): string {
  const wish = action === 'connect' ? `connect to ${target}` : `monitor ${target}${action === 'local-monitor' ? ' locally' : ''}`
  return `${node} was asked to ${wish}`
}

function stateOf(link: LinkState): string {
  const { state, mode } = link
  if (hasHungUp(link)) return 'kept for 10 s, as it has hung up'
  if (state === 'connecting') return 'being called'
  switch (mode) {
    case 'transceive':
      return 'connected'
    case 'monitor':
      return 'monitored'
    case 'local-monitor':
      return 'monitored locally'
    case null:
      return 'linked'
  }
}

function refused(code: CommandCode, message: string): Verdict {
  return { outcome: 'refused', code, message }
}

function waiting(code: CommandCode, message: string): Verdict {
  return { outcome: 'waiting', code, message }
}
