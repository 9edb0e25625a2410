/** Supermon-NG's `services/CsrfTokenService`, by its signatures. One token for the page, whoever asks for it. */
import { CsrfTokenService as Tokens } from '../services/CsrfTokenService.ts'
import { compatClient } from './client.ts'

export interface CsrfTokenInfo {
  readonly hasToken: boolean
  readonly isValid: boolean
  /** ms; a token lives as long as its session, which only the server knows: Infinity while there is one. */
  readonly timeUntilExpiry: number
  readonly timeUntilRefresh: number
}

export class CsrfTokenService {
  #tokens: Tokens | null = null

  getToken(): Promise<string> {
    return this.#make().getToken()
  }
  getTokenSync(): string | null {
    return this.#tokens?.getTokenSync() ?? null
  }
  refreshToken(): Promise<string> {
    return this.#make().refreshToken()
  }
  clearToken(): void {
    this.#tokens?.clearToken()
  }
  getTokenInfo(): CsrfTokenInfo {
    const hasToken = this.getTokenSync() !== null
    const left = hasToken ? Number.POSITIVE_INFINITY : 0
    return { hasToken, isValid: hasToken, timeUntilExpiry: left, timeUntilRefresh: left }
  }
  /** Taken and without effect: a token is fetched when it is missing or refused, and by no clock. */
  updateConfig(_config: object): void {
    return
  }

  #make(): Tokens {
    return (this.#tokens ??= new Tokens({ fetchToken: () => compatClient().api.csrfToken() }))
  }
}

let shared: CsrfTokenService | null = null

export function getCsrfService(_config?: object): CsrfTokenService {
  return (shared ??= new CsrfTokenService())
}

export function useCsrfToken(_config?: object): Pick<CsrfTokenService, 'getToken' | 'getTokenSync' | 'refreshToken' | 'clearToken' | 'getTokenInfo'> {
  const service = getCsrfService()
  return {
    getToken: () => service.getToken(),
    getTokenSync: () => service.getTokenSync(),
    refreshToken: () => service.refreshToken(),
    clearToken: () => { service.clearToken() },
    getTokenInfo: () => service.getTokenInfo(),
  }
}
