/**
 * The gateway's HTTP routes (Supermon-NG's shapes), validated at the border. Every failure is an {@link ApiError}:
 * a code, and a sentence for people.
 */
import * as v from 'valibot'
import { flagNewsSchema } from '../../../protocol/flagNews.ts'
import type { FlagNews } from '../../../protocol/flagNews.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Identity } from '../../../protocol/nodeState.ts'
import { MAX_NODES_POLLED, statusRowSchema, textual } from '../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../protocol/statusRow.ts'
import type { Env } from '../env/env.ts'
import { guarded, tellAll } from './diagnostics.ts'
import type { DiagnosticHook } from './diagnostics.ts'
import { inMessages } from './inMessages.ts'
import { RetryAfterError } from './retryAfter.ts'

const listedNodeSchema = v.object({
  id: textual,
  callsign: v.nullish(v.string(), null),
  description: v.nullish(v.string(), null),
  location: v.nullish(v.string(), null),
  info: v.nullish(v.string(), null),
  system: v.nullish(v.string(), null),
  hideNodeURL: v.nullish(v.boolean(), null),
  listenlive: v.nullish(v.string(), null),
  archive: v.nullish(v.string(), null),
})
/** Entries are validated one by one: one that is bad costs only itself. */
const nodeListSchema = v.object({
  success: v.literal(true),
  data: v.array(v.unknown()),
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
  realtime: v.fallback(v.nullish(flagNewsSchema, null), null),
})

export interface StatusAnswer {
  readonly rows: ReadonlyMap<string, LooseStatusRow>
  /** Nodes whose row was not understood. */
  readonly badRows: readonly string[]
  /** Server time of the answer, ms; null = the server did not say. */
  readonly at: number | null
  /** What the rollout's flag is now; null = the server did not say. */
  readonly realtime: FlagNews | null
}

/** Is told of each question for nodes' states: `null` when it is put, its answer when that comes; and whom it is about. */
export type StatusObserver = (answer: StatusAnswer | null, asked: readonly string[]) => void

export type ListedNode = v.InferOutput<typeof listedNodeSchema>
export interface NodeList {
  readonly success: true
  readonly data: ListedNode[]
  readonly config_source: string | null
}

/** A question without an answer by then has failed, ms. Browsers open six requests to a host; one that hangs holds up the others. */
const DEADLINE_MS = 10_000
/** The same for a socket's ticket, ms: less than the 10 s of a try, so that one can still be made without it. */
const TICKET_DEADLINE_MS = 8_000
/** Nodes in one address, characters: proxies take a request's first line up to 8 KB, and some less. */
const ADDRESS_CHARS = 4_000
/** A server is left alone for so long at most, ms. */
const LONGEST_REST_MS = 300_000
const OTHER_SHAPE = "The server's answer is not in the expected form."

export class ApiError extends Error {
  /** `not-kept`: the server signed somebody in, and knows nobody right afterwards. */
  readonly code: 'unreachable' | 'no-answer' | 'refused' | 'not-understood' | 'not-kept'
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

type Init = Omit<RequestInit, 'signal'> & { readonly signal?: AbortSignal | undefined }

/** An answer of any status. */
export interface Answer {
  readonly status: number
  readonly body: unknown
}

export class GatewayApi {
  readonly #env: Env
  readonly #onDiagnostic: DiagnosticHook
  readonly #onAccess: (granted: boolean) => void
  readonly #onSupermonNg: () => void
  #locked = false
  /** Counts up with each sign-in and sign-out. */
  #user = 0
  readonly statusObservers = new Set<StatusObserver>()

  /**
   * @param onAccess told when states of nodes are refused with 401, and when they are given again
   * @param onSupermonNg told of an answer that only a Supermon-NG gives
   */
  constructor(
    env: Env, onDiagnostic?: DiagnosticHook, onAccess: (granted: boolean) => void = () => undefined, onSupermonNg: () => void = () => undefined,
  ) {
    this.#env = env
    this.#onDiagnostic = guarded(onDiagnostic)
    this.#onAccess = onAccess
    this.#onSupermonNg = onSupermonNg
  }

