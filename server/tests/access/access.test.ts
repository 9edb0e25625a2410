/** The gateway's own accounts: signing in and out, and who may what. */
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Access } from '../../src/access/access.ts'
import type { AccessChange } from '../../src/access/authority.ts'
import { AccessStage, HASH, nobody, nodesFor, OTHER_HASH, signIn } from '../support/accessStage.ts'

let stage: AccessStage
beforeEach(async () => {
  stage = await AccessStage.open()
})
afterEach(() => stage.close())

describe('signing in', () => {
  it('gives a cookie that tells who sends it', async () => {
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    expect(who.user).toBe('ann')
    expect([...who.permissions]).toEqual(['CONNECTUSER', 'PERMUSER'])
  })

  it('says the same for a wrong password and an unknown user', async () => {
    const access = await stage.access()
    expect(await access.login('ann', 'wrong', '192.0.2.1')).toEqual({ ok: false, code: 'bad-credentials' })
    expect(await access.login('zoe', 'wrong', '192.0.2.2')).toEqual({ ok: false, code: 'bad-credentials' })
  })

  it('is slowed down, the right password included, and says for how long', async () => {
    const access = await stage.access()
    for (let i = 0; i < 5; i += 1) await access.login('ann', 'wrong', `192.0.2.${i}`)
    const refused = { ok: false, code: 'too-many-attempts', retryAfterMs: 30_000 }
    expect(await access.login('ann', 'password', '192.0.2.9')).toEqual(refused)
    stage.clock.advance(30_000)
    expect(await access.login('ann', 'password', '192.0.2.9')).toMatchObject({ ok: true })
  })

  it('counts attempts that run at the same time', async () => {
    const access = await stage.access()
    const results = await Promise.all(Array.from({ length: 12 }, (_, i) => access.login('ann', 'wrong', `10.0.0.${i}`)))
    expect(results.filter((result) => !result.ok && result.code === 'bad-credentials')).toHaveLength(5)
  })

  it('turns attempts away when too many wait already, and does not count these', async () => {
    const access = await stage.access()
    const attempts = Array.from({ length: 30 }, (_, i) => access.login(`user${i}`, 'wrong', `10.0.${i}.1`))
    const busy = (await Promise.all(attempts)).filter((result) => !result.ok && result.code === 'too-many-attempts')
    expect(busy).toHaveLength(14)
    for (let i = 0; i < 5; i += 1)
      expect(await access.login('user29', 'x', '10.0.29.1')).toMatchObject({ code: 'bad-credentials' })
  })

  it('ends the session from before, whose token somebody may have planted', async () => {
    const access = await stage.access()
    const planted = access.ensureSession(nobody)
    const cookie = `supermon_live=${planted.token!.reveal()}`
    const visitor = access.identify({ cookie })
    expect(visitor.session).toBe(planted.session)
    await access.login('ann', 'password', '192.0.2.1', { cookie })
    expect(access.identify({ cookie })).toEqual(nobody)
  })

  it('ends by signing out, which the viewers of that session are told', async () => {
    const access = await stage.access()
    const { who, cookie } = await signIn(access, 'ann')
    const changes: AccessChange[] = []
    access.onChange((change) => changes.push(change))
    access.logout({ cookie })
    expect(changes).toEqual([{ kind: 'session-ended', session: who.session!.id }])
    expect(access.identify({ cookie })).toEqual(nobody)
    expect(access.canControl(who, '2001', 'connect')).toBe(false)
  })

  it('ends for all sessions with the account, and with the old password', async () => {
    const access = await stage.access()
    const ann = await signIn(access, 'ann')
    const bob = await signIn(access, 'bob')
    await stage.put('.htpasswd', `ann:${OTHER_HASH}\n`)
    await access.reload()
    for (const { who, cookie } of [ann, bob]) {
      expect(access.identify({ cookie })).toEqual(nobody)
      expect(access.canControl(who, '2001', 'connect')).toBe(false)
    }
    expect((await signIn(access, 'ann', 'x')).who.user).toBe('ann')
  })

  it('is proved by the cookie alone', async () => {
    const access = await stage.access()
    const headers = {
      'x-user': 'ann',
      'remote-user': 'ann',
      authorization: `Basic ${btoa('ann:password')}`,
      cookie: 'supermon_live=ann',
    }
    expect(access.identify(headers)).toEqual(nobody)
  })

  it('finds the living one among several cookies of the name', async () => {
    const access = await stage.access()
    const { cookie } = await signIn(access, 'ann')
    expect(access.identify({ cookie: `supermon_live=${'0'.repeat(64)}; ${cookie}` }).user).toBe('ann')
  })

  it('is kept by host and port, as two gateways of one host would overwrite each other\'s, and found by whatever port', async () => {
    const access = await stage.access()
    const { session, token } = access.ensureSession(nobody)
    const visitor = access.cookie(token!, { secure: false, hosts: ['127.0.0.1:8105', 'club.example:8081'] }).split(';')[0]!
    expect(visitor).toMatch(/^supermon_live_8081=/)
    expect(access.noCookie({ secure: false, hosts: ['club.example:8081'] })).toMatch(/^supermon_live_8081=; .*Max-Age=0/)
    expect(access.identify({ cookie: visitor }).session).toBe(session)
    // By two ports at once, and signed in at one of them.
    const { cookie } = await signIn(access, 'ann')
    for (const both of [`${visitor}; ${cookie}`, `${cookie}; ${visitor}`]) expect(access.identify({ cookie: both }).user).toBe('ann')
  })

  it('is, of several that somebody signed in with, that of the port he comes by, in whatever order browsers send them', async () => {
    const access = await stage.access()
    const plain = (await signIn(access, 'ann')).cookie
    const other = (await signIn(access, 'bob')).cookie.replace('=', '_8106=')
    for (const cookie of [`${plain}; ${other}`, `${other}; ${plain}`]) {
      const by = (host: string, forwarded?: string) => access.identify({ cookie, host, 'x-forwarded-host': forwarded }).user
      expect([by('club.example'), by('club.example:443'), by('club.example:8106')]).toEqual(['ann', 'ann', 'bob'])
      // Behind a web server, which says what the browser named.
      expect([by('127.0.0.1:8105', 'club.example'), by('127.0.0.1:8105', 'inner.example, club.example:8106')]).toEqual(['ann', 'bob'])
    }
    const [visitor] = access.cookie(access.ensureSession(nobody).token!, { secure: false, hosts: ['club.example:8106'] }).split(';')
    expect(access.identify({ cookie: `${visitor}; ${plain}`, host: 'club.example:8106' }).user).toBe('ann')
  })

  it('ends with all others of that browser, by whatever port: signed out is signed out, and signed in is who signed in last', async () => {
    const access = await stage.access()
    const byPort = async (user: string, port: number) => (await signIn(access, user)).cookie.replace('=', `_${port}=`)
    const cookie = `${await byPort('ann', 8105)}; ${await byPort('bob', 8106)}`
    const result = await access.login('bob', 'password', '192.0.2.1', { cookie })
    expect([result.ok, access.identify({ cookie })]).toEqual([true, nobody])
    const both = `${await byPort('ann', 8105)}; ${await byPort('bob', 8106)}`
    access.logout({ cookie: both })
    expect(access.identify({ cookie: both })).toEqual(nobody)
  })

  it('stays with the browser for the 30 days that a session can live, and counts for nothing after a day without use', async () => {
    const access = await stage.access()
    const result = await access.login('ann', 'password', '192.0.2.1')
    if (!result.ok) throw new Error(result.code)
    const cookie = `supermon_live=${result.token.reveal()}`
    expect(access.cookie(result.token, { secure: true, hosts: ['club.example'] })).toBe(`${cookie}; Path=/supermon-ng; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure`)
    stage.clock.advance(86_400_000)
    expect(access.identify({ cookie })).toEqual(nobody)
    expect(access.noCookie({ secure: false, hosts: [] })).toBe('supermon_live=; Path=/supermon-ng; Max-Age=0; HttpOnly; SameSite=Lax')
  })

  it('leaves nothing secret in what may be logged', async () => {
    const access = await stage.access()
    const result = await access.login('ann', 'password', '192.0.2.1')
    if (!result.ok) throw new Error(result.code)
    const shown = inspect([result, access], { depth: 12, showHidden: true }) + JSON.stringify(result)
    for (const secret of [result.token.reveal(), result.session.csrf.reveal(), HASH])
      expect(shown).not.toContain(secret)
  })
})

