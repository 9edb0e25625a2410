/**
 * Asks the gateway to act on a node, and says what came of it. app_rpt calls every command a success; the gateway looks
 * whether the node did it, and this hands on what it saw.
 */
import * as v from 'valibot'
import type { CommandAction, LinkAction } from '../../../protocol/actions.ts'
import { CsrfTokenService } from './CsrfTokenService.ts'
import { ApiError, refusalOf } from './gatewayApi.ts'
import type { Answer, GatewayApi } from './gatewayApi.ts'

export interface ControlResult {
  /** `done`: the node shows it. `refused`: it will not happen. `not-confirmed`: it was asked for, and nothing shows it yet. */
  readonly outcome: 'done' | 'refused' | 'not-confirmed'
  /** One sentence for people. */
  readonly message: string
  /** The gateway's permanent code, if it gave one. */
  readonly code: string | null
}

/** A Supermon-NG says neither outcome nor code. */
const answerSchema = v.object({
  success: v.boolean(),
  message: v.fallback(v.string(), ''),
  code: v.fallback(v.nullish(v.string(), null), null),
  data: v.fallback(
    v.nullish(
      v.object({
        outcome: v.fallback(v.picklist(['done', 'refused', 'not-confirmed']), 'not-confirmed'),
        code: v.fallback(v.nullish(v.string(), null), null),
      }),
      null,
    ),
    null,
  ),
})

const CSRF_REFUSED = 'CSRF token validation failed'
/** A gateway waits up to 4.5 s for the node to show it. */
const DEADLINE_MS = 8_000

export class ControlService {
  readonly #api: GatewayApi
  readonly #csrf: CsrfTokenService

  constructor(options: { api: GatewayApi; csrf?: CsrfTokenService }) {
    const { api } = options
    this.#api = api
    this.#csrf = options.csrf ?? new CsrfTokenService({ fetchToken: () => api.csrfToken() })
  }

  /**
   * Changes a link of a local node.
   * @param permanent have it dialled again whenever it drops, as long as Asterisk runs; nothing does so over EchoLink or TheLinkBox
   * @throws ApiError not signed in, not allowed, no such node, Asterisk away: nothing was asked of the node
   */
  link(action: LinkAction, localNode: string, remoteNode: string, permanent = false): Promise<ControlResult> {
    return this.#act(action, { localnode: localNode, remotenode: remoteNode, perm: permanent ? 'on' : null })
  }

  /**
   * Ends every link of a local node, permanent ones too.
   * @throws ApiError as {@link link}; also where the server has no such route, as a Supermon-NG
   */
  disconnectAll(localNode: string): Promise<ControlResult> {
    return this.#act('disconnect-all', { localnode: localNode })
  }

  /**
   * Sends digits as if they had come over the air, the leading `*` included. Nobody can say what they did: at best `not-confirmed`.
   * @throws ApiError as {@link link}
   */
  dtmf(localNode: string, digits: string): Promise<ControlResult> {
    return this.#act('dtmf', { localnode: localNode, dtmf: digits })
  }

  /** Somebody signed in or out. */
  forgetUser(): void {
    this.#csrf.clearToken()
  }

  async #act(action: CommandAction, body: object): Promise<ControlResult> {
    const answer = await this.#csrf.withToken(
      (token) => this.#api.post(`nodes/${action}`, body, { csrfToken: token, deadlineMs: DEADLINE_MS }),
      isCsrfRefusal,
    )
    return resultOf(answer)
  }
}

/** Supermon-NG has no code for it, but always these words. */
export function isCsrfRefusal({ status, body }: Answer): boolean {
  return status === 403 && (refusalOf(body)?.message ?? '').includes(CSRF_REFUSED)
}

function resultOf({ status, body }: Answer): ControlResult {
  const answer = v.safeParse(answerSchema, body)
  if (!answer.success) throw new ApiError('not-understood', "The server's answer is not in the expected form.", status)
  const { success, message, data, code } = answer.output
  if (status === 409) return { outcome: 'refused', message, code: data?.code ?? code }
  // Supermon-NG of the polling era answers 200 to everything and says in the body that it failed.
  if (status >= 400 || !success) {
    throw new ApiError('refused', refusalOf(body)?.message ?? `The server refused (HTTP ${status}).`, status, code)
  }
  return { outcome: data?.outcome ?? 'not-confirmed', message, code: data?.code ?? code }
}
