/** The configuration of a running gateway: read again when its file changes, or when asked. A broken file changes nothing. */
import type { AppLog } from './app.ts'
import type { AllmonConfig } from './config/allmonIni.ts'
import { loadConfig } from './config/loadConfig.ts'
import { systemClock } from './env/clock.ts'
import type { Clock } from './env/clock.ts'
import { glance } from './env/glance.ts'
import { lookEvery } from './env/looks.ts'

/** How often the file is looked at, ms. A file is read when two looks in a row found the same: editors write in pieces. */
const LOOK_MS = 2_000

export interface ConfigWatchOptions {
  readonly path: string
  readonly log: AppLog
  /** Default: that of the system. */
  readonly clock?: Clock
}

type Take = (config: AllmonConfig) => void

export class ConfigWatch {
  readonly #options: ConfigWatchOptions
  /** Time, size and inode of what was read last, understood or not. */
  #read: string
  /** Those of the last look. */
  #seen: string
  #reading: Promise<void> | null = null
  #stop: () => void = () => undefined
  #take: Take = () => undefined

  private constructor(options: ConfigWatchOptions, stamp: string) {
    this.#options = options
    this.#read = stamp
    this.#seen = stamp
  }

  /** @throws ConfigError when the file cannot be read or understood: a gateway does not start on guesses */
  static async open(options: ConfigWatchOptions): Promise<{ config: AllmonConfig; watch: ConfigWatch }> {
    const stamp = stampOf(options.path)
    const config = await loadConfig(options.path)
    for (const warning of config.warnings) options.log.warn({}, warning)
    return { config, watch: new ConfigWatch(options, stamp) }
  }

  /** @param take is called with what the file says, each time it was read again and understood */
  start(take: Take): void {
    this.#take = take
    this.#stop = lookEvery(this.#options.clock ?? systemClock, LOOK_MS, () => this.#look())
  }

  /** Reads the file now, changed or not. Never throws: what is wrong is logged, and what was in force stays in force. */
  reload(): Promise<void> {
    this.#reading ??= this.#reload().finally(() => { this.#reading = null })
    return this.#reading
  }

  stop(): void {
    this.#stop()
  }

  async #look(): Promise<void> {
    const stamp = stampOf(this.#options.path)
    const settled = stamp === this.#seen
    this.#seen = stamp
    if (settled && stamp !== this.#read) await this.reload()
  }

  async #reload(): Promise<void> {
    const { path, log } = this.#options
    // Taken before reading: what is written meanwhile counts as not yet read.
    this.#read = stampOf(path)
    try {
      const config = await loadConfig(path)
      for (const warning of config.warnings) log.warn({}, warning)
      this.#take(config)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      log.warn({}, `${message}; until then the configuration read before stays in force`)
    }
  }
}

/** '' = there is no such file, or it may not be looked at. */
function stampOf(path: string): string {
  try {
    const info = glance(path)
    return info === null ? '' : `${info.mtimeMs}:${info.size}:${info.ino}`
  } catch {
    return ''
  }
}
