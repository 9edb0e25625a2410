import type { Environment } from './settingsFile.ts'

/** What a command of the command line is given besides its words. */
export interface Surroundings extends Environment {
  /** Says something to whoever gave the command. */
  readonly write: (text: string) => void
  /** ms since 1970. */
  readonly now: number
}