describe('who may what', () => {
  it('is nothing before the files were read', () => {
    const access = new Access({
      clock: stage.clock,
      base: '',
      anonymous: 'read',
      loadNodes: () => Promise.resolve(['2000']),
      paths: { htpasswd: '/x', authusers: '/x', authini: '/x', generalIni: 'allmon.ini', unmappedIni: 'nolog.ini' },
    })
    expect(access.canWatch(nobody, '2000')).toBe(false)
  })

  it('depends on the user and on whose node it is', async () => {
    const access = await stage.access()
    const { who: ann } = await signIn(access, 'ann')
    const { who: bob } = await signIn(access, 'bob')
    expect(access.canControl(ann, '2001', 'connect')).toBe(true)
    expect(access.canControl(ann, '2000', 'connect')).toBe(false)
    expect(access.canControl(ann, '2001', 'disconnect')).toBe(false)
    expect(access.canControl(bob, '2000', 'connect')).toBe(true)
    expect(access.canControl(nobody, '2000', 'connect')).toBe(false)
    expect([access.canPermanent(ann), access.canPermanent(bob)]).toEqual([true, false])
    expect([access.can(ann, 'RSTATUSER'), access.can(bob, 'RSTATUSER')]).toEqual([false, true])
    expect(access.permissionTable(ann)).toMatchObject({ CONNECTUSER: true, PERMUSER: true, DTMFUSER: false })
    expect(Object.values(access.permissionTable(nobody))).not.toContain(true)
  })

  it('does not come from an identity that somebody made up', async () => {
    const access = await stage.access()
    const made = { user: 'ann', session: null, permissions: new Set(['CONNECTUSER']) }
    expect(access.canControl(made, '2001', 'connect')).toBe(false)
    expect(access.canWatch(made, '2002')).toBe(false)
  })

  it('shows a visitor the general nodes, or nothing where visitors are not wanted', async () => {
    expect(nodesFor(await stage.access(), null)).toEqual(['2000', '2001'])
    const closed = await stage.access({ anonymous: 'none' })
    expect(nodesFor(closed, null)).toEqual([])
    expect(nodesFor(closed, 'bob')).toEqual(['2000', '2001'])
  })

  it('shows users their own nodes, others those of nolog.ini if there is one, else the general ones', async () => {
    const access = await stage.access()
    expect(nodesFor(access, 'ann')).toEqual(['2001', '2002'])
    expect(nodesFor(access, 'bob')).toEqual(['2000', '2001'])
    stage.inis.set('nolog.ini', ['2009'])
    expect((await access.reload()).changed).toBe(true)
    expect(nodesFor(access, 'bob')).toEqual(['2009'])
    expect(nodesFor(access, null)).toEqual(['2000', '2001'])
  })

  it('gives a user whose own file is missing nothing, and says so', async () => {
    const access = await stage.access()
    expect(nodesFor(access, 'cat')).toEqual([])
    expect((await access.reload()).warnings).toEqual([expect.stringMatching(/^gone\.ini: there is no such file/)])
  })

  it('keeps CSRF tokens to their sessions', async () => {
    const access = await stage.access()
    const { who: ann } = await signIn(access, 'ann')
    const { who: bob } = await signIn(access, 'bob')
    const token = access.ensureSession(ann).session.csrf.reveal()
    expect(access.ensureSession(ann).token).toBeNull()
    expect(access.csrfOk(ann, token)).toBe(true)
    expect(access.csrfOk(bob, token)).toBe(false)
    expect(access.csrfOk(nobody, token)).toBe(false)
    expect(access.csrfOk(nobody, undefined)).toBe(false)
  })

  it('gives tickets for nodes one may watch', async () => {
    const access = await stage.access()
    const { who } = await signIn(access, 'ann')
    expect(access.issueTicket(who, ['2002', '2000'])).toBeNull()
    expect(access.issueTicket(nobody, ['2002'])).toBeNull()
    const issued = access.issueTicket(who, ['2002'])!
    expect(issued.expiresInMs).toBe(30_000)
    expect(access.redeemTicket(issued.ticket.reveal(), nobody, '2002')).toMatchObject({ code: 'other-session' })
    const again = access.issueTicket(who, 'all')!
    expect(access.redeemTicket(again.ticket.reveal(), who, '2002')).toEqual({ ok: true, scope: 'all' })
  })
})
