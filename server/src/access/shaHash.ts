import { createHash, timingSafeEqual } from 'node:crypto'

const FORM = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/

/** Reads Apache's `{SHA}<base64>`: the 20 bytes of the digest, or null. */
export function parseSha(text: string): Uint8Array | null {
  const match = FORM.exec(text)
  return match === null ? null : Buffer.from(match[1] ?? '', 'base64')
}

/** Is this the password of that digest (SHA-1 of the password's UTF-8, no salt)? */
export function verifySha(password: string, digest: Uint8Array): boolean {
  return timingSafeEqual(createHash('sha1').update(password, 'utf8').digest(), digest)
}
