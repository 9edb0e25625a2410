/**
 * What systemd is told while the gateway runs as its service: that it is ready, rereads its files, stops, and lives.
 * Node has no datagram sockets for sd_notify(3), so `systemd-notify` is run; the unit needs `NotifyAccess=all`.
 */
import type { Clock, Timer } from './clock.ts'
import type { RunProgram } from './runProgram.ts'

export interface ServiceManagerOptions {
  /** Where systemd says that it listens: NOTIFY_SOCKET, and for the watchdog WATCHDOG_USEC and WATCHDOG_PID. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** This process. */
  readonly pid: number
  readonly clock: Clock
  readonly run: RunProgram
  /** Told once that systemd cannot be told, however often it fails, and each time that reading again failed. */
  readonly warn: (message: string) => void
  /** Microseconds of CLOCK_MONOTONIC. */
  readonly monotonic?: () => bigint
}

/** A message that systemd does not take within this time is given up, ms: stopping must not wait for it. */
const PATIENCE_MS = 3_000
/** The longest that a timer can wait, ms. */
const LONGEST_MS = 2 ** 31 - 1

const monotonicMicroseconds = () => process.hrtime.bigint() / 1_000n

/** Without a service manager every call does nothing. No call ever rejects. */
export class ServiceManager {
  readonly #options: ServiceManagerOptions
  readonly #listens: boolean
  /** Messages go one after another: a READY that overtakes its RELOADING leaves the service reloading for good. */
  #last: Promise<void> = Promise.resolve()
  #timer: Timer = undefined
  #warned = false
  #ended = false

  constructor(options: ServiceManagerOptions) {
    this.#options = options
    this.#listens = (options.env['NOTIFY_SOCKET'] ?? '') !== ''
  }

  /** It serves. `status` is one line for `systemctl status`. The watchdog is fed from now on. */
  ready(status: string): Promise<void> {
    if (this.#timer === undefined) this.#watch()
    return this.#tell('READY=1', `STATUS=${status}`)
  }

  /** Says that files are being read again, and that they are once `work` is done, whatever came of it. */
  async reloading(work: () => Promise<void>, status: () => string): Promise<void> {
    const now = (this.#options.monotonic ?? monotonicMicroseconds)()
    const told = this.#tell('RELOADING=1', `MONOTONIC_USEC=${now}`, 'STATUS=reading its files again')
    try {
      await work()
    } catch (error) {
      this.#options.warn(`Not all files were read again: ${reasonOf(error)}. What was read before counts.`)
    }
    await told
    await this.#tell('READY=1', `STATUS=${status()}`)
  }

  /** It ends: nothing else is said after this. */
  stopping(): Promise<void> {
    const told = this.#tell('STOPPING=1', 'STATUS=sending viewers away')
    this.#ended = true
    this.#options.clock.clearTimeout(this.#timer)
    return told
  }

  /** systemd wants a sign of life each so often. At a third of it, one that is late or lost does no harm. */
  #watch(): void {
    const interval = this.#watchdogMs()
    if (interval === null) return
    const { clock } = this.#options
    const next = () => {
      // The next one is due when this one is through: where systemd does not answer, they must not pile up.
      this.#timer = clock.setTimeout(() => void this.#tell('WATCHDOG=1').then(() => { if (!this.#ended) next() }), interval)
    }
    next()
  }

  #watchdogMs(): number | null {
    const { env, pid } = this.#options
    const microseconds = Number(env['WATCHDOG_USEC'] ?? '')
    const owner = env['WATCHDOG_PID'] ?? ''
    if (!this.#listens || !Number.isSafeInteger(microseconds) || microseconds <= 0) return null
    if (owner !== '' && owner !== String(pid)) return null
    return Math.min(microseconds / 3_000, LONGEST_MS)
  }

  #tell(...words: readonly string[]): Promise<void> {
    if (!this.#listens || this.#ended) return Promise.resolve()
    // One that fails must not take all later ones with it, the watchdog's above all.
    this.#last = this.#last.then(() => this.#send(words)).catch((error: unknown) => { this.#complain(reasonOf(error)) })
    return this.#last
  }

  async #send(words: readonly string[]): Promise<void> {
    const { run, env } = this.#options
    const { code, stderr } = await run('systemd-notify', words, { timeoutMs: PATIENCE_MS, env })
    if (code === 0) return
    const why = stderr.trim().split('\n')[0] ?? ''
    this.#complain(`systemd-notify ended with ${code}${why === '' ? '' : `: ${why}`}`)
  }

  #complain(why: string): void {
    if (this.#warned) return
    this.#warned = true
    this.#options.warn(
      `systemd cannot be told that this runs (${why}) and may restart it: ` +
        'install systemd-notify, and keep Type=notify and NotifyAccess=all in the unit.',
    )
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
