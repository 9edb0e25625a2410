import type { WebPlan } from './plan.ts'
import type { Command, Step } from './steps.ts'

export interface PlannedFile {
  readonly path: string
  readonly text: string
}

/** Files that somebody named for nginx's include line; null = none. */
export interface Into {
  readonly now: string | null
  /** The one that may have the line since the time before, wherever it is. */
  readonly before: string | null
}

/** A web server as `web` handles it. */
export interface WebServer {
  readonly title: string
  /** Of systemd. */
  readonly unit: string
  readonly errorLog: string
  /** Shows which rules its sites have. */
  readonly rules: string
  /** Is there a program that can look at the configuration? */
  readonly canCheck: boolean
  readonly check: Command
  /** Where there is no systemd. */
  readonly reload: Command
  readonly pidFile: string
  /** What whoever set it up should know; null = nothing. */
  readonly remark: string | null
  /** Files that only we write, wherever the machine has them. */
  readonly mine: readonly string[]
  files(plan: WebPlan): Promise<PlannedFile[]>
  /** All that makes `files` count. */
  steps(plan: WebPlan, files: readonly PlannedFile[], into: Into): Promise<Step[]>
  /** Takes out all that any `steps` put there, but for modules, which others may use. */
  removal(into: string | null): Promise<Step[]>
}
