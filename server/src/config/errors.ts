/** Permanent codes: scripts and documentation may rely on them. */
export type ConfigErrorCode =
  | 'not-found'
  | 'not-readable'
  | 'not-a-file'
  | 'too-large'
  | 'syntax'
  | 'no-nodes'
  | 'bad-node-id'
  | 'bad-host'
  | 'bad-port'

export interface ConfigProblem {
  readonly code: ConfigErrorCode
  /** Path as the operator gave it. */
  readonly file: string
  /** Counted from 1; null when it concerns the file as a whole. */
  readonly line: number | null
  /** What is wrong, in one clause. Never a value from the file that could be a secret. */
  readonly reason: string
  /** What to do about it, in one clause. */
  readonly whatToDo: string
}

/** The only error that reading the configuration throws. `message` is one line: `file:line: what is wrong; what to do`. */
export class ConfigError extends Error implements ConfigProblem {
  override readonly name = 'ConfigError'
  readonly code: ConfigErrorCode
  readonly file: string
  readonly line: number | null
  readonly reason: string
  readonly whatToDo: string

  constructor(problem: ConfigProblem, options?: ErrorOptions) {
    super(describeProblem(problem), options)
    this.code = problem.code
    this.file = problem.file
    this.line = problem.line
    this.reason = problem.reason
    this.whatToDo = problem.whatToDo
  }
}

/** `file:line: reason; whatToDo` on one line, whatever characters stand in the parts. Warnings have the same shape. */
export function describeProblem(problem: Omit<ConfigProblem, 'code'>): string {
  const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}`
  return oneLine(`${place}: ${problem.reason}; ${problem.whatToDo}`)
}

/** A name from a file, fit for a message: one line, at most 40 characters. */
export function quoteName(name: string): string {
  const clean = oneLine(name)
  return `"${clean.length > 40 ? `${clean.slice(0, 39)}…` : clean}"`
}

/** Control, format and separator characters would break the line or the terminal. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?')
}
