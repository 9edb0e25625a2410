/**
 * Why a session with Asterisk ended, or never came to be.
 * - `refused`: nothing listens at that host and port;
 * - `unreachable`: the host can't be found or doesn't react;
 * - `login-refused`: wrong user or secret, or this machine isn't permitted;
 * - `no-greeting`: connected, but nothing was said: Asterisk hangs, or something else lives there and waits;
 * - `no-answer`: greeted, but an answer didn't come within its deadline;
 * - `closed`: Asterisk (or we) closed the connection;
 * - `not-ami`: something else lives on that port;
 * - `protocol`: Asterisk sent what no AMI server should;
 * - `too-many`: nothing was tried, as too many sessions are open already.
 */
export type AmiCloseCode =
  | 'refused'
  | 'unreachable'
  | 'login-refused'
  | 'no-greeting'
  | 'no-answer'
  | 'closed'
  | 'not-ami'
  | 'protocol'
  | 'too-many'

export interface AmiCloseReason {
  readonly code: AmiCloseCode
  /** Why and what to do, in one sentence for an operator. Never holds the secret. */
  readonly message: string
  /** `closed`, by Asterisk, while a question was on the wire: it may have closed over that one. */
  readonly unanswered?: true
  /** `login-refused`, because the user is signed in already and may be so only once; nobody looked at the secret. */
  readonly inUse?: true
}

/** Did a session end over a question? If not, Asterisk may be another one when it is back. */
export function endedOverQuestion({ code, unanswered }: AmiCloseReason): boolean {
  return code === 'no-answer' || unanswered === true
}

/** What every pending request rejects with when its session ends. */
export class AmiClosedError extends Error {
  readonly reason: AmiCloseReason
  /** It was this request that the session ended over: for the others it is just over. */
  readonly own: boolean

  constructor(reason: AmiCloseReason, own = false) {
    super(reason.message)
    this.name = 'AmiClosedError'
    this.reason = reason
    this.own = own
  }
}

/** Did a request fail because its own answer did not come in time? */
export function isOverdue(error: unknown): boolean {
  return error instanceof AmiClosedError && error.own && error.reason.code === 'no-answer'
}

/** Did Asterisk close the connection in place of an answer to it? */
export function isClosedOver(error: unknown): boolean {
  return error instanceof AmiClosedError && error.own && error.reason.unanswered === true
}
