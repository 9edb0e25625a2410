import { AmiEncodeError } from './encode.ts'
import type { AmiMessage } from './message.ts'
import { printable } from '../env/printable.ts'
import { notUnderstood, readRefusal, understood } from './read.ts'
import type { Read } from './read.ts'

/** A station of EchoLink's directory, as the Asterisk that was asked has it. */
export interface EchoLinkStation {
  /** Without leading zeros: `101425`. */
  readonly number: string
  /** `W5GLE-L`, `*ECHOTEST*`: made printable, at most 40 characters and a mark where it was cut. */
  readonly callsign: string
  /** Its address, as text; null when there is none. Not for every viewer's eyes. */
  readonly address: string | null
}

/** chan_echolink has room for 11 characters; what is longer was not its own. */
const LONGEST = 40
const NUMBER = /^[1-9]\d{0,5}$/
/** How chan_echolink calls whoever it calls, until he answers and says his name (el_call). What is connected counts before its directory. */
const CALLED = 'OUTBOUND'

/**
 * The EchoLink number in a link's name, which is `3` and the number padded to six digits (app_rpt chan_echolink.c
 * el_new); null when the name is no such one.
 */
export function echoLinkNumber(link: string): string | null {
  const padded = /^3(\d{6})$/.exec(link)?.[1]
  const number = padded?.replace(/^0+/, '') ?? ''
  return number === '' ? null : number
}

/**
 * `echolink dbget nodename <number>`, the value of a `Command` action's Command field. chan_echolink compares the
 * number as text and its directory has no leading zeros.
 * @throws AmiEncodeError code `bad-argument` for anything but 1 to 6 digits, the first one not 0
 */
export function echoLinkCommand(number: string): string {
  if (NUMBER.test(number)) return `echolink dbget nodename ${number}`
  throw new AmiEncodeError('bad-argument', 'An EchoLink number is 1 to 6 digits without a leading zero.')
}

/**
 * The answer to {@link echoLinkCommand} (app_rpt chan_echolink.c el_do_dbget): `<number>|<call>|<address>`, or
 * `Error: Entry for <number> not found!`, which Asterisk 20 and 22 call a `Response: Error`. Never throws.
 * @returns null as its value when the directory has no such station; code `unknown-action` when chan_echolink is not
 * loaded, `not-ready` while it calls that station
 */
export function readEchoLinkReply(message: AmiMessage, number: string): Read<EchoLinkStation | null> {
  for (const line of message.output) {
    const [key = '', call, address = ''] = line.split('|')
    if (call === undefined || key.trim().replace(/^0+/, '') !== number) continue
    if (call === CALLED) return { ok: false, code: 'not-ready', message: 'The station is being called, and says its name when it answers.' }
    const callsign = printable(call, LONGEST)
    return understood(callsign === '' ? null : { number, callsign, address: printable(address, LONGEST) || null })
  }
  const said = message.output.find((line) => line.trim() !== '')?.trim() ?? ''
  if (/^error: entry for .{1,40} not found/i.test(said)) return understood(null)
  if (/^no such command/i.test(said)) {
    return { ok: false, code: 'unknown-action', message: `Asterisk refused: ${JSON.stringify(printable(said))}.` }
  }
  return readRefusal(message) ?? notUnderstood('the answer to echolink dbget')
}
