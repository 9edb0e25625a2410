/** One HTTP request, and all that its answer tells: never followed, never thrown. */
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIPv6 } from 'node:net'

export interface Answer {
  readonly ok: true
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface NoAnswer {
  readonly ok: false
  /** Node's code where it has one: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `timeout`. */
  readonly code: string
}

/** How a host is reached. */
export interface Way {
  /** Where the connection goes, whatever the name of the host leads to; null = where it leads. Default null. */
  readonly connectTo?: string | null
}

/** For requests of Node. */
export function lookupOf({ connectTo = null }: Way): Pick<RequestOptions, 'lookup'> {
  if (connectTo === null) return {}
  const family = isIPv6(connectTo) ? 6 : 4
  return { lookup: (_name, options, done) => { if (options.all === true) done(null, [{ address: connectTo, family }]); else done(null, connectTo, family) } }
}

export interface AskOptions extends Pick<RequestOptions, 'method' | 'headers'>, Way {
  readonly body?: string
}

/** Whatever is asked answers within this long, or does not answer, ms. */
export const PATIENCE_MS = 5_000

/** Longest body that is read, characters: a page that is not ours may be of any length. */
const LONGEST = 500_000

export function ask(url: URL, { body, connectTo = null, ...rest }: AskOptions = {}): Promise<Answer | NoAnswer> {
  return new Promise((resolve) => {
    // The certificate is judged by a check of its own.
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { ...rest, ...lookupOf({ connectTo }), agent: false, rejectUnauthorized: false })
    const deadline = setTimeout(() => {
      resolve({ ok: false, code: 'timeout' })
      request.destroy()
    }, PATIENCE_MS)
    request.on('error', (error) => {
      clearTimeout(deadline)
      resolve({ ok: false, code: (error as { code?: string }).code ?? 'unknown' })
    })
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        text += piece
        if (text.length > LONGEST) response.destroy()
      })
      response.on('error', () => undefined)
      response.on('close', () => {
        clearTimeout(deadline)
        resolve({ ok: true, status: response.statusCode ?? 0, headers: response.headers, body: text })
      })
    })
    request.end(body)
  })
}

/** The value that the text of a JSON answer stands for; null = it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
