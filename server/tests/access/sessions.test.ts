import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cookieNameAt, cookieValues, cookieValuesOfAnyPort, serialiseCookie } from '../../src/access/cookies.ts'
import { csrfMatches } from '../../src/access/csrf.ts'
import { safeEqual } from '../../src/access/safeEqual.ts'
import { Sessions } from '../../src/access/sessions.ts'
import type { SessionOptions } from '../../src/access/sessions.ts'
import { ManualClock } from '../support/manualClock.ts'

const HOUR = 3_600_000

function sessions(options: Partial<SessionOptions> = {}) {
  const clock = new ManualClock()
  return { clock, sessions: new Sessions({ clock, ...options }) }
}

describe('a session', () => {
  it('is found by its token and holds nothing that leads back to it', () => {
    const { sessions: all } = sessions()
    const { session, token } = all.create('ann', 'v1')
    expect(token.reveal()).toMatch(/^[0-9a-f]{64}$/)
    expect(session.csrf.reveal()).toMatch(/^[0-9a-f]{64}$/)
    expect(all.byToken(token.reveal())).toBe(session)
    expect(all.byToken(session.id)).toBeNull()
    expect(all.byToken('')).toBeNull()
    for (const shown of [inspect(session), JSON.stringify(session)]) {
      expect(shown).not.toContain(token.reveal())
      expect(shown).not.toContain(session.csrf.reveal())
    }
  })

  it('ends 24 h after the last use, without a timer', () => {
    const { clock, sessions: all } = sessions()
    const token = all.create('ann').token.reveal()
    for (let i = 0; i < 3; i += 1) {
      clock.advance(24 * HOUR - 1)
      expect(all.byToken(token)).not.toBeNull()
    }
    clock.advance(24 * HOUR)
    expect(all.byToken(token)).toBeNull()
    expect(all.size).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('is not kept alive by being looked at, and not for ever by being used', () => {
    const { clock, sessions: all } = sessions({ lifeMs: 60 * HOUR })
    const looked = all.create('ann').session.id
    const used = all.create('ann').session.id
    for (let h = 1; h < 60; h += 1) {
      clock.advance(HOUR)
      all.byId(looked)
      expect(all.touch(used)).not.toBeNull()
    }
    expect(all.byId(looked)).toBeNull()
    clock.advance(HOUR)
    expect(all.touch(used)).toBeNull()
  })

  it.each([400, -400])('lives as long as ever when the clock is set by %i days, as a Pi\'s is some time after its start', (days) => {
    const { clock, sessions: all } = sessions()
    const token = all.create('ann').token.reveal()
    clock.jump(days * 24 * HOUR)
    clock.advance(24 * HOUR - 1)
    expect(all.byToken(token)).not.toBeNull()
    clock.jump(-days * 24 * HOUR)
    clock.advance(24 * HOUR)
    expect(all.byToken(token)).toBeNull()
  })

  it('gives way when there are too many: the one idle longest first', () => {
    const { clock, sessions: all } = sessions({ maxSignedIn: 3 })
    const ids = ['a', 'b', 'c'].map((user) => all.create(user).session.id)
    clock.advance(1)
    all.touch(ids[0]!)
    all.create('d')
    expect(ids.map((id) => all.byId(id)?.user ?? null)).toEqual(['a', null, 'c'])
    expect(all.size).toBe(3)
  })

  it('of a user is never pushed out by visitors or by another user', () => {
    const { sessions: all } = sessions({ maxVisitors: 5, maxPerUser: 2 })
    const ann = all.create('ann').session.id
    const bobs = Array.from({ length: 4 }, () => all.create('bob').session.id)
    for (let i = 0; i < 100; i += 1) all.create(null)
    expect(all.byId(ann)).not.toBeNull()
    expect(bobs.map((id) => all.byId(id) !== null)).toEqual([false, false, true, true])
    expect(all.size).toBe(1 + 2 + 5)
  })
})

describe('a CSRF token', () => {
  it('matches itself and nothing else', () => {
    const { sessions: all } = sessions()
    const { csrf } = all.create(null).session
    const text = csrf.reveal()
    expect(csrfMatches(csrf, text)).toBe(true)
    for (const wrong of [undefined, '', text.slice(1), text.slice(0, -1), `${text}0`, ` ${text}`, '0'.repeat(64)]) {
      expect(csrfMatches(csrf, wrong)).toBe(false)
    }
  })

  it('is compared by a comparison that agrees with ===', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(safeEqual(a, b)).toBe(a === b)
        expect(safeEqual(a, a)).toBe(true)
      }),
    )
  })
})

describe('cookies', () => {
  const options = { name: 'supermon_live', base: '/supermon-ng', secure: true, maxAgeMs: 24 * HOUR }

  it('cannot be read by scripts, sent by other sites or seen outside the base path', () => {
    expect(serialiseCookie('ab12', options)).toBe(
      'supermon_live=ab12; Path=/supermon-ng; Max-Age=86400; HttpOnly; SameSite=Lax; Secure',
    )
    expect(serialiseCookie('', { ...options, base: '', secure: false, maxAgeMs: 0 })).toBe(
      'supermon_live=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    )
  })

  it('take no character that would end them', () => {
    for (const bad of ['a;b', 'a b', 'a\r\nSet-Cookie: x=y', 'ü']) {
      expect(() => serialiseCookie(bad, options)).toThrow(TypeError)
      expect(() => serialiseCookie('', { ...options, name: bad })).toThrow(TypeError)
      expect(() => serialiseCookie('', { ...options, base: `/${bad}` })).toThrow(TypeError)
    }
  })

  it('are found by their exact name, several of them too, a few at most', () => {
    const find = (header: string | undefined) => cookieValues(header, 'sid')
    expect(find('a=1; sid=2; b=3')).toEqual(['2'])
    expect(find('sid=1;sid="2" ;  sid = 3')).toEqual(['1', '2', '3'])
    expect(find('xsid=1; sidx=2; SID=3; sid; =sid')).toEqual([])
    expect(find('sid=a=b')).toEqual(['a=b'])
    expect(find(undefined)).toEqual([])
    expect(find(Array.from({ length: 50 }, () => 'sid=1').join(';'))).toHaveLength(4)
  })

  it('are found for whatever port they were given at, and no more than gateways can share a host', () => {
    const find = (header: string) => cookieValuesOfAnyPort(header, 'sid', [])
    expect(find('sid_8081=1; sid=2; sid_8080=3')).toEqual(['1', '2', '3'])
    expect(find('sid_=1; sid_x=2; sid_80810000=3; sid_1_2=4; sid8081=5; xsid_8081=6')).toEqual([])
    expect(find(Array.from({ length: 50 }, (_, i) => `sid_${i}=${i}`).join(';'))).toHaveLength(20)
  })

  it('are named by the port that a browser names, if it names one', () => {
    const name = (host: string | undefined) => cookieNameAt('sid', host)
    expect(['club.example:8081', '[::1]:8105', '192.0.2.1:65535'].map(name)).toEqual(['sid_8081', 'sid_8105', 'sid_65535'])
    expect(['club.example', 'club.example:443', 'club.example:80', '[2001:db8::8081]', 'club.example:x', 'a:123456', undefined].map(name)).toEqual(Array(7).fill('sid'))
  })

  it('never make reading the header throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        expect(cookieValues(`${header};sid=1`, 'sid').length).toBeLessThanOrEqual(4)
      }),
    )
  })
})
