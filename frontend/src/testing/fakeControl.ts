/** Commands at the fake gateway: what the real one refuses is refused with its code, all else is done at once and shown by the node. */
import type { CommandCode } from '../../../protocol/commandCodes.ts'
import { linkKind } from '../../../protocol/names.ts'
import { hasHungUp, MODE_OF } from '../../../protocol/nodeState.ts'
import type { LinkMode } from '../../../protocol/nodeState.ts'
import { away, bodyOf, refuse } from './fakeAccounts.ts'
import type { FakeHouse } from './fakeHttp.ts'

interface Asked {
  readonly localnode?: string
  readonly remotenode?: string
  readonly dtmf?: string
  readonly perm?: unknown
}

const MODE: Readonly<Record<string, LinkMode>> = MODE_OF
const TARGET = /^[1-9A-Za-z-][0-9A-Za-z-]{0,19}$/
const DIGITS = /^[0-9A-D*#]{1,32}$/

export function control({ nodes, accounts }: FakeHouse, action: string, init: RequestInit | undefined): Response {
  const { localnode = '', remotenode = '', dtmf = '', perm } = bodyOf(init) as Asked
  const { [action]: mode } = MODE
  const permanent = mode !== undefined && (perm === 'on' || perm === true)
  const outcome = (status: number, outcome: string, code: CommandCode, message: string) =>
    Response.json({ success: outcome !== 'refused', message, data: { action, outcome, code } }, { status })
  const done = (code: CommandCode, message: string) => outcome(200, 'done', code, message)
  const refused = (code: CommandCode, message: string) => outcome(409, 'refused', code, message)

  const stranger = accounts.stranger(init)
  if (stranger !== null) return stranger
  if ((mode !== undefined || action === 'disconnect') && (!TARGET.test(remotenode) || remotenode === localnode)) {
    return refuse(400, 'bad-target', 'remotenode is 1 to 20 letters, digits and hyphens, does not begin with 0, and is another node.')
  }
  if (action === 'dtmf' && !DIGITS.test(dtmf)) return refuse(400, 'bad-digits', 'DTMF is 1 to 32 digits: 0-9, A-D, * and #.')
  const node = nodes.get(localnode)
  if (node === undefined) return refuse(404, 'no-such-node', `There is no node ${localnode} here.`)
  const lacking = accounts.lacking(action, permanent)
  if (lacking !== null) return lacking
  const { reach, reachReason, links, indirect } = node.state
  if (reach !== 'up') return away(reachReason)

  if (action === 'dtmf') return outcome(202, 'not-confirmed', 'not-verifiable', 'The digits were sent to the node.')
  if (action === 'disconnect-all') {
    // Web clients and phones stay.
    const ended = Object.keys(links).filter((name) => /^[1-9]/.test(name))
    if (ended.length === 0) return done('no-links', `${localnode} has no links.`)
    for (const name of ended) node.disconnect(name)
    return done('all-disconnected', `All links of ${localnode} are disconnected.`)
  }
  const link = Object.hasOwn(links, remotenode) ? links[remotenode] : undefined
  if (link === undefined && Object.hasOwn(indirect.nodes, remotenode)) return refused('linked-indirectly', `${remotenode} is linked through another node.`)
  if (mode === undefined) {
    if (link === undefined) return refused('not-linked', `${remotenode} is not linked to ${localnode}.`)
    node.disconnect(remotenode)
    return done('disconnected', `${remotenode} is disconnected from ${localnode}.`)
  }
  if (link !== undefined && hasHungUp(link)) return refused('hung-up', `${remotenode} has hung up: try again after 10 s.`)
  const called = link?.state === 'connecting'
  const stays = called || link?.mode === mode
  // app_rpt redials no EchoLink link, whatever is ordered.
  const never = permanent && linkKind(remotenode) === 'echolink'
  const kept = permanent && !never
  if (kept && stays && link?.permanent !== true) {
    return refused('not-made-permanent', `${remotenode} is not made permanent by asking again: disconnect it first.`)
  }
  if (called) return outcome(202, 'not-confirmed', 'being-called', `${remotenode} is being called by ${localnode}.`)
  if (!stays) node.connect(remotenode, { mode, permanent: kept })
  if (never) return done('linked-not-permanent', `${localnode} is linked to ${remotenode}, but not permanently: EchoLink is not redialled.`)
  return stays ? done('already-linked', `${localnode} was already linked to ${remotenode}.`) : done('linked', `${localnode} is linked to ${remotenode}.`)
}
