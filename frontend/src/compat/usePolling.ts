/** Supermon-NG 4.0's `services/PollingService`, by its signatures. That one fetched nothing; this one asks whoever subscribed. */
import { computed, getCurrentScope, onScopeDispose, shallowRef } from 'vue'
import type { ComputedRef } from 'vue'
import { PollingService as Poller, POLLING } from '../services/PollingService.ts'
import type { PollingConfig as PollerConfig, PollingState } from '../services/PollingService.ts'
import { compatClient } from './client.ts'

export interface PollingConfig extends Partial<PollerConfig> {
  /** Taken and without effect: errors slow it down with jitter, and it never gives up. */
  readonly maxRetries?: number
  readonly backoffMultiplier?: number
}
export type { PollingState }

type Job = () => unknown

export class PollingService {
  #config: PollingConfig
  readonly #jobs = new Set<Job>()
  readonly #states = new Set<(state: PollingState) => void>()
  readonly #visibility = new Set<(visible: boolean) => void>()
  #poller: Poller | null = null
  #offPage: (() => void) | null = null

  constructor(config: PollingConfig = {}) {
    this.#config = config
  }

  start(): void {
    this.#poller ??= this.#make()
    this.#poller.start()
    this.#tell()
  }

  stop(): void {
    this.#poller?.stop()
    this.#tell()
  }

  /** Asks `job` at each turn while it runs; the next turn waits for it. Returns the way out. */
  addJob(job: Job): () => void {
    this.#jobs.add(job)
    return () => { this.#jobs.delete(job) }
  }

  /** Calls `listener` when the state changed. Returns the way out. */
  subscribe(listener: (state: PollingState) => void): () => void {
    this.#states.add(listener)
    return () => { this.#states.delete(listener) }
  }

  onVisibilityChange(listener: (visible: boolean) => void): () => void {
    this.#visibility.add(listener)
    this.#offPage ??= compatClient().env.page.listen((signal) => {
      if (signal === 'visible' || signal === 'hidden') for (const each of [...this.#visibility]) each(signal === 'visible')
    })
    return () => {
      this.#visibility.delete(listener)
      if (this.#visibility.size > 0) return
      this.#offPage?.()
      this.#offPage = null
    }
  }

  getState(): PollingState {
    return (this.#poller ??= this.#make()).getState()
  }

  /** Takes effect from the next turn on. */
  updateConfig(config: PollingConfig): void {
    const running = this.#poller?.getState().isActive === true
    this.#poller?.stop()
    this.#config = { ...this.#config, ...config }
    this.#poller = this.#make()
    if (running) this.start()
  }

  /** One request now; equal ones in flight share it. @param key names the request */
  async makeRequest<T>(key: string, request: () => Promise<T>, _ttl?: number): Promise<T> {
    const running = this.#requests.get(key)
    if (running !== undefined) return running as Promise<T>
    const made = request().finally(() => { this.#requests.delete(key) })
    this.#requests.set(key, made)
    return made
  }
  readonly #requests = new Map<string, Promise<unknown>>()

  destroy(): void {
    this.stop()
    this.#offPage?.()
    this.#offPage = null
    for (const set of [this.#jobs, this.#states, this.#visibility]) set.clear()
  }

  #make(): Poller {
    const { maxRetries: _retries, backoffMultiplier: _multiplier, ...config } = this.#config
    return new Poller({
      env: compatClient().env,
      config: { ...POLLING, ...config },
      job: async () => {
        await Promise.all([...this.#jobs].map((job) => job()))
        this.#tell()
      },
      onError: () => { this.#tell() },
    })
  }

  #tell(): void {
    const state = this.getState()
    for (const listener of [...this.#states]) listener(state)
  }
}

export interface UsePolling {
  readonly state: ComputedRef<PollingState>
  start(): void
  stop(): void
  makeRequest: PollingService['makeRequest']
  updateConfig(config: PollingConfig): void
  onVisibilityChange(listener: (visible: boolean) => void): () => void
}

/** Ends with the scope it is called in, where there is one; a store's scope is the store's and not some component's. */
export function usePolling(config: PollingConfig = {}): UsePolling {
  const service = new PollingService(config)
  const state = shallowRef(service.getState())
  service.subscribe((next) => { state.value = next })
  if (getCurrentScope() !== undefined) onScopeDispose(() => { service.destroy() })
  return {
    state: computed(() => state.value),
    start: () => { service.start() },
    stop: () => { service.stop() },
    makeRequest: (key, request, ttl) => service.makeRequest(key, request, ttl),
    updateConfig: (next) => { service.updateConfig(next) },
    onVisibilityChange: (listener) => service.onVisibilityChange(listener),
  }
}
