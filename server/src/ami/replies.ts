import type { AmiMessage } from './message.ts'
import { notUnderstood, readRefusal, understood } from './read.ts'
import type { Read, ReadFailureCode } from './read.ts'

/** The digits to be hashed with the secret, from `Action: Challenge`. */
export function readChallengeReply(message: AmiMessage): Read<string> {
  const refusal = readRefusal(message)
  if (refusal) return refusal
  const challenge = message.get('Challenge')?.trim() ?? ''
  return /^[\x21-\x7e]{1,128}$/.test(challenge) ? understood(challenge) : notUnderstood('a Challenge')
}

/** Success of a Login is `Response: Success` on every version; what else it says is not needed. */
export function readLoginReply(message: AmiMessage): Read<true> {
  const refusal = readRefusal(message)
  if (refusal) return refusal
  return message.response?.toLowerCase() === 'success' ? understood(true) : notUnderstood('the answer to a Login')
}

/** Failures that app_rpt reports as success (rpt_cli.c res2cli), and Asterisk 1.4's only sign of an unknown command. */
const SILENT_FAILURES: readonly (readonly [RegExp, ReadFailureCode])[] = [
  [/^unknown node number/i, 'no-such-node'],
  [/^node \S+ is not ready/i, 'not-ready'],
  [/^(unknown action name|no such command)/i, 'refused'],
]

/**
 * Output lines of `Action: Command`, from either form. Empty output of the newer form is one empty line; it is left
 * out.
 *
 * Even a clean answer means only that the line was accepted: app_rpt says Success to what it then ignores. Watch XStat.
 */
export function readCommandReply(message: AmiMessage): Read<readonly string[]> {
  const refusal = readRefusal(message)
  if (refusal) return refusal
  const response = message.response?.toLowerCase()
  if (response !== 'success' && response !== 'follows') return notUnderstood('the answer to a Command')
  const { output } = message
  const first = output.find((line) => line.trim() !== '')?.trim() ?? ''
  const code = SILENT_FAILURES.find(([said]) => said.test(first))?.[1]
  if (code !== undefined) return { ok: false, code, message: `Asterisk refused: ${JSON.stringify(first.slice(0, 120))}.` }
  return understood(output.length === 1 && output[0] === '' ? [] : output)
}
