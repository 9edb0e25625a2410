/** Other programs, run to their end without a shell. */
import { spawn } from 'node:child_process'
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process'

export interface ProgramEnd {
  /** Exit code; 127 = it could not be started, 124 = it took too long. */
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
    const child = start(command, args, env)
    if (typeof child === 'string') {
      resolve({ code: 127, stdout: '', stderr: child })
      return
    }
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
    child.on('error', (error) => {
      stderr += error.message
      end(127)
    })
    // Without free file descriptors there are no streams, and the error is all that comes.
    if (!hasStreams(child)) return
    child.stdout.setEncoding('utf8').on('data', (text: string) => { if (stdout.length < LONGEST) stdout += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { if (stderr.length < LONGEST) stderr += text })
    child.on('close', (code) => { end(code ?? 128) })
    // Whoever does not read what it is given is no fault of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })

/** @returns what is in the way, where Node says so at once, as of too little memory or a NUL in an argument */
function start(command: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): ChildProcess | string {
  try {
    return spawn(command, [...args], { env: { ...env }, stdio: 'pipe' })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Node's types promise streams, which are undefined after EMFILE and ENFILE. */
function hasStreams(child: ChildProcess): child is ChildProcessWithoutNullStreams {
  return Boolean(child.stdin) && Boolean(child.stdout) && Boolean(child.stderr)
}
