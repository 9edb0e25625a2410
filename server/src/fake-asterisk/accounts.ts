import { createHash } from 'node:crypto'
import { parseRights } from './eventMask.ts'

/** A section of manager.conf. */
export interface UserSpec {
  readonly name: string
  readonly secret: string
  /** Classes of events this user may read: `all`, `call`, `system,call`, … Absent = all. */
  readonly read?: string
  /** Classes of actions this user may use, e.g. `command`. Absent = all, '' = none but the free ones. */
  readonly write?: string
}

export interface Account {
  readonly name: string
  readonly secret: string
  readonly read: number
  readonly write: number
}

export class Accounts {
  readonly #byName: ReadonlyMap<string, Account>

  constructor(users: readonly UserSpec[]) {
    this.#byName = new Map(
      users.map(({ name, secret, read, write }) => [
        name,
        { name, secret, read: parseRights(read ?? 'all'), write: parseRights(write ?? 'all') },
      ]),
    )
  }

  /** Who logs in with a secret in the clear, if anybody. */
  withSecret(name: string, secret: string): Account | null {
    const account = this.#byName.get(name)
    return account !== undefined && account.secret === secret ? account : null
  }

  /** The same with the answer to a challenge: hex MD5 of the challenge and the secret. */
  withKey(name: string, challenge: string, key: string): Account | null {
    const account = this.#byName.get(name)
    if (account === undefined || challenge === '') return null
    const expected = createHash('md5')
      .update(challenge + account.secret)
      .digest('hex')
    return expected === key ? account : null
  }
}
