import type { CommandCode } from '../../../protocol/commandCodes.ts'
import type { AmiMessage } from '../ami/message.ts'
import { printable } from '../env/printable.ts'
import { readCommandReply } from '../ami/replies.ts'

/** What Asterisk said to a command: that it took it (which means little), or why not. */
export interface CommandReply {
  readonly refusal: { readonly code: CommandCode; readonly message: string } | null
  /** Its own words, one line. */
  readonly text: string
}

/** Longer answers are cut: commands of this room are answered by nothing, or by one line. */
const LONGEST = 500

/** The sentences quote nothing: Asterisk repeats commands in its refusals, and DTMF digits may be codes. */
export function readReply(message: AmiMessage, node: string): CommandReply {
  const text = printable(message.output.join(' '), LONGEST)
  const read = readCommandReply(message)
  if (read.ok) return { refusal: null, text }
  switch (read.code) {
    case 'no-such-node':
      return refusal('node-unknown', `Asterisk does not know node ${node}: check its number in rpt.conf.`, text)
    case 'not-ready':
      return refusal('node-not-ready', `Node ${node} is starting and takes no commands yet: try again in a few seconds.`, text)
    case 'permission-denied':
      return refusal(
        'ami-no-command-right',
        'The AMI user of the gateway may not send commands: add "command" to its write= line in manager.conf.',
        text,
      )
    case 'unknown-action':
    case 'refused':
      return refusal('asterisk-refused', 'Asterisk refused the command: check that app_rpt is loaded.', text)
    case 'not-understood':
      // Whether it took the command will show.
      return { refusal: null, text }
  }
}

function refusal(code: CommandCode, message: string, text: string): CommandReply {
  return { refusal: { code, message }, text }
}
