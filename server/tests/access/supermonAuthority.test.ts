/** Rights from a Supermon-NG that is asked over HTTP: who the visitor is, what he may, and that he is asked about while he watches. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../support/running.ts'
import { both, stranger, SupermonAuthorityStage, W5GLE } from '../support/supermonAuthorityStage.ts'
import { json } from '../support/supermonStandIn.ts'

let stage: SupermonAuthorityStage
beforeEach(async () => {
  stage = await SupermonAuthorityStage.open()
})
afterEach(() => stage.close())

describe('a visitor', () => {
  it('without cookie costs no request, and may watch what visitors may', async () => {
    for (const cookie of [undefined, '', 'other=1', 'supermon61=', 'supermon61=a b', 'supermon61="a\\b"', 'supermon61=é', `supermon61=${'x'.repeat(257)}`]) {
      const identity = await stage.who(cookie)
      expect(identity).toEqual({ user: null, session: null, permissions: new Set() })
      expect(stage.nodes(identity)).toEqual([])
      expect(stage.authority.csrfOk(identity, '')).toBe(false)
    }
    expect(stage.supermon.asked).toEqual([])
    stage.reopen({ anonymous: 'read' })
    expect(stage.nodes(await stage.who(undefined))).toEqual(['546051', '546055', '546056'])
    expect(stage.authority.canControl(await stage.who(undefined), '546051', 'connect')).toBe(false)
  })

  it('with a cookie that nobody signed in with costs one request, and gets no right whatever is granted to him', async () => {
    stage.supermon.answer = (_request, response) => {
      json(response, { success: true, data: { user: null, authenticated: false, permissions: { CONNECTUSER: true } } })
    }
    const identity = await stage.who(stranger(1))
    expect(identity.user).toBeNull()
    expect(identity.session?.user).toBeNull()
    expect(stage.authority.can(identity, 'CONNECTUSER')).toBe(false)
    expect(stage.authority.permissionTable(identity)['CONNECTUSER']).toBe(false)
    expect(stage.supermon.asked.map(({ path }) => path)).toEqual(['/api/v1/auth/me'])
  })
})

describe('somebody who signed in there', () => {
  it('has his name, permissions and nodes here', async () => {
    const identity = await stage.who(await stage.supermon.signIn('W5GLE'))
    expect(identity.user).toBe('W5GLE')
    expect([...identity.permissions]).toEqual(['PERMUSER', 'CONNECTUSER', 'RSTATUSER'])
    expect(stage.nodes(identity)).toEqual(['546051', '546055'])
    expect(stage.authority.canWatch(identity, '546056')).toBe(false)
    expect(stage.authority.canControl(identity, '546051', 'connect')).toBe(true)
    expect(stage.authority.canControl(identity, '546056', 'connect')).toBe(false)
    expect(stage.authority.canControl(identity, '546051', 'dtmf')).toBe(false)
    expect(stage.authority.canPermanent(identity)).toBe(true)
    expect(stage.authority.canSeePeers(identity, '546051')).toBe(true)
    expect(stage.authority.permissionTable(identity)).toMatchObject({ CONNECTUSER: true, MONUSER: false })
  })

  it('is told apart by his cookie alone: no other cookie or header goes there', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    stage.supermon.asked.length = 0
    const headers = { cookie: `before=1; ${cookie}; session=secret; supermon61=other`, authorization: 'Basic eDp4', 'x-forwarded-for': '192.0.2.7' }
    expect((await stage.authority.identify(headers)).user).toBe('W5GLE')
    expect(stage.supermon.asked).toHaveLength(2)
    for (const { headers: sent } of stage.supermon.asked) {
      expect(sent.cookie).toBe(cookie)
      expect(sent.connection).toBe('close')
      expect(Object.keys(sent).sort()).toEqual([
        'accept', 'accept-encoding', 'accept-language', 'connection', 'cookie', 'host', 'sec-fetch-mode', 'user-agent',
      ])
    }
  })

  it('is asked about once in 5 s, however many requests come, also at the same time', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    await Promise.all([stage.who(cookie), stage.who(cookie), stage.who(cookie)])
    stage.clock.advance(4_999)
    await stage.who(cookie)
    expect(stage.supermon.count('auth/me')).toBe(1)
    stage.clock.advance(1)
    await stage.who(cookie)
    expect(stage.supermon.count('auth/me')).toBe(2)
    stage.clock.jump(-3_600_000)
    await stage.who(cookie)
    expect(stage.supermon.count('auth/me')).toBe(2)
  })

  it.each([3_600_000, -3_600_000])('keeps his rights when the clock is set by %i ms', async (ms) => {
    const identity = await stage.who(await stage.supermon.signIn('W5GLE'))
    stage.clock.jump(ms)
    expect([stage.authority.userOf(identity), stage.authority.canControl(identity, '546051', 'connect')]).toEqual(['W5GLE', true])
  })

  it('is somebody else after somebody else signed in with the same cookie, and old identities have nothing of it', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    const before = await stage.who(cookie)
    stage.supermon.answer = both({ user: { name: 'WB6NIL' }, authenticated: true, permissions: { MONUSER: true } }, [{ id: 546055 }])
    stage.clock.advance(5_000)
    const after = await stage.who(cookie)
    expect(after.user).toBe('WB6NIL')
    expect(stage.authority.canControl(after, '546055', 'monitor')).toBe(true)
    expect(stage.authority.userOf(before)).toBeNull()
    expect(stage.authority.canControl(before, '546055', 'monitor')).toBe(false)
  })

  it('has a CSRF token of his own, which nobody can tell from the cookie or after a restart', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    const me = await stage.who(cookie)
    const other = await stage.who(await stage.supermon.signIn('WB6NIL'))
    const token = me.session!.csrf.reveal()
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    expect((await stage.who(cookie)).session!.csrf.reveal()).toBe(token)
    expect(stage.authority.csrfOk(me, token)).toBe(true)
    expect(stage.authority.csrfOk(other, token)).toBe(false)
    expect(stage.authority.csrfOk(me, '')).toBe(false)
    stage.reopen()
    expect(stage.authority.csrfOk(await stage.who(cookie), token)).toBe(false)
  })

  it('gets tickets for his nodes, and they are good for his session only', async () => {
    const me = await stage.who(await stage.supermon.signIn('W5GLE'))
    const other = await stage.who(await stage.supermon.signIn('WB6NIL'))
    expect(stage.authority.issueTicket(me, ['546056'])).toBeNull()
    const ticket = () => stage.authority.issueTicket(me, ['546051'])!.ticket.reveal()
    expect(stage.authority.redeemTicket(ticket(), other, '546051')).toEqual({ ok: false, code: 'other-session' })
    const mine = ticket()
    expect(stage.authority.redeemTicket(mine, me, '546051')).toMatchObject({ ok: true })
    expect(stage.authority.redeemTicket(mine, me, '546051')).toEqual({ ok: false, code: 'unknown' })
  })
})

describe('while he watches', () => {
  it('he is asked about again, and what changed there is told here within 5 s', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    const identity = await stage.who(cookie)
    stage.authority.touch(identity)
    stage.supermon.users.set('W5GLE', { ...W5GLE, nodes: ['546055'] })
    stage.clock.advance(4_000)
    await until(() => stage.changes.length === 1, 'told')
    expect(stage.changes).toEqual([{ kind: 'rights' }])
    expect(stage.nodes(identity)).toEqual(['546055'])
    await stage.supermon.signOut(cookie)
    stage.authority.touch(identity)
    stage.clock.advance(4_000)
    await until(() => stage.changes.length === 2, 'told again')
    expect(stage.changes[1]).toEqual({ kind: 'session-ended', session: identity.session!.id })
    expect(stage.authority.userOf(identity)).toBeNull()
    expect(stage.nodes(identity)).toEqual([])
  })

  it('an answer that says the same is told to nobody, and who left is not asked about', async () => {
    const identity = await stage.who(await stage.supermon.signIn('W5GLE'))
    stage.authority.touch(identity)
    for (let asked = 2; asked <= 4; asked += 1) {
      stage.clock.advance(4_000)
      // Answered: what is waited for is the next question, and no longer the deadline of this one.
      await until(() => stage.supermon.count('nodes') === asked && stage.clock.nextIn === 4_000, `asked ${asked} times`)
    }
    stage.clock.advance(4_000)
    expect(stage.clock.pending).toBe(0)
    expect(stage.supermon.count('auth/me')).toBe(4)
    expect(stage.changes).toEqual([])
  })

  it('a cookie that nobody signed in with is left alone', async () => {
    stage.authority.touch(await stage.who(stranger(1)))
    expect(stage.clock.pending).toBe(0)
  })
})

it('after its end nobody is asked about, and what is under way is given up without a word', async () => {
  const identity = await stage.who(await stage.supermon.signIn('W5GLE'))
  stage.authority.touch(identity)
  stage.supermon.answer = () => undefined
  const asked = stage.who(stranger(1))
  await until(() => stage.supermon.count('auth/me') === 2, 'asked')
  stage.authority.dispose()
  expect((await asked).user).toBeNull()
  expect(stage.clock.pending).toBe(0)
  stage.authority.touch(identity)
  expect(stage.clock.pending).toBe(0)
  expect(stage.log).toEqual([])
})
