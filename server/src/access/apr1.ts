/**
 * Checks Apache's `$apr1$` hashes, the default of `htpasswd`: MD5 stirred 1,000 times. Source: Apache's description of
 * its password formats and the MD5-crypt of FreeBSD it descends from. It makes no hashes.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { breathe as defaultBreathe } from './breathe.ts'
import type { Breathe } from './breathe.ts'

const FORM = /^\$apr1\$([^$:\s]{1,8})\$([./0-9A-Za-z]{22})$/
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ROUNDS = 1000
/** Rounds between two breaths: under 1 ms. */
const SLICE = 125
/**
 * The order in which the digest's bytes are written, three to a group of four characters; the last one stands alone.
 */
const ORDER = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const
const LAST = 11

export interface Apr1Hash {
  /** 1–8 characters. */
  readonly salt: string
  /** 22 characters of the scheme's own base64. */
  readonly digest: string
}

/** Reads `$apr1$salt$digest`; null when it is no such hash. */
export function parseApr1(text: string): Apr1Hash | null {
  const match = FORM.exec(text)
  return match === null ? null : { salt: match[1] ?? '', digest: match[2] ?? '' }
}

/** Is this the password of that hash? 1,000 rounds whatever the answer. A password with a NUL never matches. */
export async function verifyApr1(
  password: string,
  hash: Apr1Hash,
  breathe: Breathe = defaultBreathe,
): Promise<boolean> {
  const word = Buffer.from(password, 'utf8')
  const salt = Buffer.from(hash.salt, 'utf8')
  let digest = firstDigest(word, salt)
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round % SLICE === 0) await breathe()
    const odd = round % 2 === 1
    const parts = [odd ? word : digest]
    if (round % 3 !== 0) parts.push(salt)
    if (round % 7 !== 0) parts.push(word)
    parts.push(odd ? digest : word)
    digest = md5(parts)
  }
  return timingSafeEqual(Buffer.from(encode(digest)), Buffer.from(hash.digest)) && !password.includes('\0')
}

/** The password, the name of the scheme and the salt, mixed with a digest of them in an order set by the length. */
function firstDigest(word: Buffer, salt: Buffer): Buffer {
  const inner = md5([word, salt, word])
  const parts: Uint8Array[] = [word, Buffer.from('$apr1$'), salt]
  for (let left = word.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)))
  for (let bits = word.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? Buffer.of(0) : word.subarray(0, 1))
  return md5(parts)
}

function md5(parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** The scheme's base64: least significant bits first. */
function encode(digest: Buffer): string {
  const at = (i: number): number => digest[i] ?? 0
  const groups = ORDER.map(([a, b, c]) => characters((at(a) << 16) | (at(b) << 8) | at(c), 4))
  return groups.join('') + characters(at(LAST), 2)
}

function characters(value: number, count: number): string {
  return Array.from({ length: count }, (_, i) => ALPHABET.charAt((value >>> (6 * i)) & 63)).join('')
}
