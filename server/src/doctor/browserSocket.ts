/** Opens a WebSocket as browsers do, to the byte: what stands in the way of one of them may let the other through. */
import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { lookupOf } from './ask.ts'
import type { Way } from './ask.ts'
import { FrameReader } from './frameReader.ts'

export const BROWSERS = ['Chrome', 'Firefox'] as const
export type Browser = (typeof BROWSERS)[number]

export interface Opened {
  readonly ok: true
  /** What it was told first, as text; null = nothing in time. */
  readonly first: string | null
  /** When the other side ends it: with the code and the reason of its close frame, or null = without one. */
  readonly ended: Promise<Ending | null>
  close(): void
}

export interface Ending {
  readonly code: number
  readonly reason: string
}

/** `status` null = no answer at all; `why` then says what happened. */
export interface NotOpened {
  readonly ok: false
  readonly status: number | null
  readonly why: string
  readonly contentType: string
  readonly body: string
}

export interface SocketOptions extends Way {
  readonly browser: Browser
  /** Default: our own, `supermon.v2`; null = none, as pages of Supermon-NG ask. */
  readonly protocol?: string | null
  /** For the handshake, and again for the first message, ms. Default 5000. */
  readonly patienceMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /** All text messages, the first one too. */
  readonly onText?: (text: string) => void
}

const USER_AGENT: Readonly<Record<Browser, string>> = {
  Chrome: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  Firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
}

/** Longest body of a refusal that is read, characters. */
const LONGEST = 20_000

/** @param url `http:` or `https:`, with the path of the socket */
export function openAs(url: URL, options: SocketOptions): Promise<Opened | NotOpened> {
  const { patienceMs = 5_000 } = options
  return new Promise((resolve) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      headers: headersOf(url, options), ...lookupOf(options), agent: false, rejectUnauthorized: false, timeout: patienceMs,
    })
    const fail = (why: string) => { resolve({ ok: false, status: null, why, contentType: '', body: '' }) }
    request.on('timeout', () => {
      fail(`no answer within ${patienceMs / 1000} s`)
      request.destroy()
    })
    request.on('error', (error) => { fail((error as { code?: string }).code ?? error.message) })
    request.on('response', (response) => { void refused(response).then(resolve) })
    request.on('upgrade', (_response, socket, head) => { resolve(opened(socket, head, patienceMs, options.onText)) })
    request.end()
  })
}

function headersOf(url: URL, { browser, protocol = 'supermon.v2', headers = {} }: SocketOptions): Record<string, string> {
  const chrome = browser === 'Chrome'
  return {
    Host: url.host,
    'User-Agent': USER_AGENT[browser],
    ...(chrome ? {} : { Accept: '*/*' }),
    'Accept-Language': 'en-US,en;q=0.9',
    'Accept-Encoding': 'gzip, deflate, br',
    'Cache-Control': 'no-cache',
    Pragma: 'no-cache',
    Origin: url.origin,
    // The difference that shuts Firefox out where a rule compares the whole header.
    Connection: chrome ? 'Upgrade' : 'keep-alive, Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Extensions': chrome ? 'permessage-deflate; client_max_window_bits' : 'permessage-deflate',
    ...(protocol === null ? {} : { 'Sec-WebSocket-Protocol': protocol }),
    ...headers,
  }
}

async function refused(response: IncomingMessage): Promise<NotOpened> {
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (text: string) => { if (body.length < LONGEST) body += text })
  await new Promise<void>((resolve) => response.on('close', resolve))
  return { ok: false, status: response.statusCode ?? 0, why: '', contentType: response.headers['content-type'] ?? '', body }
}

async function opened(socket: Socket, head: Buffer, patienceMs: number, onText: (text: string) => void = () => undefined): Promise<Opened> {
  socket.setTimeout(0)
  let ending: Ending | null = null
  const ended = new Promise<Ending | null>((resolve) => socket.on('close', () => { resolve(ending) }))
  let timer: NodeJS.Timeout | undefined
  const first = new Promise<string | null>((resolve) => {
    const reader = new FrameReader((text) => {
      resolve(text)
      onText(text)
    }, (code, reason) => {
      ending = { code, reason }
      socket.destroy()
    })
    socket.on('data', (bytes: Buffer) => { reader.push(bytes) })
    socket.on('error', () => undefined)
    void ended.then(() => { resolve(null) })
    timer = setTimeout(() => { resolve(null) }, patienceMs)
    reader.push(head)
  })
  const text = await first
  clearTimeout(timer)
  return { ok: true, first: text, ended, close: () => { socket.destroy() } }
}
