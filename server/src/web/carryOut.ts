/** Does to the machine what a plan of `web` needs, or tells it; then lets the web server read it. */
import { CommandError } from '../config/commandError.ts'
import type { Machine } from './machine.ts'
import { make, needed, told } from './steps.ts'
import type { Command, Step } from './steps.ts'
import type { WebServer } from './webServer.ts'
import type { Words } from './words.ts'

/** @throws CommandError */
export async function carryOut(all: readonly Step[], server: WebServer, machine: Machine, { dryRun }: Pick<Words, 'dryRun'>, write: (text: string) => void): Promise<void> {
  const steps = await needed(all)
  if (steps.length === 0) write(`${server.title}: everything is so already.\n`)
  else if (dryRun) tell(steps, server, write)
  else {
    await make(steps, (command) => machine.do(command), async () => { if (server.canCheck) await machine.do(server.check) })
    write(steps.map((step) => `Done: ${told(step)}\n`).join(''))
  }
  // Where nothing was to be done too: the time before may have ended before the server read it.
  if (!dryRun) await reload(server, machine, write)
}

function tell(steps: readonly Step[], server: WebServer, write: (text: string) => void): void {
  write(steps.map((step) => `Would ${told(step)}\n`).join(''))
  if (server.canCheck) write(`Would then run ${server.check.join(' ')}, and undo all of it if that complains\n`)
}

async function reload(server: WebServer, machine: Machine, write: (text: string) => void): Promise<void> {
  if (machine.hasSystemd) {
    const { code } = await machine.ask(['systemctl', 'is-active', '--quiet', server.unit])
    if (code === 0) await readAgain(['systemctl', 'reload', server.unit], server, machine)
    else write(`${server.title} does not run: start it with systemctl start ${server.unit}\n`)
  } else if (await machine.runs(server.pidFile)) {
    await readAgain(server.reload, server, machine)
  } else {
    write(`${server.title} does not run here; it reads this when it starts.\n`)
  }
}

async function readAgain(command: Command, { title }: WebServer, machine: Machine): Promise<void> {
  try {
    await machine.do(command)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    throw new CommandError(`The files are in place, and ${title} did not read them: ${error.message}. Mend that, and run this again`, { cause: error })
  }
}
