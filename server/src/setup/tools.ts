import { hostname } from 'node:os'
import { createInterface } from 'node:readline'
import { runProgram } from '../env/runProgram.ts'
import type { RunProgram } from '../env/runProgram.ts'
import { webCommand } from '../web/command.ts'
import type { WebCommand } from './webStep.ts'

/** What setup is handed besides; tests put others in their place. */
export interface SetupTools {
  readonly run: RunProgram
  readonly web: WebCommand
  /** Asks whoever sits there; null = nobody does. */
  readonly ask: ((question: string) => Promise<boolean>) | null
  readonly hostName: string
  /** null = not to be had: no such notion here. */
  readonly uid: number | null
}

export const DEFAULT_TOOLS: SetupTools = {
  run: runProgram,
  web: webCommand,
  ask: process.stdin.isTTY && process.stdout.isTTY ? askTerminal : null,
  hostName: hostname(),
  uid: process.getuid?.() ?? null,
}

function askTerminal(question: string): Promise<boolean> {
  return askAt(process.stdin, process.stdout, question, () => { process.kill(process.pid, 'SIGINT') })
}

/**
 * Whoever leaves without an answer, by Ctrl-D, says no.
 *
 * @param interrupt ends all of it, by Ctrl-C: a terminal that is read line by line sends no signal
 */
export function askAt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream, question: string, interrupt: () => void): Promise<boolean> {
  return new Promise((resolve) => {
    const terminal = createInterface({ input, output })
    terminal.on('SIGINT', () => {
      terminal.removeAllListeners('close').close()
      interrupt()
    })
    terminal.on('close', () => {
      output.write('\n')
      resolve(false)
    })
    terminal.question(question, (answer) => {
      resolve(/^y(?:es)?$/i.test(answer.trim()))
      terminal.removeAllListeners('close').close()
    })
  })
}
