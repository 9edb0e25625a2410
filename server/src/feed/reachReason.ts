import type { FleetCode, ReachCode, ReachReason } from '../../../protocol/nodeState.ts'
import type { AmiHostStatus } from '../ami/amiHost.ts'
import type { AmiCloseCode } from '../ami/closeReason.ts'

/** Those that an Asterisk can be the reason of. */
type OwnCode = Exclude<ReachCode, FleetCode>

const CODE: Record<AmiCloseCode, OwnCode> = {
  refused: 'ami-refused',
  unreachable: 'ami-unreachable',
  'login-refused': 'ami-login-refused',
  'no-greeting': 'ami-no-answer',
  'no-answer': 'ami-no-answer',
  closed: 'ami-closed',
  'not-ami': 'ami-not-ami',
  protocol: 'ami-not-ami',
  'too-many': 'other',
}

/**
 * What viewers are told: why, and what to do, without the address or the user of the AMI, which are nobody's business.
 * The operator finds those in the log.
 */
const SENTENCE: Record<OwnCode, string> = {
  'ami-connecting': 'Connecting to Asterisk.',
  'ami-refused': 'Nothing answers on the AMI port: check that Asterisk is running and that manager.conf has enabled=yes.',
  'ami-unreachable': 'The Asterisk host cannot be reached: check its address and the network.',
  'ami-login-refused': 'Asterisk refused the login: check user, secret and permit in manager.conf.',
  'ami-no-answer': 'Asterisk is connected but not answering: it has hung, or the network is dropping its replies.',
  'ami-closed': 'Asterisk closed the connection; it may be restarting.',
  'ami-not-ami': 'Something other than the Asterisk manager answers: check host and port.',
  'node-unknown': 'Asterisk does not know this node: check its number in rpt.conf.',
  // app_rpt 3.7.0 and later, rpt_manager_do_xstat without a list of links.
  'node-ends-session':
    'Asterisk ends the session whenever it is asked about this node: it is a remote base, or has not started. It is asked less often, as its other nodes share the session.',
  'not-watched': 'Nobody is watching this node yet.',
  other: 'Asterisk does not answer for this node.',
}

/** Where the code alone would send the operator the wrong way. */
const OWN_SENTENCE: Partial<Record<AmiCloseCode, string>> = {
  'no-greeting': 'The AMI port accepts connections but says nothing: Asterisk has hung, or it is not the AMI port.',
  'too-many': 'This gateway has as many Asterisk sessions as it may (limit amiSessions): it connects to this one when another ends.',
  protocol: 'Asterisk sent something unreadable; the gateway reconnects. If this persists, check host and port.',
}

/** As told by a refusal of app_rpt's own questions: after an update it may fail to load, and Asterisk starts without it. */
export const NO_APP_RPT: ReachReason = { code: 'other', message: 'This Asterisk has no app_rpt: it is not loaded, or not yet.' }

/** One node hangs, its neighbours do not. */
export const NODE_HANGS: ReachReason = {
  code: 'ami-no-answer',
  message: 'Asterisk hangs whenever it is asked about this node, and no other: it is asked less often, as its other nodes have to wait.',
}
/** The same of a voter that hangs. */
export const VOTER_HANGS: ReachReason = {
  code: 'ami-no-answer',
  message: 'Asterisk hangs whenever it is asked about this voter: it is asked less often, as its nodes have to wait.',
}

export function reasonFor(code: OwnCode): ReachReason {
  return { code, message: SENTENCE[code] }
}

function reasonOf(code: AmiCloseCode): ReachReason {
  return { code: CODE[code], message: OWN_SENTENCE[code] ?? SENTENCE[CODE[code]] }
}

/** Why the host's nodes are not reached; null while it is up. */
export function reachReason(status: AmiHostStatus): ReachReason | null {
  switch (status.status) {
    case 'up':
      return null
    case 'idle':
      return reasonFor('ami-connecting')
    case 'connecting':
      // A dead host that is being redialled stays dead, for the reason it died of.
      return status.reason === null ? reasonFor('ami-connecting') : reasonOf(status.reason.code)
    case 'down':
      return reasonOf(status.reason.code)
  }
}
