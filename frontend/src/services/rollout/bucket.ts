/**
 * Where somebody stands between 0 and 100, by a stable hash: whoever is in at 10 % is in at 50 % and at 100 %, on every
 * device and in every version, and another salt deals everybody anew.
 */

const utf8 = new TextEncoder()

/**
 * MurmurHash3, x86, 32 bits (Austin Appleby's, public domain), over the UTF-8 bytes of `text`.
 * @returns a whole number, 0 to 2^32 - 1
 */
export function murmur3(text: string, seed = 0): number {
  const bytes = utf8.encode(text)
  const whole = bytes.length & ~3
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let hash = seed
  for (let at = 0; at < whole; at += 4) {
    hash ^= scrambled(view.getUint32(at, true))
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64
  }
  let tail = 0
  for (let at = bytes.length - 1; at >= whole; at -= 1) tail = (tail << 8) | (bytes[at] ?? 0)
  hash ^= scrambled(tail) ^ bytes.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51)
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593)
}

/**
 * @param flag the flag's key: who is early for one flag is not early for the next
 * @param id the name of a user, or of a browser
 * @returns 0 ≤ bucket < 100, with fractions; in while it is below the percentage
 */
export function bucketOf(flag: string, salt: string, id: string): number {
  return (murmur3(`${flag}:${salt}:${id}`) / 2 ** 32) * 100
}
