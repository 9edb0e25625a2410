/** `Action: Command` (manager.c `action_command`). */
import type { AmiRequest } from './amiRequest.ts'
import type { Knobs } from './knobs.ts'
import { failure } from './reply.ts'
import type { Reply } from './reply.ts'

/** What a CLI command printed, and whether its handler said it failed. */
export interface CliOutput {
  readonly text: string
  readonly failed: boolean
}

const BLACKLIST = ['module load', 'module unload', 'restart gracefully']

export function commandAction(request: AmiRequest, run: (command: string) => CliOutput, knobs: Knobs): Reply {
  const command = request.get('Command')
  if (command === '') return failure(request, 'No command provided')
  if (BLACKLIST.some((prefix) => command.toLowerCase().startsWith(prefix)))
    return failure(request, 'Command blacklisted')
  const { text, failed } = run(command)
  const id = request.get('ActionID')
  const idLine = id === '' ? [] : [`ActionID: ${id}\r\n`]
  if (knobs.commandFormat === 'follows') {
    // Asterisk 1.4 prints what comes, line feeds alone, and glues its marker to a text that does not end in one.
    return { pieces: ['Response: Follows\r\nPrivilege: Command\r\n', ...idLine, text, '--END COMMAND--\r\n\r\n'] }
  }
  const lines = text.replace(/\n$/, '').split('\n')
  return {
    pieces: [
      `Response: ${failed ? 'Error' : 'Success'}\r\n`,
      ...idLine,
      'Message: Command output follows\r\n',
      ...lines.map((line) => `Output: ${line}\r\n`),
      '\r\n',
    ],
  }
}
