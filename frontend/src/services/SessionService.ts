/** Who is at this page: asked of the server, signed in, signed out. The cookie is the browser's matter and never seen here. */
import * as v from 'valibot'
import { ApiError, refusalOf } from './gatewayApi.ts'
import type { Answer, GatewayApi } from './gatewayApi.ts'

const meSchema = v.object({
  data: v.object({
    user: v.nullable(v.object({ name: v.string() })),
    permissions: v.fallback(v.record(v.string(), v.boolean()), {}),
    /** A Supermon-NG does not say. */
    sign_in: v.fallback(v.picklist(['here', 'elsewhere', 'none']), 'here'),
    sign_in_url: v.fallback(v.nullable(v.string()), null),
  }),
})

export interface SessionFacts {
  /** null = nobody signed in. */
  readonly user: string | null
  /** By Supermon-NG's names, `CONNECTUSER`. */
  readonly permissions: Readonly<Record<string, boolean>>
  /** Where people sign in: `here`, on another page (`url`), or nowhere. */
  readonly signIn: 'here' | 'elsewhere' | 'none'
  readonly url: string | null
}

const DEADLINE_MS = 10_000

export class SessionService {
  readonly #api: GatewayApi

  constructor(api: GatewayApi) {
    this.#api = api
  }

  /** @throws ApiError */
  async facts(): Promise<SessionFacts> {
    const read = v.safeParse(meSchema, await this.#api.get('auth/me'))
    if (!read.success) throw new ApiError('not-understood', "The server's answer is not in the expected form.")
    const { user, permissions, sign_in, sign_in_url } = read.output.data
    return { user: user?.name ?? null, permissions, signIn: sign_in, url: sign_in_url }
  }

  /** @throws ApiError with a sentence for people, when the password is wrong or too many were tried */
  async signIn(username: string, password: string): Promise<void> {
    const answer = await this.#api.post('auth/login', { username, password }, { csrfToken: '', deadlineMs: DEADLINE_MS })
    // A Supermon-NG gives no code.
    if (answer.status !== 200) throw refused(answer, answer.status === 401 ? 'bad-credentials' : undefined)
  }

  /** @throws ApiError */
  async signOut(): Promise<void> {
    const answer = await this.#api.post('auth/logout', {}, { csrfToken: await this.#api.csrfToken(), deadlineMs: DEADLINE_MS })
    if (answer.status !== 200) throw refused(answer)
  }
}

function refused({ status, body }: Answer, code?: string): ApiError {
  const said = refusalOf(body)
  return new ApiError('refused', said?.message ?? `The server refused (HTTP ${status}).`, status, said?.code ?? code)
}
