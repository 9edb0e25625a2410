import { readFile } from 'node:fs/promises'
import { decodeText } from '../env/decodeText.ts'
import { glance } from '../env/glance.ts'

/** Far above any real file of accounts or rights. */
const MAX_BYTES = 1024 * 1024

export type FileNews =
  /** Nothing was written since the stamp handed in. */
  | { readonly kind: 'same' }
  | { readonly kind: 'missing' }
  /** It is there, and its content cannot be had. `reason` is one clause without a value from the file. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'text'; readonly text: string; readonly stamp: string }

/** @param known the stamp of the content that the caller holds, or null */
export type ReadText = (path: string, known: string | null) => Promise<FileNews>

/** Reads a text file if it changed. The stamp is taken first, so a write in between is seen next time. Never throws. */
export const readText: ReadText = async (path, known) => {
  try {
    const info = glance(path)
    if (info === null) return { kind: 'missing' }
    if (!info.isFile()) return { kind: 'unreadable', reason: 'this is no file' }
    if (info.size > MAX_BYTES) return { kind: 'unreadable', reason: 'this is larger than 1 MB' }
    const stamp = [info.mtimeMs, info.ctimeMs, info.size, info.ino].join(':')
    if (stamp === known) return { kind: 'same' }
    return { kind: 'text', text: decodeText(await readFile(path)), stamp }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'missing' }
    const denied = code === 'EACCES' || code === 'EPERM'
    return { kind: 'unreadable', reason: denied ? 'this user may not read it' : `it cannot be read (${code})` }
  }
}
