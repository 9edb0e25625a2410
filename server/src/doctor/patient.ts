import type { AllmonConfig } from '../config/allmonIni.ts'
import type { Options } from '../config/options.ts'
import { SETTINGS_VARIABLE } from '../config/settingsFile.ts'
import type { Variables } from '../config/settingsFile.ts'
import type { RunProgram } from '../env/runProgram.ts'
import type { WebConf } from '../web/webConf.ts'

/** What the doctor is given to look with. */
export interface Tools {
  readonly version: string
  /** Names of all limits, for the settings. */
  readonly limits: readonly string[]
  readonly run: RunProgram
  /** Of the process; 0 = root. */
  readonly uid: number
  /** Does systemd run this machine? */
  readonly systemd: boolean
  /** Of the build, ms since 1970; no right clock is behind it. */
  readonly builtAt: number
  readonly now: () => number
  /** How long an open socket is held to see whether somebody cuts it, ms. */
  readonly holdMs: number
  /** Authorities besides those that Node knows, PEM. */
  readonly ca?: string
  /** Takes a folder for `/` where files of the machine are looked at. Default `/`. */
  readonly root?: string
}

/** What is looked at, once the settings are understood. */
export interface Patient {
  readonly env: Variables
  readonly options: Options
  /** Where it listens, as this machine reaches it: `127.0.0.1:8105`. */
  readonly gateway: string
  /** null = the demo. */
  readonly config: AllmonConfig | null
  readonly web: WebConf | null
  /** The dashboard as visitors reach it. */
  readonly url: URL
  /** It was said with `--url`; otherwise this machine's own web server is asked, whatever the name leads to elsewhere. */
  readonly named: boolean
}

/** The settings' file, where there is one. */
export function settingsPath(env: Variables): string {
  return env[SETTINGS_VARIABLE] ?? ''
}
