import type { Variables } from './settingsFile.ts'

/** What a command of the command line is given besides its words. */
export interface Surroundings {
  /** Without what the settings say: a command reads those that it needs, so that others cannot keep it from its work. */
  readonly env: Variables
  /** Says something to whoever gave the command. */
  readonly write: (text: string) => void
  /** ms since 1970. */
  readonly now: number
}
