import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Accounts, MAX_PASSWORD_BYTES, MAX_USER_LENGTH } from '../../src/access/accounts.ts'
import { parseHtpasswd } from '../../src/access/htpasswd.ts'
import { StoredPassword } from '../../src/access/storedPassword.ts'
import type { Scheme } from '../../src/access/storedPassword.ts'

const SHA = '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='
const APR1 = '$apr1$zz$nPtiSiJFVwLFJnkJT3POQ.'

describe('.htpasswd', () => {
  it('is read as Apache reads it: comments, blank lines, a third field, any line end', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const text = ['\uFEFF# ours', '', `ann:${SHA}`, `  bob:${APR1}:a remark  `].join(end)
      const { value, warnings, broken } = parseHtpasswd(text)
      expect([...value].map(([user, { scheme }]) => [user, scheme])).toEqual([
        ['ann', 'sha'],
        ['bob', 'apr1'],
      ])
      expect({ warnings, broken }).toEqual({ warnings: [], broken: false })
    }
  })

  it.each([
    ['5f4dcc3b5aa765d61d8327deb882cf99', /bare MD5/],
    ['hunter2', /plain text/],
    ['$2y$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', /cost above 14/],
    ['$5$salt$hash', /not known here/],
    ['', /no password/],
  ])('leaves a user with %s out and says so without repeating it', (hash, reason) => {
    const { value, warnings } = parseHtpasswd(`\nann:${hash}`, '/etc/x/.htpasswd')
    expect(value.size).toBe(0)
    expect(warnings).toEqual([expect.stringMatching(/^\/etc\/x\/\.htpasswd:2: user "ann" .*htpasswd -B$/)])
    expect(warnings[0]).toMatch(reason)
    if (hash !== '') expect(warnings[0]).not.toContain(hash)
  })

  it('counts the first line of a user, even one that cannot be used', () => {
    const { value, warnings } = parseHtpasswd(`ann:plain\nann:${SHA}\nbob:${SHA}\nbob:${APR1}`)
    expect(value.has('ann')).toBe(false)
    expect(value.get('bob')?.scheme).toBe('sha')
    expect(warnings).toHaveLength(3)
  })

  it('is broken when it holds something else, and not when it is empty', () => {
    expect(parseHtpasswd('<html>\n').broken).toBe(true)
    expect(parseHtpasswd(`ann:${SHA}\0`).broken).toBe(true)
    expect(parseHtpasswd('').broken).toBe(false)
    expect(parseHtpasswd(`stray\nann:${SHA}`)).toMatchObject({
      broken: false,
      warnings: [expect.stringContaining(':1:')],
    })
  })

  it('never throws, and its warnings are single lines', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((user) => `${user}:${SHA}`),
    )
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        for (const warning of parseHtpasswd(lines.join('\n')).warnings) expect(warning).not.toMatch(/[\r\n\0]/)
      }),
    )
  })
})

describe('an account', () => {
  const users = parseHtpasswd(`ann:${SHA}\n__proto__:${APR1}`).value
  const accounts = new Accounts(users)

  it('opens to its password only', async () => {
    expect(await accounts.verify('ann', 'password')).toBe(accounts.versionOf('ann'))
    expect(await accounts.verify('__proto__', 'x')).toBe(accounts.versionOf('__proto__'))
    for (const [user, password] of [
      ['ann', 'x'],
      ['Ann', 'password'],
      ['', ''],
      ['constructor', 'password'],
    ] as const) {
      expect(await accounts.verify(user, password)).toBeNull()
    }
  })

  it('has another version after a change of the password', () => {
    const later = new Accounts(parseHtpasswd(`ann:${APR1}`).value)
    expect(later.versionOf('ann')).not.toBe(accounts.versionOf('ann'))
    expect(later.versionOf('bob')).toBeNull()
  })

})

describe('the work of a sign-in', () => {
  /** Accounts whose passwords note what was done for them. Every password is right. */
  function watched(...kinds: readonly (readonly [Scheme, number])[]) {
    const work: string[] = []
    const users = new Map(
      kinds.map(([scheme, cost], i) => {
        const matches = (): Promise<boolean> => {
          work.push(`${scheme} ${cost}`)
          return Promise.resolve(true)
        }
        return [`user${i}`, new StoredPassword(scheme, cost, `v${i}`, matches)] as const
      }),
    )
    return { accounts: new Accounts(users), work }
  }

  it('is none for a password or a name beyond all measure', async () => {
    const { accounts, work } = watched(['apr1', 0])
    expect(await accounts.verify('a'.repeat(MAX_USER_LENGTH + 1), 'right')).toBeNull()
    expect(await accounts.verify('user0', 'ü'.repeat(MAX_PASSWORD_BYTES / 2 + 1))).toBeNull()
    expect(work).toEqual([])
    expect(await accounts.verify('user0', 'ü'.repeat(MAX_PASSWORD_BYTES / 2))).toBe('v0')
  })

  it('is one check of the same scheme and cost for known and unknown users', async () => {
    const { accounts, work } = watched(['bcrypt', 10], ['bcrypt', 10])
    expect(await accounts.verify('user0', 'right')).toBe('v0')
    expect(await accounts.verify('nobody', 'right')).toBeNull()
    expect(work).toEqual(['bcrypt 10', 'bcrypt 10'])
  })

  it('is the same each time for the same unknown user, and spread like the known ones', async () => {
    const { accounts, work } = watched(['bcrypt', 10], ['apr1', 0], ['sha', 0])
    for (let i = 0; i < 5; i += 1) await accounts.verify('nobody', 'x')
    expect(new Set(work).size).toBe(1)
    for (let i = 0; i < 300; i += 1) await accounts.verify(`nobody${i}`, 'x')
    for (const kind of ['bcrypt 10', 'apr1 0', 'sha 0']) {
      expect(work.filter((done) => done === kind).length).toBeGreaterThan(50)
    }
  })

  it('is a bcrypt of cost 10 where there are no accounts at all', async () => {
    const matches = vi.spyOn(StoredPassword.prototype, 'matches')
    expect(await new Accounts(new Map()).verify('ann', 'x')).toBeNull()
    expect(matches.mock.contexts).toMatchObject([{ scheme: 'bcrypt', cost: 10 }])
    matches.mockRestore()
  })
})
