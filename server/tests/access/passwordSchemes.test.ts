import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseApr1, verifyApr1 } from '../../src/access/apr1.ts'
import { parseBcrypt, verifyBcrypt } from '../../src/access/bcrypt.ts'
import { PI_WORDS, piWords } from '../../src/access/piWords.ts'
import { readStoredPassword, StoredPassword } from '../../src/access/storedPassword.ts'

function stored(hash: string): StoredPassword {
  const read = readStoredPassword(hash)
  if (typeof read === 'string') throw new Error(`${hash} is ${read}`)
  return read
}

describe('bcrypt', () => {
  // The first five come with crypt_blowfish, the sixth from PHP's manual; the others were made with bcryptjs 3.0.3.
  it.each([
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK', 'U*U*'],
    ['$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
    ['$2y$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy', ''],
    [
      '$2b$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
      '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    ],
    ['$2a$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi', 'rasmuslerdorf'],
    ['$2b$04$4lunEFVUkNg9PHgO8OSYxOd4wnWjYw7lzssmmXktEga9hjoxsdwBe', 'grüße 73 de W1AW'],
    ['$2b$06$krbzldWbWpNSVrTVNq6IyeqfnT7WUr8MivjFGYzlTlp2uOij/22Ma', '\u{1f4fb} radio'],
    ['$2b$10$I2/u5xBNUhGfLGV3WR2/eu/cRB5NyTC4jB7EbDwZk1HLyJq3FX4c6', 'correct horse'],
    ['$2b$04$Hb7G3F7mf3yS.2Zt5cMDSusPj0H.4ImWmiz9T7w9dXyXZqXWfC11q', 'x'.repeat(71)],
    ['$2b$04$EM.eLYld4GKdwqqlx0Zbjur.JkdLGbMDi4WaYmh0N0KffNO8aMrAq', 'x'.repeat(72)],
    ['$2b$04$8SmgO2S.Y2Nf0U6DX2ydc.fuxad0rnf3MrEBEXWemMRZA4W3RlBPu', 'x'.repeat(73)],
  ])('%s', async (hash, password) => {
    expect(await stored(hash).matches(password)).toBe(true)
    expect(await stored(hash).matches(`!${password}`)).toBe(false)
  })

  it('takes $2a$, $2b$ and $2y$ for the same', async () => {
    const rest = '$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
    for (const letter of 'aby') expect(await stored(`$2${letter}${rest}`).matches('U*U')).toBe(true)
    for (const letter of ['x', '', 'z']) expect(readStoredPassword(`$2${letter}${rest}`)).toBe('unknown-scheme')
  })

  it('takes no password with a NUL, which the repeated key could not tell from the one before it', async () => {
    const hash = stored('$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')
    for (const password of ['U*U\0', 'U*U\0U*U', 'U*U\0U*U\0U*U']) expect(await hash.matches(password)).toBe(false)
  })

  it('does the same number of rounds for a right and a wrong password, and lets others run in between', async () => {
    const hash = parseBcrypt('$2a$07$usesomesillystringfore2uDLvp1Ii2e./U9C8sBjqp8I90dH6hi')!
    const breaths = async (password: string): Promise<number> => {
      let count = 0
      await verifyBcrypt(password, hash, () => {
        count += 1
        return Promise.resolve()
      })
      return count
    }
    await verifyBcrypt('warm up', hash)
    expect(await breaths('rasmuslerdorf')).toBe(2 ** 7 / 16)
    expect(await breaths('wrong')).toBe(2 ** 7 / 16)
  })

  it('starts from the digits of pi', async () => {
    const words = await piWords(() => Promise.resolve())
    expect(words).toHaveLength(PI_WORDS)
    // First and last word of the tables that Schneier printed.
    expect(words[0]).toBe(0x243f6a88)
    expect(words[PI_WORDS - 1]! >>> 0).toBe(0x3ac372e6)
    expect(createHash('sha256').update(Buffer.from(words.buffer)).digest('hex')).toMatch(/^1b2102001d189daa/)
  })

  it.each([
    '$2y$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2y$32$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe',
    '$2y$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  ])('is not %s', (hash) => {
    expect(readStoredPassword(hash)).toBe('unknown-scheme')
  })

  it('refuses a cost above 14', () => {
    const hash = (cost: number): string => `$2y$${cost}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`
    expect(stored(hash(14)).cost).toBe(14)
    expect(readStoredPassword(hash(15))).toBe('too-costly')
    expect(readStoredPassword(hash(31))).toBe('too-costly')
  })
})

describe('apr1', () => {
  // Made with: openssl passwd -apr1 -salt <salt> <password>
  it.each([
    ['$apr1$s4ltS4lt$qcy0mEws4sXZjwcpRZyg/1', 'password'],
    ['$apr1$a$lsAcX0kKaMIVmrCtUuk5b0', ''],
    ['$apr1$zz$nPtiSiJFVwLFJnkJT3POQ.', 'x'],
    ['$apr1$12345678$77xscDvxhOKVemwPrHFcS.', '1234567890123456'],
    ['$apr1$abcdefgh$Eqv4oIyMsS.tjfvQCJYY1/', 'a much longer password than sixteen bytes'],
    ['$apr1$x./Z9$bn1WxgnJoyMsgBTg18tgE0', 'grüße 73'],
  ])('%s', async (hash, password) => {
    expect(await stored(hash).matches(password)).toBe(true)
    expect(await stored(hash).matches(`${password}!`)).toBe(false)
    expect(await stored(hash).matches(`${password}\0`)).toBe(false)
  })

  it('does the same work for a right and a wrong password', async () => {
    const hash = parseApr1('$apr1$zz$nPtiSiJFVwLFJnkJT3POQ.')!
    for (const password of ['x', 'y', 'a long one that is wrong']) {
      let breaths = 0
      await verifyApr1(password, hash, () => {
        breaths += 1
        return Promise.resolve()
      })
      expect(breaths).toBe(8)
    }
  })
})

describe('{SHA}', () => {
  it('is the SHA-1 of the password', async () => {
    expect(await stored('{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=').matches('password')).toBe(true)
    expect(await stored('{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=').matches('Password')).toBe(false)
    expect(await stored('{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=').matches('')).toBe(true)
  })
})

describe('what is stored', () => {
  it.each([
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'md5'],
    ['5F4DCC3B5AA765D61D8327DEB882CF99', 'md5'],
    ['password', 'plain'],
    ['rqXexS6ZhobKA', 'plain'],
    ['', 'empty'],
    ['$6$salt$abc', 'unknown-scheme'],
    ['$apr1$toolongsalt$qcy0mEws4sXZjwcpRZyg/1', 'unknown-scheme'],
    ['{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=', 'unknown-scheme'],
  ])('%s is refused as %s', (text, reason) => {
    expect(readStoredPassword(text)).toBe(reason)
  })

  it('shows its scheme and nothing else', () => {
    const one = stored('$apr1$zz$nPtiSiJFVwLFJnkJT3POQ.')
    expect(inspect(one)).toBe('StoredPassword(apr1)')
    expect(JSON.stringify(one)).not.toContain('nPtiSiJF')
  })

  it('never makes reading it throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '$2y$', '$apr1$', '{SHA}'), (text, head) => {
        const read = readStoredPassword(head + text)
        expect(typeof read === 'string' || read instanceof StoredPassword).toBe(true)
      }),
    )
  })
})
