import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Access } from '../../src/access/access.ts'
import type { AccessOptions } from '../../src/access/access.ts'
import type { AccessChange, Identity } from '../../src/access/authority.ts'
import { readText } from '../../src/access/readText.ts'
import { ManualClock } from '../support/manualClock.ts'

// openssl passwd -apr1: `password` and `x`.
const HASH = '$apr1$s4ltS4lt$qcy0mEws4sXZjwcpRZyg/1'
const OTHER_HASH = '$apr1$zz$nPtiSiJFVwLFJnkJT3POQ.'
const USERS = `ann:${HASH}\nbob:${HASH}\ncat:${HASH}\n`
const RIGHTS = `<?php $CONNECTUSER = array("ann", "bob"); $PERMUSER = array("ann"); $RSTATUSER = array("bob"); ?>`
const INIS = `<?php $ININAME['ann'] = "ann.ini"; $ININAME['cat'] = "gone.ini"; ?>`

let folder: string
let clock: ManualClock
let inis: Map<string, readonly string[] | Error>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'))
  clock = new ManualClock()
  inis = new Map([
    ['allmon.ini', ['2000', '2001']],
    ['ann.ini', ['2001', '2002']],
  ])
  await put('.htpasswd', USERS)
  await put('authusers.inc', RIGHTS)
  await put('authini.inc', INIS)
})
afterEach(() => rm(folder, { recursive: true }))

const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)

async function open(options: Partial<AccessOptions> = {}): Promise<Access> {
  const access = new Access({
    clock,
    base: '/supermon-ng',
    anonymous: 'read',
    paths: {
      htpasswd: join(folder, '.htpasswd'),
      authusers: join(folder, 'authusers.inc'),
      authini: join(folder, 'authini.inc'),
      generalIni: 'allmon.ini',
      unmappedIni: 'nolog.ini',
    },
    loadNodes: (file) => {
      const nodes = inis.get(file)
      if (nodes === undefined) return Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }))
      return nodes instanceof Error ? Promise.reject(nodes) : Promise.resolve(nodes)
    },
    ...options,
  })
  await access.reload()
  return access
}

async function signIn(access: Access, user: string, password = 'password'): Promise<{ who: Identity; cookie: string }> {
  const result = await access.login(user, password, '192.0.2.1')
  if (!result.ok) throw new Error(result.code)
  const cookie = access.cookie(result.token, true).split(';')[0]!
  return { who: access.identify({ cookie }), cookie }
}

const nodes = (access: Access, user: string | null): string[] => [...access.nodesFor(user)]
const nobody: Identity = { user: null, session: null, permissions: new Set() }

