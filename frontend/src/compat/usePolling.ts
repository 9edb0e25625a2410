/** Supermon-NG 4.0's `services/PollingService`, by its signatures. That one fetched nothing; this one asks what it is given. */
import { computed, getCurrentScope, onScopeDispose, shallowRef } from 'vue'
import type { ComputedRef } from 'vue'
import type { LiveClient } from '../services/liveClient.ts'
import { POLLING } from '../services/pace.ts'
import { PollingService as Poller } from '../services/PollingService.ts'
import type { PollingConfig as PollerConfig, PollingState } from '../services/PollingService.ts'
import { clientFromHere, compatClient } from './client.ts'
import { retrying } from './retrying.ts'

export interface PollingConfig extends Partial<PollerConfig> {
  /** Tries of `makeRequest` after a failed first one. Default 3. Jobs are asked again as long as it runs. */
  readonly maxRetries?: number
  /** The wait before the next try grows by this factor, from `activeInterval` up to `maxBackoffInterval`. Default 2. */
  readonly backoffMultiplier?: number
}
export type { PollingState }

/** Rejects when it fails. */
export type PollingJob = () => unknown

interface Shared {
  readonly answer: Promise<unknown>
  /** This browser's ms. */
  readonly until: number
  readonly userChanges: number
}

export class PollingService {
  #config: PollingConfig
  readonly #client: () => LiveClient
  readonly #jobs = new Set<PollingJob>()
  readonly #states = new Set<(state: PollingState) => void>()
  readonly #visibility = new Set<(visible: boolean) => void>()
  readonly #requests = new Map<string, Shared>()
  #poller: Poller | null = null
  #offPage: (() => void) | null = null
  /** Of `makeRequest`: failures in a row, and in all. */
  readonly #failures = { row: 0, all: 0 }
  readonly #end = new AbortController()

  constructor(config: PollingConfig = {}, client: () => LiveClient = compatClient) {
    this.#config = config
    this.#client = client
  }

  start(): void {
    this.#poller ??= this.#make()
    this.#poller.start()
    this.#followPage()
    this.#tell()
  }

  stop(): void {
    this.#poller?.stop()
    this.#followPage()
    this.#tell()
  }

