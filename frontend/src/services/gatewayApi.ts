/**
 * The gateway's HTTP routes (Supermon-NG's shapes), validated at the border. Every failure is an {@link ApiError}:
 * a code, and a sentence for people.
 */
import * as v from 'valibot'
import { statusRowSchema } from '../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import type { Env } from '../env/env.ts'
import { RetryAfterError } from './PollingService.ts'

const textual = v.pipe(v.union([v.string(), v.number()]), v.transform(String))
const nodeListSchema = v.object({
  success: v.literal(true),
  data: v.array(
    v.object({
      id: textual,
      callsign: v.nullish(v.string(), null),
      description: v.nullish(v.string(), null),
      location: v.nullish(v.string(), null),
      info: v.nullish(v.string(), null),
      system: v.nullish(v.string(), null),
      hideNodeURL: v.nullish(v.boolean(), null),
      listenlive: v.nullish(v.string(), null),
      archive: v.nullish(v.string(), null),
    }),
  ),
  config_source: v.nullish(v.string(), null),
})

const csrfSchema = v.object({ success: v.literal(true), csrf_token: v.pipe(v.string(), v.minLength(1), v.maxLength(512)) })
const tokenSchema = v.object({ success: v.literal(true), token: v.pipe(v.string(), v.minLength(1), v.maxLength(512)) })

/** PHP writes an empty map as `[]`. Rows are validated one by one: one bad row costs one node its news. */
const statusSchema = v.object({
  success: v.literal(true),
  data: v.union([v.record(v.string(), v.unknown()), v.array(v.unknown())]),
  timestamp: v.nullish(v.string(), null),
  at: v.nullish(v.number(), null),
})

export interface StatusAnswer {
  readonly rows: ReadonlyMap<string, LooseStatusRow>
  /** Nodes whose row was not understood. */
  readonly badRows: readonly string[]
  /** Server time of the answer, ms; null = the server did not say. */
  readonly at: number | null
}

export type NodeList = v.InferOutput<typeof nodeListSchema>
export type ListedNode = NodeList['data'][number]

export class ApiError extends Error {
  readonly code: 'unreachable' | 'refused' | 'not-understood'
  readonly status: number | null
  /** The server's own permanent code for a refusal; null = it gave none. */
  readonly serverCode: string | null

  constructor(code: ApiError['code'], message: string, status: number | null = null, serverCode: string | null = null) {
    super(message)
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.serverCode = serverCode
  }
}

/** An answer of any status. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

export class GatewayApi {
  readonly #env: Env

  constructor(env: Env) {
    this.#env = env
  }

  /** The nodes this viewer may watch, in order of configuration. */
  async nodes(): Promise<NodeList> {
    return this.#get('nodes', nodeListSchema)
  }

  /**
   * A token for one try of one node's socket, or of the shared one (null); null where the server gives none to this
   * visitor, or none at all: a socket is then tried as a guest. @throws ApiError when the server cannot be reached
   */
  async websocketToken(nodeId: string | null): Promise<string | null> {
    try {
      const path = nodeId === null ? 'nodes' : `nodes/${encodeURIComponent(nodeId)}`
      return (await this.#get(`${path}/websocket/token`, tokenSchema)).token
    } catch (error) {
      if (error instanceof ApiError && error.code !== 'unreachable') return null
      throw error
    }
  }

  /** @throws ApiError; RetryAfterError when the server asks to be left alone for a while */
  async amiStatus(nodeIds: readonly string[], signal: AbortSignal): Promise<StatusAnswer> {
    const answer = await this.#get(`nodes/ami/status?nodes=${nodeIds.map(encodeURIComponent).join(',')}`, statusSchema, { signal })
    const rows = new Map<string, LooseStatusRow>()
    const badRows: string[] = []
    for (const [nodeId, value] of Object.entries(answer.data)) {
      const row = v.safeParse(statusRowSchema, value)
      if (row.success && row.output.node === nodeId) rows.set(nodeId, row.output)
      else badRows.push(nodeId)
    }
    const stamp = answer.at ?? Date.parse(answer.timestamp ?? '')
    return { rows, badRows, at: Number.isFinite(stamp) ? stamp : null }
  }

  /** The token that changes must carry; it belongs to this visitor's session. @throws ApiError */
  async csrfToken(): Promise<string> {
    return (await this.#get('csrf-token', csrfSchema, { cache: 'no-store' })).csrf_token
  }

  /** Any GET answer as it came. @throws ApiError unless it is JSON with a good status */
  get(path: string): Promise<unknown> {
    return this.#get(path, v.unknown())
  }

  /**
   * Asks for a change. The answer is given whatever its status.
   * @throws ApiError when the server cannot be reached, or gives no JSON
   */
  async post(
    path: string,
    body: object,
    options: { readonly csrfToken: string; readonly deadlineMs: number; readonly method?: 'POST' | 'PUT' | 'DELETE' },
  ): Promise<Answer> {
    const aborter = new AbortController()
    const timer = this.#env.setTimeout(() => { aborter.abort() }, options.deadlineMs)
    try {
      const response = await this.#fetch(path, {
        method: options.method ?? 'POST',
        headers: { accept: 'application/json', 'content-type': 'application/json', 'x-csrf-token': options.csrfToken },
        body: JSON.stringify(body),
        signal: aborter.signal,
      })
      return { status: response.status, body: await jsonOf(response) }
    } finally {
      this.#env.clearTimeout(timer)
    }
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    try {
      return await this.#env.fetch(new URL(`api/v1/${path}`, this.#env.baseUrl()).href, {
        headers: { accept: 'application/json' },
        credentials: 'same-origin',
        ...init,
      })
    } catch {
      throw new ApiError('unreachable', 'The server cannot be reached.')
    }
  }

  async #get<T extends v.GenericSchema>(path: string, schema: T, init?: RequestInit): Promise<v.InferOutput<T>> {
    const response = await this.#fetch(path, init)
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    if ((response.status === 429 || response.status === 503) && Number.isFinite(retryAfter)) {
      throw new RetryAfterError('The server asks for fewer requests.', retryAfter * 1000)
    }
    const body = await jsonOf(response)
    if (!response.ok) {
      const refusal = refusalOf(body)
      throw new ApiError('refused', refusal?.message ?? `The server refused (HTTP ${response.status}).`, response.status, refusal?.code)
    }
    const result = v.safeParse(schema, body)
    if (!result.success) throw new ApiError('not-understood', "The server's answer has another shape than expected.", response.status)
    return result.output
  }
}

async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    throw new ApiError('not-understood', `The server's answer is not JSON (HTTP ${response.status}).`, response.status)
  }
}

/** What an error body says. They are not uniform in the field: `message` first, then `error`. */
export function refusalOf(body: unknown): { readonly message: string; readonly code: string | null } | null {
  if (typeof body !== 'object' || body === null) return null
  const { message, error, code } = body as { message?: unknown; error?: unknown; code?: unknown }
  const said = typeof message === 'string' ? message : error
  return typeof said === 'string' ? { message: said, code: typeof code === 'string' ? code : null } : null
}
