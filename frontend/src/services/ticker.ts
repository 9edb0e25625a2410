import type { Env, TimerHandle } from '../env/env.ts'
import { tellAll } from './diagnostics.ts'
import type { DiagnosticHook } from './diagnostics.ts'

/** One tick a second for the whole page, only while somebody watches it and the page can be seen. */
export class Ticker {
  readonly #env: Env
  readonly #onDiagnostic: DiagnosticHook
  readonly #watchers = new Set<() => void>()
  #timer: TimerHandle
  #stopListening: (() => void) | null = null
  #disposed = false

  constructor(env: Env, onDiagnostic: DiagnosticHook = () => undefined) {
    this.#env = env
    this.#onDiagnostic = onDiagnostic
  }

  /** Calls `tick` about once a second, and when something happens to the page while it is seen. Returns the way out. */
  watch(tick: () => void): () => void {
    if (this.#disposed) return () => undefined
    this.#watchers.add(tick)
    if (this.#watchers.size === 1) this.#start()
    return () => {
      this.#watchers.delete(tick)
      if (this.#watchers.size === 0) this.#stop()
    }
  }

  /** Ends it, whoever still watches. */
  dispose(): void {
    this.#disposed = true
    this.#watchers.clear()
    this.#stop()
  }

  /** After `dispose`: may be watched again. */
  revive(): void {
    this.#disposed = false
  }

  #start(): void {
    const { page } = this.#env
    // Also a page that is loaded or comes out of the back-forward cache in the background is told that it is shown.
    this.#stopListening = page.listen(() => {
      if (page.visible()) this.#tick()
      else this.#pause()
    })
    if (page.visible()) this.#arm()
  }

  #stop(): void {
    this.#pause()
    this.#stopListening?.()
    this.#stopListening = null
  }

  #pause(): void {
    this.#env.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    this.#pause()
    this.#timer = this.#env.setTimeout(() => { this.#tick() }, 1_000 - (this.#env.now() % 1_000))
  }

  #tick(): void {
    this.#arm()
    tellAll(this.#watchers, this.#onDiagnostic)
  }
}
