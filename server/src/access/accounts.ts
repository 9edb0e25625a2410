import { createHmac } from 'node:crypto'
import type { Htpasswd } from './htpasswd.ts'
import { secureToken } from './randomToken.ts'
import type { RandomToken } from './randomToken.ts'
import { readStoredPassword } from './storedPassword.ts'
import type { StoredPassword } from './storedPassword.ts'

/** Apache and PHP take longer ones; MD5-crypt would let a stranger make the server chew on them. */
export const MAX_PASSWORD_BYTES = 512
export const MAX_USER_LENGTH = 128

/** Nobody's hash, for a file without accounts: cost 10, what PHP and most operators use. */
const NOBODY = readStoredPassword(`$2y$10$${'.'.repeat(21)}O${'.'.repeat(31)}`) as StoredPassword

/**
 * Who has an account, and with which password. The work of {@link Accounts.verify} does not tell whether a user exists:
 * for an unknown one it checks the password against the hash of some account and throws the answer away. Which account
 * depends on the name (keyed, so not to be foretold): the same name always costs the same, and in a file of mixed
 * hashes unknown names cost what known ones do, in the same proportions.
 */
export class Accounts {
  readonly #users: Htpasswd
  readonly #stand: readonly StoredPassword[]
  readonly #key: string

  constructor(users: Htpasswd, randomToken: RandomToken = secureToken) {
    this.#users = users
    this.#stand = users.size > 0 ? [...users.values()] : [NOBODY]
    this.#key = randomToken(32)
  }

  get size(): number {
    return this.#users.size
  }

  /** Another text after this user's password was changed; null when there is no such account. */
  versionOf(user: string): string | null {
    return this.#users.get(user)?.version ?? null
  }

  /** The version of the account whose password this is; null when the user or the password is wrong. */
  async verify(user: string, password: string): Promise<string | null> {
    if (user.length > MAX_USER_LENGTH || Buffer.byteLength(password, 'utf8') > MAX_PASSWORD_BYTES) return null
    const known = this.#users.get(user)
    const right = await (known ?? this.#standIn(user)).matches(password)
    return right && known !== undefined ? known.version : null
  }

  #standIn(user: string): StoredPassword {
    const draw = createHmac('sha256', this.#key).update(user, 'utf8').digest().readUInt32BE(0)
    return this.#stand[draw % this.#stand.length] ?? NOBODY
  }
}
