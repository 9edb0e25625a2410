/** Why something is not as it should be, and what to do, in English: the sentence of gateway or client, and the advice it lacks. */
import { CLOSE } from '../../../../protocol/closeCodes.ts'
import type { ReachCode } from '../../../../protocol/nodeState.ts'
import type { Reason, ReasonCode } from '../../services/connectionState.ts'

/** What to do, where the sentence of the client does not say it already. */
const SOCKET: Record<ReasonCode, string> = {
  'socket-closed': 'The page retries by itself; if that keeps failing, check that any proxy in front lets WebSockets through.',
  'connect-timeout': 'The page retries by itself; if that keeps failing, check that the gateway is running and the proxy forwards to it.',
  'first-message-timeout': 'The page retries by itself; if that keeps failing, check where the proxy in front sends this address.',
  silent: 'The page replaces it by itself; if this happens every few minutes, raise the idle timeout of the proxy.',
  goaway: 'The page retries by itself.',
  offline: '',
  hidden: '',
  'needs-auth': '',
  'flag-off': 'Nothing needs to be done.',
  refused: 'Fix the cause, then retry.',
  'no-websocket': 'Use an up-to-date browser, or allow WebSockets in this one.',
  'bad-node': 'Check the number.',
}
const NO_SUCH_NODE = 'Check the number, or add the node to allmon.ini; the page retries by itself, about once a minute.'
const NO_PLACE = 'This node is polled until there is room, then joins by itself.'
/** By close code, or by the code of an error on the common socket. */
const BY_CODE: ReadonlyMap<number | string | false | undefined, string> = new Map<number | string | false | undefined, string>([
  [CLOSE.noSuchNode, NO_SUCH_NODE],
  ['no-such-node', NO_SUCH_NODE],
  ['too-many-nodes', NO_PLACE],
  [CLOSE.tooMany, NO_PLACE],
  [CLOSE.originRefused, "Open this page at the gateway's own address, or allow this one there (--origins), then retry."],
  [CLOSE.badRequest, 'Check the address of this page, then retry.'],
  [CLOSE.versionRefused, "Reload this page to get the server's version."],
])
/** What to do, where the sentence of the gateway does not say it already. */
const REACH: Record<ReachCode, string> = {
  'ami-connecting': 'Wait a few seconds.',
  'ami-refused': '',
  'ami-unreachable': '',
  'ami-login-refused': '',
  'ami-no-answer': 'If this persists, check its console and load.',
  'ami-closed': 'The gateway reconnects by itself; if this persists, check that Asterisk is running.',
  'ami-not-ami': '',
  'node-unknown': '',
  'node-ends-session': 'Remove a remote base from allmon.ini; a node that is still starting will appear by itself.',
  'not-watched': 'Wait a moment.',
  'broker-away': 'Nothing needs to be done here; if this persists, check the broker.',
  'edge-away': 'It reconnects by itself; if this persists, check its power and network.',
  'edge-silent': '',
  other: "The gateway's log may say more.",
}

export function socketReason({ code, message, closeCode, serverCode }: Reason): string {
  // What the common socket says of a node that is not among these is for now.
  const ofNode = code === 'refused' && serverCode
  return `${message} ${BY_CODE.get(closeCode ?? ofNode) ?? SOCKET[ofNode ? 'goaway' : code]}`.trim()
}

export function reachReason(code: ReachCode, message: string): string {
  return `${message} ${REACH[code]}`.trim()
}

/** As it came, it is English; a translation has a sentence for the code, or null. */
export const asItCame = (_code: string | null, message: string): string | null => message
