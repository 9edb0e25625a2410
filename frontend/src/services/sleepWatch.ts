import type { Env, TimerHandle } from '../env/env.ts'

/** How often the clock is looked at, ms. */
const LOOK_MS = 500
/** A look that comes this much too late was slept through, ms. */
const GAP_MS = 3_000

/**
 * Notices that the machine slept, or that its clock was set: many browsers tell a page nothing of it, and a timer that was
 * running counts on from where it was. Looks twice a second while the page can be seen; a hidden page runs no timer, and is
 * told when it is seen again.
 */
export class SleepWatch {
  readonly #env: Env
  readonly #onGap: () => void
  #timer: TimerHandle
  #lookedAt = 0

  constructor(env: Env, onGap: () => void) {
    this.#env = env
    this.#onGap = onGap
  }

  /** Starts, or goes on after the page was hidden. */
  start(): void {
    this.stop()
    if (!this.#env.page.visible()) return
    this.#lookedAt = this.#env.now()
    this.#arm()
  }

  stop(): void {
    this.#env.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    this.#timer = this.#env.setTimeout(() => { this.#look() }, LOOK_MS)
  }

  #look(): void {
    const now = this.#env.now()
    const late = now - this.#lookedAt - LOOK_MS
    this.#lookedAt = now
    this.#arm()
    if (Math.abs(late) > GAP_MS) this.#onGap()
  }
}
