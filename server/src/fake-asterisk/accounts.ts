import { createHash } from 'node:crypto'
import { parseFilter } from './eventFilter.ts'
import type { EventFilter } from './eventFilter.ts'
import { parseRights } from './eventMask.ts'

/** A section of manager.conf. */
export interface UserSpec {
  readonly name: string
  readonly secret: string
  /** Classes of events this user may read: `all`, `call`, `system,call`, … Absent = all. */
  readonly read?: string
  /** Classes of actions this user may use, e.g. `command`. Absent = all, '' = none but the free ones. */
  readonly write?: string
  /** Its `eventfilter` lines, e.g. `!Event: RPT_LINKS`; one that makes no sense is left out, as Asterisk leaves it out. Absent = none. */
  readonly eventFilters?: readonly string[]
}

export interface Account {
  readonly name: string
  readonly secret: string
  readonly read: number
  readonly write: number
  readonly filters: readonly EventFilter[]
}

export class Accounts {
  readonly #byName: ReadonlyMap<string, Account>

  constructor(users: readonly UserSpec[]) {
    this.#byName = new Map(
      users.map(({ name, secret, read, write, eventFilters = [] }) => [
        name,
        { name, secret, read: parseRights(read ?? 'all'), write: parseRights(write ?? 'all'), filters: eventFilters.flatMap((text) => parseFilter(text) ?? []) },
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