  /** The nodes this viewer may watch, in order of configuration. @throws ApiError also when there are some and none is understood */
  async nodes(): Promise<NodeList> {
    const { data, ...list } = await this.#get('nodes', nodeListSchema)
    // Sections of a file are PHP's keys, and it makes numbers of them; ours are texts.
    if (data.some((entry) => typeof (entry as { id?: unknown } | null)?.id === 'number')) this.#onSupermonNg()
    const nodes = data.flatMap((entry) => {
      const node = v.safeParse(listedNodeSchema, entry)
      return node.success ? [{ ...node.output, description: ownDescription(node.output) }] : []
    })
    const bad = data.length - nodes.length
    if (bad > 0 && nodes.length === 0) throw new ApiError('not-understood', OTHER_SHAPE)
    if (bad > 0) this.#onDiagnostic({ code: 'node-not-understood', message: `${bad} of ${data.length} nodes left out.` })
    return { ...list, data: nodes }
  }

  /**
   * A token for one try of one node's socket, or of the shared one (null); null where the server gives none to this
   * visitor, or none at all: a socket is then tried as a guest.
   * @throws ApiError when the server cannot be reached, is busy or broken; RetryAfterError when it asks to be left alone for a while
   */
  async websocketToken(nodeId: string | null, signal?: AbortSignal): Promise<string | null> {
    try {
      const path = nodeId === null ? 'nodes' : `nodes/${encodeURIComponent(nodeId)}`
      return (await this.#get(`${path}/websocket/token`, tokenSchema, { signal }, TICKET_DEADLINE_MS)).token
    } catch (error) {
      // A server that is busy or broken has not said no.
      if (error instanceof ApiError && error.status !== null && error.status < 429) return null
      throw error
    }
  }

  /**
   * In as many questions as a server takes, all at once. What no node can be called is not asked for: a server refuses the question.
   * @param take is given each answer as it comes, and whom it was asked for: another one may fail
   * @returns all of them as one; its time and flag are the first one's
   * @throws ApiError; RetryAfterError when the server asks to be left alone for a while; once all are answered or failed
   */
  async amiStatus(
    nodeIds: readonly string[], signal: AbortSignal, take?: (answer: StatusAnswer, asked: readonly string[]) => void,
  ): Promise<StatusAnswer> {
    const answers: StatusAnswer[] = []
    const failures: unknown[] = []
    const user = this.#user
    const questions = inMessages(nodeIds.filter((id) => NODE_ID.test(id)), ADDRESS_CHARS, MAX_NODES_POLLED)
    await Promise.all(questions.map(async (asked) => {
      try {
        const answer = await this.#status(asked, signal)
        answers.push(answer)
        if (!signal.aborted) take?.(answer, asked)
      } catch (error) {
        failures.push(error)
      }
    }))
    // A part that is answered says nothing of one that is refused, and neither of who signed in meanwhile. Who is let in again perhaps
    // signed in on another tab.
    if (user === this.#user) {
      if (failures.some((error) => error instanceof ApiError && error.status === 401)) this.#access(false)
      else if (this.#locked && answers.length > 0) this.#access(true)
    }
    if (failures.length > 0) throw failures.find((error) => error instanceof RetryAfterError) ?? failures[0]
    return {
      at: null,
      realtime: null,
      ...answers[0],
      rows: new Map(answers.flatMap(({ rows }) => [...rows])),
      badRows: answers.flatMap(({ badRows }) => badRows),
    }
  }

  async #status(nodeIds: readonly string[], signal: AbortSignal): Promise<StatusAnswer> {
    const path = `nodes/ami/status?nodes=${nodeIds.join(',')}`
    tellAll(this.statusObservers, this.#onDiagnostic, null, nodeIds)
    const answer = await this.#get(path, statusSchema, { signal })
    const rows = new Map<string, LooseStatusRow>()
    const badRows: string[] = []
    for (const [nodeId, value] of Object.entries(answer.data)) {
      const row = v.safeParse(statusRowSchema, value)
      if (row.success && row.output.node === nodeId) rows.set(nodeId, row.output)
      else badRows.push(nodeId)
    }
    const stamp = answer.at ?? Date.parse(answer.timestamp ?? '')
    const read = { rows, badRows, at: Number.isFinite(stamp) ? stamp : null, realtime: answer.realtime }
    tellAll(this.statusObservers, this.#onDiagnostic, read, nodeIds)
    return read
  }

  /** The token that changes must carry; it belongs to this visitor's session. @throws ApiError */
  async csrfToken(): Promise<string> {
    return (await this.#get('csrf-token', csrfSchema, { cache: 'no-store' })).csrf_token
  }

  /** Any GET answer as it came. @throws ApiError unless it is JSON with a good status; RetryAfterError when the server asks to be left alone */
  get(path: string, init?: Pick<Init, 'signal' | 'cache'>): Promise<unknown> {
    return this.#get(path, v.unknown(), init)
  }

  /**
   * Asks for a change. The answer is given whatever its status.
   * @throws ApiError when the server cannot be reached, does not answer in time, or gives no JSON
   */
  post(
    path: string,
    body: object,
    options: { readonly csrfToken: string; readonly deadlineMs: number; readonly method?: 'POST' | 'PUT' | 'DELETE' },
  ): Promise<Answer> {
    return this.#fetch(path, {
      method: options.method ?? 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', 'x-csrf-token': options.csrfToken },
      body: JSON.stringify(body),
    }, async (response) => ({ status: response.status, body: await jsonOf(response) }), options.deadlineMs)
  }

  /** Somebody signed in or out: being answered now is no news. */
  forgetUser(): void {
    this.#locked = false
    this.#user += 1
  }

  #access(granted: boolean): void {
    this.#locked = !granted
    this.#onAccess(granted)
  }

  /** One question, from the asking to what `read` makes of the answer, within the deadline. */
  async #fetch<T>(path: string, init: Init, read: (response: Response) => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
    const { signal, ...rest } = init
    const aborter = new AbortController()
    let late = false
    const timer = this.#env.setTimeout(() => {
      late = true
      aborter.abort()
    }, deadlineMs)
    const withdraw = () => {
      this.#env.clearTimeout(timer)
      aborter.abort()
    }
    if (signal?.aborted === true) withdraw()
    signal?.addEventListener('abort', withdraw)
    try {
      const response = await this.#env.fetch(new URL(`api/v1/${path}`, this.#env.baseUrl()).href, {
        headers: { accept: 'application/json' },
        credentials: 'same-origin',
        ...rest,
        signal: aborter.signal,
      })
      return await read(response)
    } catch (error) {
      if (late) throw new ApiError('no-answer', 'The server did not answer in time.')
      if (error instanceof ApiError || error instanceof RetryAfterError) throw error
      throw new ApiError('unreachable', 'The server cannot be reached.')
    } finally {
      this.#env.clearTimeout(timer)
      signal?.removeEventListener('abort', withdraw)
    }
  }

  #get<T extends v.GenericSchema>(path: string, schema: T, init: Init = {}, deadlineMs = DEADLINE_MS): Promise<v.InferOutput<T>> {
    return this.#fetch(path, init, async (response) => {
      if (response.status === 429 || response.status === 503) {
        const rest = this.#restOf(response.headers)
        if (rest !== null) throw new RetryAfterError('The server asks for fewer requests.', rest)
      }
      const body = await jsonOf(response)
      if (!response.ok) {
        const refusal = refusalOf(body)
        throw new ApiError('refused', refusal?.message ?? `The server refused (HTTP ${response.status}).`, response.status, refusal?.code)
      }
      const result = v.safeParse(schema, body)
      if (!result.success) throw new ApiError('not-understood', OTHER_SHAPE, response.status)
      return result.output
    }, deadlineMs)
  }

  /** What `Retry-After` asks for, in seconds or as a date by the server's clock (RFC 9110), ms; null = nothing that is understood. */
  #restOf(headers: Headers): number | null {
    const said = headers.get('retry-after') ?? ''
    const seconds = said.trim() === '' ? Number.NaN : Number(said)
    const now = Date.parse(headers.get('date') ?? '')
    const ms = Number.isNaN(seconds) ? Date.parse(said) - (Number.isNaN(now) ? this.#env.now() : now) : seconds * 1000
    return Number.isNaN(ms) ? null : Math.min(LONGEST_REST_MS, Math.max(0, ms))
  }
}

/** Supermon-NG 4.3 writes "CALL DESC LOC" into the description, and call sign and location beside it once more. */
export function ownDescription({ callsign, description, location }: Identity): string | null {
  let text = description?.trim() ?? ''
  if (callsign && text.startsWith(`${callsign} `)) text = text.slice(callsign.length + 1)
  if (location && (text === location || text.endsWith(` ${location}`))) text = text.slice(0, -location.length).trimEnd()
  return text === '' ? null : text
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
