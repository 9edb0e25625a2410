import { hostname } from 'node:os'
import { createInterface } from 'node:readline/promises'
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

async function askTerminal(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(?:es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}