describe('signing in', () => {
  it('gives a cookie that tells who sends it', async () => {
    const access = await open()
    const { who } = await signIn(access, 'ann')
    expect(who.user).toBe('ann')
    expect([...who.permissions]).toEqual(['CONNECTUSER', 'PERMUSER'])
  })

  it('says the same for a wrong password and an unknown user', async () => {
    const access = await open()
    expect(await access.login('ann', 'wrong', '192.0.2.1')).toEqual({ ok: false, code: 'bad-credentials' })
    expect(await access.login('zoe', 'wrong', '192.0.2.2')).toEqual({ ok: false, code: 'bad-credentials' })
  })

  it('is slowed down, the right password included, and says for how long', async () => {
    const access = await open()
    for (let i = 0; i < 5; i += 1) await access.login('ann', 'wrong', `192.0.2.${i}`)
    const refused = { ok: false, code: 'too-many-attempts', retryAfterMs: 30_000 }
    expect(await access.login('ann', 'password', '192.0.2.9')).toEqual(refused)
    clock.advance(30_000)
    expect(await access.login('ann', 'password', '192.0.2.9')).toMatchObject({ ok: true })
  })

  it('counts attempts that run at the same time', async () => {
    const access = await open()
    const results = await Promise.all(Array.from({ length: 12 }, (_, i) => access.login('ann', 'wrong', `10.0.0.${i}`)))
    expect(results.filter((result) => !result.ok && result.code === 'bad-credentials')).toHaveLength(5)
  })

  it('turns attempts away when too many wait already, and does not count these', async () => {
    const access = await open()
    const attempts = Array.from({ length: 30 }, (_, i) => access.login(`user${i}`, 'wrong', `10.0.${i}.1`))
    const busy = (await Promise.all(attempts)).filter((result) => !result.ok && result.code === 'too-many-attempts')
    expect(busy).toHaveLength(14)
    for (let i = 0; i < 5; i += 1)
      expect(await access.login('user29', 'x', '10.0.29.1')).toMatchObject({ code: 'bad-credentials' })
  })

  it('ends the session from before, whose token somebody may have planted', async () => {
    const access = await open()
    const planted = access.ensureSession(nobody)
    const cookie = `supermon_live=${planted.token!.reveal()}`
    const visitor = access.identify({ cookie })
    expect(visitor.session).toBe(planted.session)
    await access.login('ann', 'password', '192.0.2.1', visitor.session)
    expect(access.identify({ cookie })).toEqual(nobody)
  })

  it('ends by signing out, which the viewers of that session are told', async () => {
    const access = await open()
    const { who, cookie } = await signIn(access, 'ann')
    const changes: AccessChange[] = []
    access.onChange((change) => changes.push(change))
    access.logout(who)
    expect(changes).toEqual([{ kind: 'session-ended', session: who.session!.id }])
    expect(access.identify({ cookie })).toEqual(nobody)
    expect(access.canControl(who, '2001', 'connect')).toBe(false)
  })

  it('ends for all sessions with the account, and with the old password', async () => {
    const access = await open()
    const ann = await signIn(access, 'ann')
    const bob = await signIn(access, 'bob')
    await put('.htpasswd', `ann:${OTHER_HASH}\n`)
    await access.reload()
    for (const { who, cookie } of [ann, bob]) {
      expect(access.identify({ cookie })).toEqual(nobody)
      expect(access.canControl(who, '2001', 'connect')).toBe(false)
    }
    expect((await signIn(access, 'ann', 'x')).who.user).toBe('ann')
  })

  it('is proved by the cookie alone', async () => {
    const access = await open()
    const headers = {
      'x-user': 'ann',
      'remote-user': 'ann',
      authorization: `Basic ${btoa('ann:password')}`,
      cookie: 'supermon_live=ann',
    }
    expect(access.identify(headers)).toEqual(nobody)
  })

  it('finds the living one among several cookies of the name', async () => {
    const access = await open()
    const { cookie } = await signIn(access, 'ann')
    expect(access.identify({ cookie: `supermon_live=${'0'.repeat(64)}; ${cookie}` }).user).toBe('ann')
  })

  it('renews the cookie of a living session and no other', async () => {
    const access = await open()
    const { who, cookie } = await signIn(access, 'ann')
    expect(access.renewedCookie({ cookie }, who, true)).toBe(
      `${cookie}; Path=/supermon-ng; Max-Age=86400; HttpOnly; SameSite=Lax; Secure`,
    )
    expect(access.renewedCookie({ cookie }, nobody, true)).toBeNull()
    expect(access.noCookie(false)).toBe('supermon_live=; Path=/supermon-ng; Max-Age=0; HttpOnly; SameSite=Lax')
  })

  it('leaves nothing secret in what may be logged', async () => {
    const access = await open()
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
      clock,
      base: '',
      anonymous: 'read',
      loadNodes: () => Promise.resolve(['2000']),
      paths: { htpasswd: '/x', authusers: '/x', authini: '/x', generalIni: 'allmon.ini', unmappedIni: 'nolog.ini' },
    })
    expect(access.canWatch(nobody, '2000')).toBe(false)
  })

  it('depends on the user and on whose node it is', async () => {
    const access = await open()
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
    const access = await open()
    const made = { user: 'ann', session: null, permissions: new Set(['CONNECTUSER']) }
    expect(access.canControl(made, '2001', 'connect')).toBe(false)
    expect(access.canWatch(made, '2002')).toBe(false)
  })

  it('shows a visitor the general nodes, or nothing where visitors are not wanted', async () => {
    expect(nodes(await open(), null)).toEqual(['2000', '2001'])
    const closed = await open({ anonymous: 'none' })
    expect(nodes(closed, null)).toEqual([])
    expect(nodes(closed, 'bob')).toEqual(['2000', '2001'])
  })

  it('shows users their own nodes, others those of nolog.ini if there is one, else the general ones', async () => {
    const access = await open()
    expect(nodes(access, 'ann')).toEqual(['2001', '2002'])
    expect(nodes(access, 'bob')).toEqual(['2000', '2001'])
    inis.set('nolog.ini', ['2009'])
    expect((await access.reload()).changed).toBe(true)
    expect(nodes(access, 'bob')).toEqual(['2009'])
    expect(nodes(access, null)).toEqual(['2000', '2001'])
  })

  it('gives a user whose own file is missing nothing, and says so', async () => {
    const access = await open()
    expect(nodes(access, 'cat')).toEqual([])
    expect((await access.reload()).warnings).toEqual([expect.stringMatching(/^gone\.ini: there is no such file/)])
  })

  it('keeps CSRF tokens to their sessions', async () => {
    const access = await open()
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
    const access = await open()
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

describe('missing files', () => {
  it('let nobody sign in, and say so once', async () => {
    await rm(join(folder, '.htpasswd'))
    const access = await open()
    expect(await access.login('ann', 'password', '192.0.2.1')).toEqual({ ok: false, code: 'bad-credentials' })
    const { warnings, news } = await access.reload()
    expect(warnings).toContainEqual(expect.stringMatching(/\.htpasswd: there is no such file; nobody can sign in/))
    expect(news).toEqual([])
  })

  it('let nobody control anything', async () => {
    await rm(join(folder, 'authusers.inc'))
    const access = await open()
    const { who } = await signIn(access, 'ann')
    expect(who.permissions.size).toBe(0)
    expect(access.canControl(who, '2001', 'connect')).toBe(false)
    expect(access.canWatch(who, '2001')).toBe(true)
  })

  it('take rights away when they vanish, and give none', async () => {
    const access = await open()
    const { who } = await signIn(access, 'ann')
    await rm(join(folder, 'authini.inc'))
    inis.delete('ann.ini')
    await access.reload()
    expect(nodes(access, 'ann')).toEqual(['2001', '2002'])
    expect(access.canControl(who, '2001', 'connect')).toBe(true)
    await rm(join(folder, 'authusers.inc'))
    await access.reload()
    expect(access.canControl(who, '2001', 'connect')).toBe(false)
  })

  it('of nolog.ini at run time does not widen what users see', async () => {
    inis.set('nolog.ini', ['2009'])
    const access = await open()
    inis.delete('nolog.ini')
    const { warnings } = await access.reload()
    expect(nodes(access, 'bob')).toEqual(['2009'])
    expect(warnings.join()).toMatch(/nolog\.ini: .*until then the nodes it named before count/)
  })
})

describe('reloading', () => {
  it('takes up changes, and tells the viewers only of changes', async () => {
    const access = await open()
    const { who } = await signIn(access, 'bob')
    const changes: AccessChange[] = []
    const off = access.onChange((change) => changes.push(change))
    expect((await access.reload()).changed).toBe(false)
    expect(changes).toEqual([])
    await put('authusers.inc', '<?php $DTMFUSER = array("bob");')
    expect((await access.reload()).changed).toBe(true)
    expect(changes).toEqual([{ kind: 'rights' }])
    expect(access.canControl(who, '2000', 'connect')).toBe(false)
    expect(access.canControl(who, '2000', 'dtmf')).toBe(true)
    off()
    inis.set('allmon.ini', ['2000'])
    await access.reload()
    expect(changes).toHaveLength(1)
    expect(access.canWatch(who, '2001')).toBe(false)
  })

  it.each([
    ['authusers.inc', '<?php $CONNECTUSER = array("bob", "a'],
    ['authini.inc', "<?php if ($x) { $ININAME['ann'] = 'allmon.ini'; }"],
    ['.htpasswd', '<html>'],
  ])('keeps what %s said when the new content is broken, and warns', async (name, text) => {
    const access = await open()
    const { who } = await signIn(access, 'ann')
    await put(name, text)
    const { changed, news } = await access.reload()
    expect(changed).toBe(false)
    expect(news).toContainEqual(expect.stringMatching(/the file is broken; correct it; until then what it said before/))
    expect(access.canControl(who, '2001', 'connect')).toBe(true)
    expect(access.canControl(who, '2000', 'connect')).toBe(false)
  })

  it.each([
    ['authusers.inc', '<?php $CONNECTUSER = array("ann", "a'],
    ['authini.inc', "<?php if ($x) { $ININAME['ann'] = 'allmon.ini'; }"],
  ])('with %s broken from the start grants nothing', async (name, text) => {
    await put(name, text)
    const access = await open()
    const { who } = await signIn(access, 'ann')
    for (const node of ['2000', '2001', '2002']) expect(access.canControl(who, node, 'connect')).toBe(false)
  })

  it('keeps the nodes of a broken ini file', async () => {
    const access = await open()
    inis.set('ann.ini', new Error('passwd=hunter2'))
    const { changed, news } = await access.reload()
    expect(changed).toBe(false)
    expect(nodes(access, 'ann')).toEqual(['2001', '2002'])
    expect(news.join()).toMatch(/ann\.ini: it cannot be read/)
    expect(news.join()).not.toContain('hunter2')
  })

  it('shares one reading among calls that overlap', async () => {
    let reads = 0
    const access = await open({
      read: (path, known) => {
        reads += 1
        return readText(path, known)
      },
    })
    await Promise.all([access.reload(), access.reload(), access.reload()])
    expect(reads).toBe(6)
  })
})

describe('looking at files that somebody writes', () => {
  it.each(['', `bob:${HASH}\n`, null])('signs nobody out over a .htpasswd that holds %j for a moment', async (half) => {
    const access = await open()
    const { who } = await signIn(access, 'ann')
    const changes: AccessChange[] = []
    access.onChange((change) => changes.push(change))
    if (half === null) await rm(join(folder, '.htpasswd'))
    else await put('.htpasswd', half)
    expect((await access.look()).changed).toBe(false)
    expect(access.userOf(who)).toBe('ann')
    await put('.htpasswd', `${USERS}dan:${HASH}\n`)
    expect((await access.look()).changed).toBe(false)
    expect((await access.look()).changed).toBe(true)
    expect(access.userOf(who)).toBe('ann')
    expect(changes).toHaveLength(1)
    expect(await access.login('dan', 'password', '192.0.2.1')).toMatchObject({ ok: true })
  })

  it('takes over what stays, also when it is nothing', async () => {
    const access = await open()
    const { who } = await signIn(access, 'ann')
    await put('.htpasswd', '')
    await access.look()
    expect((await access.look()).changed).toBe(true)
    expect(access.userOf(who)).toBeNull()
    expect((await access.look()).changed).toBe(false)
  })

  it('keeps to the nodes of an ini file until two looks agree on others', async () => {
    const access = await open()
    inis.set('ann.ini', ['2001'])
    await access.look()
    inis.set('ann.ini', ['2001', '2003'])
    await access.look()
    expect(nodes(access, 'ann')).toEqual(['2001', '2002'])
    await access.look()
    expect(nodes(access, 'ann')).toEqual(['2001', '2003'])
  })

  it('reads at once when asked to, also while it looks', async () => {
    const access = await open()
    await put('authusers.inc', '<?php $DTMFUSER = array("bob");')
    const [looked, read] = await Promise.all([access.look(), access.reload()])
    expect([looked.changed, read.changed]).toEqual([false, true])
  })
})

describe('reading a file', () => {
  it('reads it once per change', async () => {
    const path = join(folder, '.htpasswd')
    const first = await readText(path, null)
    if (first.kind !== 'text') throw new Error(first.kind)
    expect(first.text).toBe(USERS)
    expect(await readText(path, first.stamp)).toEqual({ kind: 'same' })
    await writeFile(path, USERS.replace('ann', 'eva'))
    expect((await stat(path)).size).toBe(USERS.length)
    expect(await readText(path, first.stamp)).toMatchObject({ kind: 'text' })
  })

  it('tells missing from unreadable', async () => {
    expect(await readText(join(folder, 'none'), null)).toEqual({ kind: 'missing' })
    expect(await readText(join(folder, '.htpasswd', 'none'), null)).toEqual({ kind: 'missing' })
    expect(await readText(folder, null)).toMatchObject({ kind: 'unreadable' })
    await writeFile(join(folder, 'large'), Buffer.alloc(1024 * 1024 + 1))
    expect(await readText(join(folder, 'large'), null)).toMatchObject({ kind: 'unreadable', reason: /larger/ })
  })
})