  /** Asks `job` at each turn while it runs; the next turn waits for it. Supermon-NG's has no such door. Returns the way out. */
  addJob(job: PollingJob): () => void {
    this.#jobs.add(job)
    this.#poller?.askNow()
    return () => { this.#jobs.delete(job) }
  }

  /** Calls `listener` when the state changed. Returns the way out. */
  subscribe(listener: (state: PollingState) => void): () => void {
    this.#states.add(listener)
    return () => { this.#states.delete(listener) }
  }

  onVisibilityChange(listener: (visible: boolean) => void): () => void {
    this.#visibility.add(listener)
    this.#followPage()
    return () => {
      this.#visibility.delete(listener)
      this.#followPage()
    }
  }

  getState(): PollingState {
    const state = (this.#poller ??= this.#make()).getState()
    const { row, all } = this.#failures
    const { activeInterval = POLLING.activeInterval } = this.#config
    // While nothing runs nobody is watched for signs of life: this is the pace it would start with.
    const interval = state.isActive || !state.isVisible ? state.currentInterval : activeInterval
    return {
      ...state,
      currentInterval: row === 0 ? interval : Math.max(interval, this.#backoff(row)),
      retryCount: state.retryCount + row,
      errorCount: state.errorCount + all,
    }
  }

  /** Takes effect at once: what runs asks anew, by the new pace. */
  updateConfig(config: PollingConfig): void {
    const { isActive: running, errorCount } = this.getState()
    this.#failures.all = errorCount
    this.#poller?.stop()
    this.#config = { ...this.#config, ...config }
    this.#poller = this.#make()
    if (running) this.#poller.start()
    this.#tell()
  }

  /**
   * One request. One that fails is made again, up to `maxRetries` times.
   * @param key names it: calls by the same name share one request while it is on its way
   * @param ttl and for so long at most, ms: one that hangs does not keep the next from asking
   * @throws what the last try failed with
   */
  makeRequest<T>(key: string, request: () => Promise<T>, ttl = 5_000): Promise<T> {
    const { env, userChanges } = this.#client()
    const running = this.#requests.get(key)
    if (running !== undefined && running.until > env.now() && running.userChanges === userChanges) return running.answer as Promise<T>
    const shared: Shared = {
      until: env.now() + ttl,
      userChanges,
      answer: this.#insist(request).finally(() => {
        if (this.#requests.get(key) === shared) this.#requests.delete(key)
      }),
    }
    this.#requests.set(key, shared)
    return shared.answer as Promise<T>
  }

  destroy(): void {
    this.#end.abort()
    for (const set of [this.#jobs, this.#states, this.#visibility]) set.clear()
    this.#requests.clear()
    this.stop()
  }

  async #insist<T>(request: () => Promise<T>): Promise<T> {
    const { maxRetries = 3 } = this.#config
    const answer = await retrying(this.#client().env, request, {
      retries: maxRetries,
      wait: (failures) => this.#backoff(failures),
      failed: () => {
        this.#failures.row += 1
        this.#failures.all += 1
        this.#tell()
        return true
      },
      signal: this.#end.signal,
    })
    this.#failures.row = 0
    this.#tell()
    return answer
  }

  /** ms */
  #backoff(failures: number): number {
    const { activeInterval = POLLING.activeInterval, backoffMultiplier = 2, maxBackoffInterval = POLLING.maxBackoffInterval } = this.#config
    return Math.min(activeInterval * backoffMultiplier ** failures, maxBackoffInterval)
  }

  #make(): Poller {
    const { maxRetries: _retries, backoffMultiplier: _multiplier, ...config } = this.#config
    return new Poller({
      env: this.#client().env,
      config: { ...POLLING, ...config },
      job: async () => {
        const outcomes = await Promise.allSettled([...this.#jobs].map(async (job) => { await job() }))
        const failed = outcomes.find((outcome) => outcome.status === 'rejected')
        if (failed !== undefined) throw failed.reason
        // The poller counts it as good once this has returned.
        this.#tell({ isConnected: true, retryCount: this.#failures.row })
      },
      onError: () => { this.#tell() },
    })
  }

  /** The page is listened to while it matters to somebody. */
  #followPage(): void {
    const wanted = this.#visibility.size > 0 || this.#poller?.getState().isActive === true
    if (!wanted) {
      this.#offPage?.()
      this.#offPage = null
      return
    }
    this.#offPage ??= this.#client().env.page.listen((signal) => {
      if (signal !== 'visible' && signal !== 'hidden') return
      for (const each of [...this.#visibility]) each(signal === 'visible')
      this.#tell()
    })
  }

  #tell(news: Partial<PollingState> = {}): void {
    if (this.#states.size === 0) return
    const state = { ...this.getState(), ...news }
    for (const listener of [...this.#states]) listener(state)
  }
}

export interface UsePolling {
  readonly state: ComputedRef<PollingState>
  start(): void
  stop(): void
  addJob: PollingService['addJob']
  makeRequest: PollingService['makeRequest']
  updateConfig(config: PollingConfig): void
  onVisibilityChange(listener: (visible: boolean) => void): () => void
}

/** Ends with the scope it is called in, where there is one; a store's scope is the store's and not some component's. */
export function usePolling(config: PollingConfig = {}): UsePolling {
  const service = new PollingService(config, clientFromHere())
  const state = shallowRef(service.getState())
  service.subscribe((next) => { state.value = next })
  if (getCurrentScope() !== undefined) onScopeDispose(() => { service.destroy() })
  return {
    state: computed(() => state.value),
    start: () => { service.start() },
    stop: () => { service.stop() },
    addJob: (job) => service.addJob(job),
    makeRequest: (key, request, ttl) => service.makeRequest(key, request, ttl),
    updateConfig: (next) => { service.updateConfig(next) },
    onVisibilityChange: (listener) => service.onVisibilityChange(listener),
  }
}
