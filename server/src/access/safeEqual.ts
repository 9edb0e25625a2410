import { createHash, timingSafeEqual } from 'node:crypto'

/**
 * Same text? The time it takes tells the length of what was offered and nothing of where two texts differ: both are
 * hashed first, as `timingSafeEqual` wants equal lengths.
 */
export function safeEqual(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}

/**
 * The name under which a secret is kept: SHA-256, hex. Keeping the digest in place of the secret makes looking it up in
 * a map safe (what an attacker may time is the digest, which he cannot steer) and keeps the secret out of the memory.
 */
export function fingerprint(secret: string): string {
  return sha256(secret).toString('hex')
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
