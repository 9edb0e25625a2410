import type { AmiMessage } from './message.ts'
import { printable } from '../env/printable.ts'

/**
 * Why a reply gave no data.
 * - `no-such-node`: app_rpt does not run that node on this server;
 * - `not-ready`: that node is starting, and takes no commands yet, or that station is being called, and has not said its name;
 * - `permission-denied`: the AMI user lacks the right (or is not logged in);
 * - `unknown-action`: the module (app_rpt, chan_voter) is not loaded;
 * - `refused`: any other `Response: Error`;
 * - `not-understood`: not the reply that was asked for.
 */
export type ReadFailureCode = 'no-such-node' | 'not-ready' | 'permission-denied' | 'unknown-action' | 'refused' | 'not-understood'

export interface ReadFailure {
  readonly ok: false
  readonly code: ReadFailureCode
  /** Why, in one sentence; Asterisk's own words are quoted in it, made printable. */
  readonly message: string
}

export type Read<T> = { readonly ok: true; readonly value: T } | ReadFailure

export function understood<T>(value: T): Read<T> {
  return { ok: true, value }
}

export function notUnderstood(what: string): ReadFailure {
  return { ok: false, code: 'not-understood', message: `Asterisk's answer is not ${what}.` }
}

/** The refusal in a `Response: Error`, or null when there is none. Texts: Asterisk manager.c, app_rpt rpt_manager.c. */
export function readRefusal(message: AmiMessage): ReadFailure | null {
  if (message.response?.toLowerCase() !== 'error') return null
  const said = printable(message.get('Message') ?? message.output[0] ?? '')
  return { ok: false, code: refusalCode(said), message: `Asterisk refused: ${JSON.stringify(said)}.` }
}

function refusalCode(said: string): ReadFailureCode {
  if (/unknown or missing node/i.test(said)) return 'no-such-node'
  if (/permission denied|authentication required/i.test(said)) return 'permission-denied'
  if (/invalid\/unknown command/i.test(said)) return 'unknown-action'
  return 'refused'
}
