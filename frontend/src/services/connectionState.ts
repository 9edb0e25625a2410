import { NO_SUCH_NODE } from '../../../protocol/closeCodes.ts'

/**
 * What a viewer can know of the connection to one node. A discriminated union: each state carries what is true in it,
 * so nothing has to be guessed from a set of flags.
 *
 * Only the socket is told here. Whether Asterisk answers is `reach` in the node's state; when the node was last heard is
 * the connection's `heardAt`. Three different facts, never mixed.
 */
export type ConnectionState =
  /** Nobody watches this node. Leaves on `connectToNode`. */
  | { readonly status: 'idle' }
  /**
   * A socket is being opened, or is open and has not said its first valid word yet. Ends by itself: it has deadlines.
   * `refused`: the server did not have the node when it was last asked.
   */
  | { readonly status: 'connecting'; readonly since: number; readonly attempt: number; readonly refused?: true }
  /** The server speaks. Ends when the socket closes or falls silent. */
  | { readonly status: 'live'; readonly since: number }
  /** The next try comes by itself at `until`, or at once on a wake signal or the user's Retry. */
  | { readonly status: 'waiting'; readonly until: number; readonly attempt: number; readonly reason: Reason }
  /**
   * No try comes soon; `wake` says what ends the pause, and the user's Retry always does. (A browser's "offline" is a hint:
   * that pause is put to the test once a minute; a node that the server does not have is asked for again as often; one for want of a
   * user now and then while the node is polled.)
   */
  | { readonly status: 'paused'; readonly why: PauseReason; readonly wake: WakeCondition; readonly reason: Reason }
  /** Given up on purpose by this page. Absorbing: a closed connection never does anything again. */
  | { readonly status: 'closed' }

export type PauseReason = 'offline' | 'hidden' | 'needs-auth' | 'flag-off' | 'refused'
export type WakeCondition = 'online' | 'visible' | 'signed-in' | 'flag-on' | 'retry'

/** Why a connection is not live. `code` is permanent (docs/errors/), `message` says why and what to do. */
export interface Reason {
  readonly code: ReasonCode
  readonly message: string
  /** The WebSocket close code, where one was received. */
  readonly closeCode?: number
  /** The code of the server's error frame, where one node of a shared socket was refused; or what its answer would be. */
  readonly serverCode?: string
  /** Over how long those who were hit together should spread, ms; 0 = this page was hit alone. Absent: nobody said. */
  readonly spreadMs?: number
}

export type ReasonCode =
  | 'socket-closed'
  | 'connect-timeout'
  | 'first-message-timeout'
  | 'silent'
  | 'goaway'
  | 'offline'
  | 'hidden'
  | 'needs-auth'
  | 'flag-off'
  | 'refused'
  | 'no-websocket'
  | 'bad-node'

/** Does the server not have this node, as far as is known? */
export function isMissing(state: ConnectionState): boolean {
  if (state.status !== 'paused') return 'refused' in state
  return state.reason.closeCode === NO_SUCH_NODE || state.reason.serverCode === 'no-such-node'
}

/** Does it wait for somebody to sign in? */
export function wantsSignIn(state: ConnectionState): boolean {
  return state.status === 'paused' && state.why === 'needs-auth'
}
