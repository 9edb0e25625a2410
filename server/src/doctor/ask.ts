/** One HTTP request, and all that its answer tells: never followed, never thrown. */
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'

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

export interface AskOptions extends Pick<RequestOptions, 'method' | 'headers' | 'localAddress'> {
  readonly body?: string
  /** Is the certificate judged? It has a check of its own. Default false. */
  readonly strict?: boolean
  /** ms. Default 5000. */
  readonly patienceMs?: number
}

/** Longest body that is read, characters: a page that is not ours may be of any length. */
const LONGEST = 500_000

export function ask(url: URL, { body, strict = false, patienceMs = 5_000, ...rest }: AskOptions = {}): Promise<Answer | NoAnswer> {
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, { ...rest, agent: false, rejectUnauthorized: strict })
    const deadline = setTimeout(() => {
      resolve({ ok: false, code: 'timeout' })
      request.destroy()
    }, patienceMs)
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
