import type { Secret } from '../config/secret.ts'
import type { Clock } from '../env/clock.ts'
import { Lanes } from './lanes.ts'
import { readMe, readNodes } from './supermonAnswer.ts'
import type { SupermonAnswer } from './supermonAnswer.ts'

export type SupermonErrorCode = 'unreachable' | 'slow' | 'busy' | 'status' | 'redirect' | 'too-long' | 'not-understood'

/** Why there is no answer. The message holds nothing that was sent or received. */
export class SupermonError extends Error {
  override readonly name = 'SupermonError'
  readonly code: SupermonErrorCode

  constructor(code: SupermonErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface SupermonClientOptions {
  readonly clock: Clock
  /** Origin and path of Supermon-NG, without a slash at its end. */
  readonly url: string
  readonly fetch: typeof fetch
}

/** Of one visitor's two requests together, ms. */
const DEADLINE_MS = 2_000
const MAX_BODY = 262_144
/** How long it is left alone at most after it asked for it, ms: longer, and everybody's answer would grow too old. */
const MAX_PAUSE_MS = 15_000

/** The name of Supermon-NG's session cookie. */
export const SUPERMON_COOKIE = 'supermon61'

/** Asks an unmodified Supermon-NG who a cookie belongs to. It learns the cookie and nothing else of the visitor. */
export class SupermonClient {
  readonly #clock: Clock
  readonly #url: string
  readonly #fetch: typeof fetch
  readonly #lanes: Lanes
  readonly #running = new Set<AbortController>()
  #pausedUntil = 0

  constructor({ clock, url, fetch }: SupermonClientOptions) {
    this.#clock = clock
    this.#url = url
    this.#fetch = fetch
    this.#lanes = new Lanes({ clock, lanes: 16, maxWaiting: 256, waitMs: 5_000 })
  }

  /**
   * @param cookie value of the visitor's session cookie, checked to be one
   * @param goesFirst before those that do not, when many ask
   * @throws SupermonError
   */
  async ask(cookie: Secret, goesFirst: boolean): Promise<SupermonAnswer> {
    const answer = await this.#lanes.run(() => this.#inTime(cookie), goesFirst)
    if (answer === null) throw new SupermonError('busy', 'too many visitors wait for its answers')
    return answer
  }

  /** Gives up whatever is under way. */
  dispose(): void {
    for (const controller of this.#running) controller.abort()
  }

  async #inTime(cookie: Secret): Promise<SupermonAnswer> {
    const pause = this.#pausedUntil - this.#clock.monotonic()
    if (pause > 0) throw askedForFewer()
    const controller = new AbortController()
    this.#running.add(controller)
    let late = false
    const timer = this.#clock.setTimeout(() => {
      late = true
      controller.abort()
    }, DEADLINE_MS)
    try {
      return await this.#answer(cookie, controller.signal)
    } catch (error) {
      if (late) throw new SupermonError('slow', `it took longer than ${DEADLINE_MS} ms`)
      throw error instanceof SupermonError ? error : new SupermonError('unreachable', `it cannot be reached (${causeOf(error)})`)
    } finally {
      this.#clock.clearTimeout(timer)
      this.#running.delete(controller)
      // What was not read is not wanted.
      controller.abort()
    }
  }

  async #answer(cookie: Secret, signal: AbortSignal): Promise<SupermonAnswer> {
    const me = readMe(await this.#get('auth/me', cookie, signal))
    if (me === null) throw notUnderstood('auth/me')
    // Most visitors end here, at the price of one request.
    if (me.user === null) return { ...me, nodes: new Set() }
    const nodes = readNodes(await this.#get('nodes', cookie, signal))
    if (nodes === null) throw notUnderstood('nodes')
    return { ...me, nodes }
  }

  async #get(path: string, cookie: Secret, signal: AbortSignal): Promise<unknown> {
    const response = await this.#fetch(`${this.#url}/api/v1/${path}`, {
      headers: {
        accept: 'application/json',
        'accept-encoding': 'identity',
        // A kept connection is closed by servers at just about the time we ask again.
        connection: 'close',
        cookie: `${SUPERMON_COOKIE}=${cookie.reveal()}`,
      },
      // Not followed: the cookie is for nobody else.
      redirect: 'manual',
      signal,
    })
    const { status } = response
    if (status >= 300 && status < 400) throw new SupermonError('redirect', `${path} is redirected (${status}), which is not followed`)
    if (status === 429) {
      this.#pause(response.headers.get('retry-after'))
      throw askedForFewer()
    }
    if (status !== 200) throw new SupermonError('status', `${path} is answered with status ${status}`)
    try {
      return JSON.parse(await readText(response, path)) as unknown
    } catch (error) {
      if (error instanceof SyntaxError) throw notUnderstood(path)
      throw error
    }
  }

  #pause(retryAfter: string | null): void {
    const ms = Number(retryAfter ?? Number.NaN) * 1000
    this.#pausedUntil = this.#clock.monotonic() + (ms > 0 ? Math.min(ms, MAX_PAUSE_MS) : 1_000)
  }
}

async function readText(response: Response, path: string): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += piece.byteLength
    if (length > MAX_BODY) throw new SupermonError('too-long', `${path} is longer than ${MAX_BODY} bytes`)
    pieces.push(piece)
  }
  // PHP says first whatever stands before `<?php` in authusers.inc and authini.inc: the mark that Windows' editors put there.
  return Buffer.concat(pieces).toString('utf8').replace(/^\uFEFF+/, '')
}

function askedForFewer(): SupermonError {
  return new SupermonError('busy', 'it asked for fewer requests')
}

function notUnderstood(path: string): SupermonError {
  return new SupermonError('not-understood', `${path} is not answered as Supermon-NG does`)
}

/** `ECONNREFUSED` and the like. */
function causeOf(error: unknown): string {
  const { code } = ((error as { cause?: unknown } | null)?.cause ?? {}) as { code?: unknown }
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : 'no connection'
}
