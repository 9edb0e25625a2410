/**
 * Supermon-NG's `services/CsrfTokenService`, by its signatures. One token for the page, whoever asks for it: the store's commands
 * send the same, and it is dropped when somebody signs in or out.
 */
import { computed, toRef } from 'vue'
import type { Ref } from 'vue'
import { ApiError } from '../services/gatewayApi.ts'
import type { LiveClient } from '../services/liveClient.ts'
import { clockOf } from '../stores/clock.ts'
import { clientFromHere, compatClient } from './client.ts'
import { retrying } from './retrying.ts'

export interface CsrfConfig {
  /** Tries after a first one that failed on the way or in the server. Default 3; a refusal is not asked again. */
  readonly maxRetries?: number
  /** Wait before the second try, ms; grows by itself with each. Default 1,000. */
  readonly retryDelay?: number
  /** Taken and without effect: a token is fetched when it is missing or refused, and by no clock; requests have a deadline anyway. */
  readonly tokenLifetime?: number
  readonly refreshThreshold?: number
  readonly requestTimeout?: number
}

export interface CsrfTokenInfo {
  readonly hasToken: boolean
  readonly isValid: boolean
  /** ms; a token lives as long as its session, which only the server knows: Infinity while there is one. */
  readonly timeUntilExpiry: number
  readonly timeUntilRefresh: number
}

const TOKEN: CsrfTokenInfo = { hasToken: true, isValid: true, timeUntilExpiry: Number.POSITIVE_INFINITY, timeUntilRefresh: Number.POSITIVE_INFINITY }
const NO_TOKEN: CsrfTokenInfo = { hasToken: false, isValid: false, timeUntilExpiry: 0, timeUntilRefresh: 0 }

export class CsrfTokenService {
  readonly #client: () => LiveClient
  #config: CsrfConfig

  constructor(config: CsrfConfig = {}, client: () => LiveClient = compatClient) {
    this.#config = config
    this.#client = client
  }

  getToken(): Promise<string> {
    const { csrf } = this.#client()
    return this.#insist(() => csrf.getToken())
  }
  getTokenSync(): string | null {
    return this.#client().csrf.getTokenSync()
  }
  refreshToken(): Promise<string> {
    const { csrf } = this.#client()
    return this.#insist(() => csrf.refreshToken())
  }
  clearToken(): void {
    this.#client().csrf.clearToken()
  }
  getTokenInfo(): CsrfTokenInfo {
    return this.getTokenSync() === null ? NO_TOKEN : TOKEN
  }
  /** From the next question on. */
  updateConfig(config: CsrfConfig): void {
    this.#config = { ...this.#config, ...config }
  }

  #insist(ask: () => Promise<string>): Promise<string> {
    const { maxRetries = 3, retryDelay = 1_000 } = this.#config
    return retrying(this.#client().env, ask, { retries: maxRetries, wait: (failures) => failures * retryDelay, failed: isPassing })
  }
}

/** A network or a server in trouble, and not one that says no. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  return error.code === 'unreachable' || error.status === 408 || (error.status ?? 0) >= 500
}

let shared: CsrfTokenService | null = null

/** @param config of the one service that all who call this share; what it says counts for all from then on */
export function getCsrfService(config: CsrfConfig = {}): CsrfTokenService {
  shared ??= new CsrfTokenService()
  shared.updateConfig(config)
  return shared
}

export interface UseCsrfToken extends Pick<CsrfTokenService, 'getToken' | 'getTokenSync' | 'refreshToken' | 'clearToken' | 'getTokenInfo' | 'updateConfig'> {
  /** The same as `getTokenInfo()`. What shows it follows within a second, while the page shows a node. */
  readonly tokenInfo: Readonly<Ref<CsrfTokenInfo>>
}

export function useCsrfToken(config: CsrfConfig = {}): UseCsrfToken {
  const client = clientFromHere()
  const service = new CsrfTokenService(config, client)
  // The token tells nobody that it came or went: it is looked at once a second. The same answer wakes nobody.
  const seen = computed(() => (void clockOf(client()).now.value, service.getTokenInfo()))
  return {
    tokenInfo: toRef(() => (void seen.value, service.getTokenInfo())),
    getToken: () => service.getToken(),
    getTokenSync: () => service.getTokenSync(),
    refreshToken: () => service.refreshToken(),
    clearToken: () => { service.clearToken() },
    getTokenInfo: () => service.getTokenInfo(),
    updateConfig: (next) => { service.updateConfig(next) },
  }
}
