/**
 * The token that state-changing requests carry. Fetched once however many ask for it, dropped when somebody signs in or
 * out, and renewed once when a server refuses it.
 */
export interface CsrfTokenServiceOptions {
  /** Asks the server for a token; rejects on failure. */
  fetchToken(): Promise<string>
}

export class CsrfTokenService {
  readonly #fetchToken: () => Promise<string>
  #token: string | null = null
  #fetching: Promise<string> | null = null

  constructor(options: CsrfTokenServiceOptions) {
    this.#fetchToken = () => options.fetchToken()
  }

  /** The token; fetched if there is none. A failure is not kept: the next call asks again. */
  getToken(): Promise<string> {
    return this.#token === null ? this.refreshToken() : Promise.resolve(this.#token)
  }

  getTokenSync(): string | null {
    return this.#token
  }

  /** Fetches a new token; calls while one is being fetched share it. */
  refreshToken(): Promise<string> {
    if (this.#fetching !== null) return this.#fetching
    const fetching: Promise<string> = this.#fetchToken().then(
      (token) => {
        if (this.#fetching === fetching) {
          this.#token = token
          this.#fetching = null
        }
        return token
      },
      (error: unknown) => {
        if (this.#fetching === fetching) this.#fetching = null
        throw error
      },
    )
    this.#fetching = fetching
    return fetching
  }

  /** Somebody signed in or out: the token belonged to the session before. One on its way is not kept either. */
  clearToken(): void {
    this.#token = null
    this.#fetching = null
  }

  /**
   * Sends with a token; when the server refuses the token, once more with a fresh one.
   * @param send sends with the token given
   * @param refused is this answer a refusal of the token?
   * @returns the second answer, whatever it is, if the first was refused
   */
  async withToken<T>(send: (token: string) => Promise<T>, refused: (answer: T) => boolean): Promise<T> {
    const token = await this.getToken()
    const answer = await send(token)
    if (!refused(answer)) return answer
    // Somebody else's retry may have renewed it meanwhile.
    if (this.#token === token) this.clearToken()
    return send(await this.getToken())
  }
}
