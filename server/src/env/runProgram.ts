/** Other programs, run to their end without a shell. */
import { spawn } from 'node:child_process'

export interface ProgramEnd {
  /** Exit code; 127 = there is no such program, 124 = it took too long. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ProgramOptions {
  /** What it reads from its standard input. Default: nothing. */
  readonly input?: string
  /** It is killed after so long, ms. Default 20 s. */
  readonly timeoutMs?: number
  /** In place of this process' own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Longest output that is kept, characters of each stream. */
const LONGEST = 1_000_000

/** Runs a program and waits for its end. Never throws: what went wrong is in the code, and in `stderr` as far as it says so. */
export type RunProgram = (command: string, args: readonly string[], options?: ProgramOptions) => Promise<ProgramEnd>

export const runProgram: RunProgram = (command, args, { input = '', timeoutMs = 20_000, env = process.env } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, [...args], { env: { ...env }, stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    let late = false
    const deadline = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, timeoutMs)
    const end = (code: number) => {
      clearTimeout(deadline)
      resolve({ code: late ? 124 : code, stdout, stderr })
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => { if (stdout.length < LONGEST) stdout += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { if (stderr.length < LONGEST) stderr += text })
    child.on('error', (error) => {
      stderr += error.message
      end(127)
    })
    child.on('close', (code) => { end(code ?? 128) })
    // Whoever does not read what it is given is no fault of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
