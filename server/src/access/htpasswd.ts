import { describeProblem, quoteName } from '../config/errors.ts'
import type { Parsed } from './parsed.ts'
import { readStoredPassword } from './storedPassword.ts'
import type { StoredPassword, Unusable } from './storedPassword.ts'

/** User → stored password, in the order of the file. */
export type Htpasswd = ReadonlyMap<string, StoredPassword>

/**
 * Reads Apache's `.htpasswd`: `user:hash` per line, `#` comments, what follows a second colon ignored. As in Apache the
 * first line of a user counts, even when its hash cannot be used: a later one must not quietly take over.
 * Lines that let nobody in are left out with a warning. Never throws; never repeats a hash.
 *
 * @param file its name, for messages
 */
export function parseHtpasswd(text: string, file = '.htpasswd'): Parsed<Htpasswd> {
  const users = new Map<string, StoredPassword>()
  const seen = new Set<string>()
  const warnings: string[] = []
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  let strays = 0
  lines.forEach((raw, i) => {
    const warn = (reason: string, whatToDo: string): void => {
      warnings.push(describeProblem({ file, line: i + 1, reason, whatToDo }))
    }
    const written = raw.trim()
    if (written === '' || written.startsWith('#')) return
    const [user = '', hash] = written.split(':')
    if (user === '' || hash === undefined) {
      strays += 1
      warn('this line is no user:hash', 'it is ignored: correct or remove it')
      return
    }
    if (seen.has(user)) {
      warn(`user ${quoteName(user)} stands here again`, 'the first line counts: remove one of them')
      return
    }
    seen.add(user)
    const stored = readStoredPassword(hash)
    if (typeof stored === 'string') warn(`user ${quoteName(user)} ${REASONS[stored]}`, WHAT_TO_DO)
    else users.set(user, stored)
  })
  return { value: users, warnings, broken: text.includes('\0') || (strays > 0 && seen.size === 0) }
}

const WHAT_TO_DO = 'this user cannot sign in: set the password again with htpasswd -B'
const REASONS: Record<Unusable, string> = {
  md5: 'has a bare MD5, which anybody can look up',
  'too-costly': 'has a bcrypt hash of a cost above 14, which would keep the server busy',
  'unknown-scheme': 'has a hash of a scheme that is not known here',
  plain: 'has a password in plain text or in the old crypt form',
  empty: 'has no password',
}
