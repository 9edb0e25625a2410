/** A picture for the header. Whatever the file is called, what is served is known by its first bytes to be a picture. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { glance } from '../env/glance.ts'

export interface Logo {
  readonly type: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Another one for another content. */
  readonly version: string
}

export type LogoNews =
  | { readonly kind: 'same' }
  /** `reason` is one clause. */
  | { readonly kind: 'none'; readonly reason: string }
  | { readonly kind: 'logo'; readonly logo: Logo; readonly stamp: string }

/** Far above any header's picture; it is held in memory and sent to strangers. */
const MAX_BYTES = 1024 * 1024

/** SVG is not among them: it is a document, with scripts if it likes. */
const TYPES: readonly (readonly [type: string, head: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
]

/** @param known the stamp of the content that the caller holds, or null. Never throws. */
export async function readLogo(path: string, known: string | null): Promise<LogoNews> {
  try {
    const info = glance(path)
    if (info === null) return { kind: 'none', reason: 'is not there' }
    if (!info.isFile()) return { kind: 'none', reason: 'is not a file' }
    if (info.size > MAX_BYTES) return { kind: 'none', reason: 'is larger than 1 MB' }
    const stamp = [path, info.mtimeMs, info.size, info.ino].join(':')
    if (stamp === known) return { kind: 'same' }
    const bytes = new Uint8Array(await readFile(path))
    const head = Buffer.from(bytes.subarray(0, 16)).toString('latin1')
    const type = TYPES.find(([, start]) => start.test(head))?.[0]
    if (type === undefined) return { kind: 'none', reason: 'is not a PNG, JPEG, GIF or WebP picture' }
    const version = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
    return { kind: 'logo', stamp, logo: { type, bytes, version } }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return { kind: 'none', reason: `cannot be read (${code})` }
  }
}
