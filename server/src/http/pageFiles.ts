import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { getMimeType } from 'hono/utils/mime'
import { requestUrl } from '../env/requestUrl.ts'

/** Made by the build beside each file that is worth it, best first; a caller that takes none gets the file itself. */
const ENCODINGS = [['br', '.br'], ['gzip', '.gz']] as const

const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'"

interface Held {
  readonly bytes: Buffer
  readonly etag: string
  readonly policy: string
}

/**
 * The built dashboard, held in memory: a few files, of which every request is sent the same bytes. For a request nothing is opened, so there is
 * nothing to fail, to run out of or to leave open, and an update that is under way is not half seen: new files are there after a restart.
 * Parts of files (`Range`) are not served; RFC 9110, 14.2, lets a server leave that header aside.
 */
export class PageFiles {
  readonly #files = new Map<string, Held>()

  /**
   * @param folder of which all files are read now, but for those with a dot in front
   * @throws the system's error where they cannot be read
   */
  constructor(folder: string) {
    this.#read(folder, '')
  }

  /** Folder by folder: Node 18 in Ubuntu 24.04 does not say where what it found in deeper ones is. */
  #read(folder: string, within: string): void {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      const name = `${within}/${entry.name}`
      if (entry.isDirectory()) this.#read(path, name)
      else if (entry.isFile()) this.#hold(name, readFileSync(path))
    }
  }

  #hold(name: string, bytes: Buffer): void {
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    this.#files.set(name, { bytes, etag, policy: name.endsWith('.html') ? policyOf(bytes.toString()) : POLICY })
  }

  /** Answers a request for a file. @returns false if there is no such file: nothing was answered */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const name = nameIn(request)
    const plain = this.#files.get(name)
    if (plain === undefined) return false
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      notAllowed(response)
      return true
    }
    const accepted = request.headers['accept-encoding']?.toString() ?? ''
    const [encoding, ending] = ENCODINGS.find(([word, end]) => this.#files.has(name + end) && accepts(accepted, word)) ?? [null, '']
    const { bytes, etag } = this.#files.get(name + ending) ?? plain
    const headers: OutgoingHttpHeaders = {
      // The page is asked for each time; what it loads bears its content's hash in its name.
      'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': plain.policy,
      etag,
      'referrer-policy': 'same-origin',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
    }
    if (isHeld(request.headers['if-none-match'], etag)) {
      response.writeHead(304, headers).end()
      return true
    }
    headers['content-type'] = getMimeType(name) ?? 'application/octet-stream'
    headers['content-length'] = bytes.length
    if (encoding !== null) headers['content-encoding'] = encoding
    response.writeHead(200, headers).end(bytes)
    return true
  }
}

/** The page's own few lines of script run by what they are, so that no others do. */
function policyOf(html: string): string {
  const hashes = [...html.matchAll(/<script>([^]*?)<\/script>/g)].map(([, script = '']) => ` 'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return hashes.length === 0 ? POLICY : `${POLICY}; script-src 'self'${hashes.join('')}`
}

function nameIn({ url }: IncomingMessage): string {
  const { pathname } = requestUrl(url)
  try {
    return pathname === '/' ? '/index.html' : decodeURIComponent(pathname)
  } catch {
    return pathname
  }
}

/** Does `Accept-Encoding` name it, and not to say no? */
function accepts(header: string, encoding: string): boolean {
  return header.split(',').some((part) => {
    const [name = '', ...parameters] = part.trim().toLowerCase().split(/\s*;\s*/)
    return name === encoding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter))
  })
}

/** `If-None-Match`: is what the caller holds what he would be sent? */
function isHeld(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((part) => part.trim().replace(/^W\//, '') === etag) === true
}

function notAllowed(response: ServerResponse): void {
  const message = 'This is a file: only GET and HEAD are allowed.'
  response.writeHead(405, { allow: 'GET, HEAD', 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify({ success: false, error: 'Method not allowed', message, code: 'wrong-method' }))
}
