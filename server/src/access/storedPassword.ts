import { inspect } from 'node:util'
import { parseApr1, verifyApr1 } from './apr1.ts'
import { parseBcrypt, verifyBcrypt } from './bcrypt.ts'
import { fingerprint } from './safeEqual.ts'
import { parseSha, verifySha } from './shaHash.ts'

/** A dearer bcrypt hash would keep a Raspberry Pi busy for more than ten seconds per attempt. */
export const MAX_BCRYPT_COST = 14

export type Scheme = 'bcrypt' | 'apr1' | 'sha'

/** Why a stored password cannot be used. Permanent. */
export type Unusable = 'md5' | 'too-costly' | 'unknown-scheme' | 'plain' | 'empty'

/**
 * The hash of one account. Checking a password against it costs the same whether it is right or wrong. Printing shows
 * the scheme only.
 */
export class StoredPassword {
  readonly scheme: Scheme
  /** bcrypt's cost; 0 in the schemes that have none. Two stored passwords of one scheme and cost take equal work. */
  readonly cost: number
  /** Another one after the password was changed; for telling sessions that were opened with the old one. */
  readonly version: string
  readonly #matches: (password: string) => Promise<boolean>

  constructor(scheme: Scheme, cost: number, version: string, matches: (password: string) => Promise<boolean>) {
    this.scheme = scheme
    this.cost = cost
    this.version = version
    this.#matches = matches
  }

  matches(password: string): Promise<boolean> {
    return this.#matches(password)
  }

  [inspect.custom](): string {
    return `StoredPassword(${this.scheme})`
  }
}

/** Reads what stands behind the colon in `.htpasswd`. Never throws. */
export function readStoredPassword(text: string): StoredPassword | Unusable {
  const bcrypt = parseBcrypt(text)
  if (bcrypt !== null) {
    if (bcrypt.cost > MAX_BCRYPT_COST) return 'too-costly'
    return new StoredPassword('bcrypt', bcrypt.cost, fingerprint(text), (word) => verifyBcrypt(word, bcrypt))
  }
  const apr1 = parseApr1(text)
  if (apr1 !== null) return new StoredPassword('apr1', 0, fingerprint(text), (word) => verifyApr1(word, apr1))
  const sha = parseSha(text)
  if (sha !== null)
    return new StoredPassword('sha', 0, fingerprint(text), (word) => Promise.resolve(verifySha(word, sha)))
  if (text === '') return 'empty'
  if (/^[0-9a-f]{32}$/i.test(text)) return 'md5'
  return /^(?:\$|\{)/.test(text) ? 'unknown-scheme' : 'plain'
}
