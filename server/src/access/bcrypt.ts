/**
 * Checks bcrypt hashes (Provos and Mazières 1999), in slices so that the process lives on meanwhile. It makes no
 * hashes: `htpasswd -B` does. Written here because what the registries offer either needs a compiler on the Raspberry
 * Pi or holds the event loop for 100 ms at a time.
 *
 * $2y$, $2b$ and $2a$ are computed alike; they differ only in which faulty programs wrote them (crypt_blowfish,
 * OpenBSD 5.5). $2x$, which repeats the fault, is not known here.
 */
import { timingSafeEqual } from 'node:crypto'
import { breathe as defaultBreathe } from './breathe.ts'
import type { Breathe } from './breathe.ts'
import { PI_WORDS, piWords } from './piWords.ts'

const FORM = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/
const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const SUBKEYS = 18
/** bcrypt looks at this many bytes of a password, the closing NUL included. */
const MAX_KEY = 72
const MAGIC = Buffer.from('OrpheanBeholderScryDoubt', 'latin1')
/** Rounds between two breaths: 1 to 2 ms on a desktop, under 10 ms on a Raspberry Pi 3. */
const SLICE = 16

export interface BcryptHash {
  /** The work is 2^cost rounds; 4–31 in valid hashes. */
  readonly cost: number
  /** 16 bytes. */
  readonly salt: Uint8Array
  /** 23 bytes: the last of 24 is never written down. */
  readonly digest: Uint8Array
}

/** Reads `$2y$10$…`; null when it is no bcrypt hash. */
export function parseBcrypt(text: string): BcryptHash | null {
  const match = FORM.exec(text)
  if (match === null) return null
  const [, cost = '', salt = '', digest = ''] = match
  if (Number(cost) < 4 || Number(cost) > 31) return null
  return { cost: Number(cost), salt: decode(salt, 16), digest: decode(digest, 23) }
}

/**
 * Is this the password of that hash? Takes 2^cost rounds whatever the answer.
 *
 * A password with a NUL character never matches: C programs end there, and this one will not guess.
 */
export async function verifyBcrypt(
  password: string,
  hash: BcryptHash,
  breathe: Breathe = defaultBreathe,
): Promise<boolean> {
  const key = keyWords(Buffer.from(`${password}\0`, 'utf8').subarray(0, MAX_KEY))
  const salt = keyWords(hash.salt)
  const state = Int32Array.from(await piWords(breathe))
  expand(state, key, salt)
  for (let round = 0, rounds = 2 ** hash.cost; round < rounds; round += 1) {
    if (round % SLICE === 0) await breathe()
    expand(state, key, null)
    expand(state, salt, null)
  }
  return timingSafeEqual(digestOf(state), hash.digest) && !password.includes('\0')
}

/** 18 big-endian words of the bytes, repeated as often as needed. */
function keyWords(bytes: Uint8Array): Int32Array {
  const at = (i: number): number => bytes[i % bytes.length] ?? 0
  return Int32Array.from({ length: SUBKEYS }, (_, word) => {
    const i = 4 * word
    return (at(i) << 24) | (at(i + 1) << 16) | (at(i + 2) << 8) | at(i + 3)
  })
}

/** Stirs the key, and in the first round the salt too, into all of the state. */
function expand(state: Int32Array, key: Int32Array, salt: Int32Array | null): void {
  for (let i = 0; i < SUBKEYS; i += 1) state[i]! ^= key[i]!
  const pair = new Int32Array(2)
  for (let i = 0; i < PI_WORDS; i += 2) {
    if (salt !== null) {
      pair[0]! ^= salt[i & 2]!
      pair[1]! ^= salt[(i & 2) + 1]!
    }
    encipher(state, pair)
    state[i] = pair[0]!
    state[i + 1] = pair[1]!
  }
}

/** One Blowfish block, in place: 16 rounds, two at a time so that the halves need not change places. */
function encipher(state: Int32Array, pair: Int32Array): void {
  let left = pair[0]! ^ state[0]!
  let right = pair[1]!
  for (let i = 1; i <= 16; i += 2) {
    right ^= scramble(state, left) ^ state[i]!
    left ^= scramble(state, right) ^ state[i + 1]!
  }
  pair[0] = right ^ state[17]!
  pair[1] = left
}

/** Blowfish's F: one word through the four S-boxes, which stand behind the subkeys. */
function scramble(state: Int32Array, word: number): number {
  const high = state[SUBKEYS + (word >>> 24)]! + state[SUBKEYS + 256 + ((word >>> 16) & 255)]!
  return (high ^ state[SUBKEYS + 512 + ((word >>> 8) & 255)]!) + state[SUBKEYS + 768 + (word & 255)]!
}

/** The magic text, enciphered 64 times with the stirred state: 23 bytes. */
function digestOf(state: Int32Array): Uint8Array {
  const out = Buffer.alloc(MAGIC.length)
  const pair = new Int32Array(2)
  for (let block = 0; block < MAGIC.length; block += 8) {
    pair[0] = MAGIC.readInt32BE(block)
    pair[1] = MAGIC.readInt32BE(block + 4)
    for (let i = 0; i < 64; i += 1) encipher(state, pair)
    out.writeInt32BE(pair[0], block)
    out.writeInt32BE(pair[1], block + 4)
  }
  return out.subarray(0, 23)
}

/** bcrypt's own base64: most significant bits first, as usual; another alphabet, no padding. */
function decode(text: string, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes)
  let bits = 0
  let held = 0
  let at = 0
  for (const char of text) {
    bits = (bits << 6) | ALPHABET.indexOf(char)
    held += 6
    if (held < 8) continue
    held -= 8
    if (at < bytes) out[at++] = (bits >>> held) & 255
    bits &= (1 << held) - 1
  }
  return out
}
