/** Permanent codes that a gateway answers commands with. A translation has a sentence for each. */
import { REACH_CODES } from './nodeState.ts'

/** Why a gateway does not carry out an order that a broker brought it. docs/errors has a page for each. */
export const ORDER_CODES = [
  'no-orders',
  'order-not-understood',
  'order-retained',
  'front-unknown',
  'too-many-orders',
  'bad-signature',
  'other-edge',
  'order-expired',
  'order-from-future',
  'order-lasts-too-long',
  'order-before-start',
  'order-used',
  'order-book-full',
  'node-not-allowed',
  'action-not-allowed',
  'user-not-allowed',
  'no-accounts',
  'no-right',
] as const
export type OrderCode = (typeof ORDER_CODES)[number]

/** Why a command gets no further than the route that takes it. */
const AT_THE_DOOR = [
  'not-signed-in', 'csrf', 'bad-request', 'bad-node', 'bad-target', 'bad-digits', 'permanent-not-allowed', 'too-many-requests',
] as const
/** Why nothing was asked of the node, or what Asterisk said to it. */
const ON_THE_WAY = [
  'no-such-node', 'not-allowed', 'stopping', 'too-many-commands', 'not-in-time', 'superseded', 'internal', 'no-answer-yet', 'no-answer',
  'not-verifiable', 'ami-no-command-right', 'asterisk-refused', 'node-not-ready',
] as const
/** What the node shows. */
const SHOWN = [
  'linked', 'already-linked', 'linked-not-permanent', 'disconnected', 'all-disconnected', 'no-links', 'linked-indirectly', 'not-linked', 'not-made-permanent', 'hung-up',
  'still-linked', 'call-failed', 'already-called', 'no-link-yet', 'being-called', 'other-mode',
] as const

/** All of them: those of an Asterisk or a gateway that is away, too. */
export const COMMAND_CODES = [...AT_THE_DOOR, ...ON_THE_WAY, ...SHOWN, ...ORDER_CODES, ...REACH_CODES] as const
export type CommandCode = (typeof COMMAND_CODES)[number]
