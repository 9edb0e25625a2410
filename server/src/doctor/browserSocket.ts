/** Opens a WebSocket as browsers do, to the byte: what stands in the way of one of them may let the other through. */
import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import { lookupOf, PATIENCE_MS } from './ask.ts'
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

/**
 * `status` null = no answer at all; `why` then says what happened. 101 = it was opened, and browsers give it up for the header
 * that `why` names.
 */
export interface NotOpened {
  readonly ok: false
  readonly status: number | null
  readonly why: string
  readonly contentType: string
  readonly body: string
}

export interface SocketOptions extends Way {
  readonly browser: Browser
  /** Default: our own; null = none, as pages of Supermon-NG ask. */
  readonly protocol?: string | null
  /** All text messages, the first one too. */
  readonly onText?: (text: string) => void
}

const USER_AGENT: Readonly<Record<Browser, string>> = {
  Chrome: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  Firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
}

/** Longest body of a refusal that is read, characters. */
const LONGEST = 20_000

/** Its sum with the key proves that a WebSocket server answers, and no cache (RFC 6455, 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/**
 * Waits 5 s for the handshake, and again for the first message.
 *
 * @param url `http:` or `https:`, with the path of the socket
 */
export function openAs(url: URL, options: SocketOptions): Promise<Opened | NotOpened> {
  return new Promise((resolve) => {
    const key = randomBytes(16).toString('base64')
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      headers: headersOf(url, key, options), ...lookupOf(options), agent: false, rejectUnauthorized: false,
    })
    const end = (what: Opened | NotOpened | Promise<Opened | NotOpened>) => {
      clearTimeout(deadline)
      resolve(what)
    }
    const fail = (why: string, status: number | null = null) => { end({ ok: false, status, why, contentType: '', body: '' }) }
    let answered = false
    const deadline = setTimeout(() => {
      // What came of an answer until then is told.
      if (!answered) fail(`no answer within ${PATIENCE_MS / 1000} s`)
      request.destroy()
    }, PATIENCE_MS)
    request.on('error', (error) => { if (!answered) fail((error as { code?: string }).code ?? error.message) })
    request.on('response', (response) => {
      answered = true
      void refused(response).then(end)
    })
    request.on('upgrade', ({ headers }, socket, head) => {
      const misfit = misfitOf(headers, key, options)
      if (misfit === null) return end(opened(socket, head, options.onText))
      socket.destroy()
      fail(misfit, 101)
    })
    request.end()
  })
}

/** The header for which browsers give up a socket that was opened; null = none. */
function misfitOf(headers: IncomingHttpHeaders, key: string, { protocol = SUBPROTOCOL }: SocketOptions): NotOpened['why'] | null {
  if (headers['sec-websocket-accept'] !== createHash('sha1').update(key + GUID).digest('base64')) return 'Sec-WebSocket-Accept'
  return (headers['sec-websocket-protocol'] ?? null) === protocol ? null : 'Sec-WebSocket-Protocol'
}

function headersOf(url: URL, key: string, { browser, protocol = SUBPROTOCOL }: SocketOptions): Record<string, string> {
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
    'Sec-WebSocket-Key': key,
    'Sec-WebSocket-Extensions': chrome ? 'permessage-deflate; client_max_window_bits' : 'permessage-deflate',
    ...(protocol === null ? {} : { 'Sec-WebSocket-Protocol': protocol }),
  }
}

async function refused(response: IncomingMessage): Promise<NotOpened> {
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (text: string) => {
    body += text
    if (body.length > LONGEST) response.destroy()
  })
  response.on('error', () => undefined)
  await new Promise<void>((resolve) => response.on('close', resolve))
  return { ok: false, status: response.statusCode ?? 0, why: '', contentType: response.headers['content-type'] ?? '', body }
}

async function opened(socket: Socket, head: Buffer, onText: (text: string) => void = () => undefined): Promise<Opened> {
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
    timer = setTimeout(() => { resolve(null) }, PATIENCE_MS)
    reader.push(head)
  })
  const text = await first
  clearTimeout(timer)
  return { ok: true, first: text, ended, close: () => { socket.destroy() } }
}
