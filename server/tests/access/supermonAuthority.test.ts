/** Rights from a Supermon-NG that is asked over HTTP: a stand-in of it on loopback, and time that the test moves. */
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AccessChange, Identity } from '../../src/access/authority.ts'
import { SupermonAuthority } from '../../src/access/supermonAuthority.ts'
import type { SupermonAuthorityOptions } from '../../src/access/supermonAuthority.ts'
import { ManualClock } from '../support/manualClock.ts'
import { until } from '../support/running.ts'
import { json, startSupermon } from '../support/supermonStandIn.ts'
import type { Answer, SupermonStandIn } from '../support/supermonStandIn.ts'

const W5GLE = { permissions: ['CONNECTUSER', 'PERMUSER', 'RSTATUSER'], nodes: [546051, '546055'] }
const WB6NIL = { permissions: ['MONUSER'], nodes: ['546055'] }

let clock: ManualClock
let supermon: SupermonStandIn
let authority: SupermonAuthority
let log: string[]
let fields: object[]
let changes: AccessChange[]

beforeEach(async () => {
  clock = new ManualClock()
  supermon = await startSupermon({ W5GLE, WB6NIL })
  authority = open()
})
afterEach(async () => {
  authority.dispose()
  await supermon.stop()
})

function open(options: Partial<SupermonAuthorityOptions> = {}): SupermonAuthority {
  log = []
  fields = []
  changes = []
  const opened = new SupermonAuthority({
    url: supermon.url,
    clock,
    fetch,
    anonymous: 'none',
    nodes: () => new Set(['546051', '546055', '546056']),
    log: {
      info: (more, message) => { fields.push(more); log.push(message) },
      warn: (more, message) => { fields.push(more); log.push(message) },
    },
    ...options,
  })
  opened.onChange((change) => changes.push(change))
  return opened
}

const who = (cookie: string | undefined): Promise<Identity> => authority.identify({ cookie })
const nodes = (identity: Identity): string[] => [...authority.nodesOf(identity)]
/** The cookie of the n-th stranger. */
const stranger = (n: number) => `supermon61=stranger${n}`

describe('a visitor', () => {
  it('without cookie costs no request, and may watch what visitors may', async () => {
    for (const cookie of [undefined, '', 'other=1', 'supermon61=', 'supermon61=a b', 'supermon61="a\\b"', 'supermon61=é', `supermon61=${'x'.repeat(257)}`]) {
      const identity = await who(cookie)
      expect(identity).toEqual({ user: null, session: null, permissions: new Set() })
      expect(nodes(identity)).toEqual([])
      expect(authority.csrfOk(identity, '')).toBe(false)
    }
    expect(supermon.asked).toEqual([])
    authority.dispose()
    authority = open({ anonymous: 'read' })
    expect(nodes(await who(undefined))).toEqual(['546051', '546055', '546056'])
    expect(authority.canControl(await who(undefined), '546051', 'connect')).toBe(false)
  })

  it('with a cookie that nobody signed in with costs one request, and gets no right whatever is granted to him', async () => {
    supermon.answer = (_request, response) => {
      json(response, { success: true, data: { user: null, authenticated: false, permissions: { CONNECTUSER: true } } })
    }
    const identity = await who(stranger(1))
    expect(identity.user).toBeNull()
    expect(identity.session?.user).toBeNull()
    expect(authority.can(identity, 'CONNECTUSER')).toBe(false)
    expect(authority.permissionTable(identity)['CONNECTUSER']).toBe(false)
    expect(supermon.asked.map(({ path }) => path)).toEqual(['/api/v1/auth/me'])
  })
})

describe('somebody who signed in there', () => {
  it('has his name, permissions and nodes here', async () => {
    const identity = await who(await supermon.signIn('W5GLE'))
    expect(identity.user).toBe('W5GLE')
    expect([...identity.permissions]).toEqual(['PERMUSER', 'CONNECTUSER', 'RSTATUSER'])
    expect(nodes(identity)).toEqual(['546051', '546055'])
    expect(authority.canWatch(identity, '546056')).toBe(false)
    expect(authority.canControl(identity, '546051', 'connect')).toBe(true)
    expect(authority.canControl(identity, '546056', 'connect')).toBe(false)
    expect(authority.canControl(identity, '546051', 'dtmf')).toBe(false)
    expect(authority.canPermanent(identity)).toBe(true)
    expect(authority.canSeePeers(identity, '546051')).toBe(true)
    expect(authority.permissionTable(identity)).toMatchObject({ CONNECTUSER: true, MONUSER: false })
  })

  it('is told apart by his cookie alone: no other cookie or header goes there', async () => {
    const cookie = await supermon.signIn('W5GLE')
    supermon.asked.length = 0
    const headers = { cookie: `before=1; ${cookie}; session=secret; supermon61=other`, authorization: 'Basic eDp4', 'x-forwarded-for': '192.0.2.7' }
    expect((await authority.identify(headers)).user).toBe('W5GLE')
    expect(supermon.asked).toHaveLength(2)
    for (const { headers: sent } of supermon.asked) {
      expect(sent.cookie).toBe(cookie)
      expect(sent.connection).toBe('close')
      expect(Object.keys(sent).sort()).toEqual([
        'accept', 'accept-encoding', 'accept-language', 'connection', 'cookie', 'host', 'sec-fetch-mode', 'user-agent',
      ])
    }
  })

  it('is asked about once in 5 s, however many requests come, also at the same time', async () => {
    const cookie = await supermon.signIn('W5GLE')
    await Promise.all([who(cookie), who(cookie), who(cookie)])
    clock.advance(4_999)
    await who(cookie)
    expect(supermon.count('auth/me')).toBe(1)
    clock.advance(1)
    await who(cookie)
    expect(supermon.count('auth/me')).toBe(2)
    clock.jump(-3_600_000)
    await who(cookie)
    expect(supermon.count('auth/me')).toBe(3)
  })

  it('is somebody else after somebody else signed in with the same cookie, and old identities have nothing of it', async () => {
    const cookie = await supermon.signIn('W5GLE')
    const before = await who(cookie)
    supermon.answer = both({ user: { name: 'WB6NIL' }, authenticated: true, permissions: { MONUSER: true } }, [{ id: 546055 }])
    clock.advance(5_000)
    const after = await who(cookie)
    expect(after.user).toBe('WB6NIL')
    expect(authority.canControl(after, '546055', 'monitor')).toBe(true)
    expect(authority.userOf(before)).toBeNull()
    expect(authority.canControl(before, '546055', 'monitor')).toBe(false)
  })

  it('has a CSRF token of his own, which nobody can tell from the cookie or after a restart', async () => {
    const cookie = await supermon.signIn('W5GLE')
    const me = await who(cookie)
    const other = await who(await supermon.signIn('WB6NIL'))
    const token = me.session!.csrf.reveal()
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    expect((await who(cookie)).session!.csrf.reveal()).toBe(token)
    expect(authority.csrfOk(me, token)).toBe(true)
    expect(authority.csrfOk(other, token)).toBe(false)
    expect(authority.csrfOk(me, '')).toBe(false)
    authority.dispose()
    authority = open()
    expect(authority.csrfOk(await who(cookie), token)).toBe(false)
  })

  it('gets tickets for his nodes, and they are good for his session only', async () => {
    const me = await who(await supermon.signIn('W5GLE'))
    const other = await who(await supermon.signIn('WB6NIL'))
    expect(authority.issueTicket(me, ['546056'])).toBeNull()
    const ticket = () => authority.issueTicket(me, ['546051'])!.ticket.reveal()
    expect(authority.redeemTicket(ticket(), other, '546051')).toEqual({ ok: false, code: 'other-session' })
    const mine = ticket()
    expect(authority.redeemTicket(mine, me, '546051')).toMatchObject({ ok: true })
    expect(authority.redeemTicket(mine, me, '546051')).toEqual({ ok: false, code: 'unknown' })
  })
})

describe('while he watches', () => {
  it('he is asked about again, and what changed there is told here within 5 s', async () => {
    const cookie = await supermon.signIn('W5GLE')
    const identity = await who(cookie)
    authority.touch(identity)
    supermon.users.set('W5GLE', { ...W5GLE, nodes: ['546055'] })
    clock.advance(4_000)
    await until(() => changes.length === 1, 'told')
    expect(changes).toEqual([{ kind: 'rights' }])
    expect(nodes(identity)).toEqual(['546055'])
    await supermon.signOut(cookie)
    authority.touch(identity)
    clock.advance(4_000)
    await until(() => changes.length === 2, 'told again')
    expect(changes[1]).toEqual({ kind: 'session-ended', session: identity.session!.id })
    expect(authority.userOf(identity)).toBeNull()
    expect(nodes(identity)).toEqual([])
  })

  it('an answer that says the same is told to nobody, and who left is not asked about', async () => {
    const identity = await who(await supermon.signIn('W5GLE'))
    authority.touch(identity)
    for (let asked = 2; asked <= 4; asked += 1) {
      clock.advance(4_000)
      // Answered: what is waited for is the next question, and no longer the deadline of this one.
      await until(() => supermon.count('nodes') === asked && clock.nextIn === 4_000, `asked ${asked} times`)
    }
    clock.advance(4_000)
    expect(clock.pending).toBe(0)
    expect(supermon.count('auth/me')).toBe(4)
    expect(changes).toEqual([])
  })

  it('a cookie that nobody signed in with is left alone', async () => {
    authority.touch(await who(stranger(1)))
    expect(clock.pending).toBe(0)
  })
})

it('after its end nobody is asked about, and what is under way is given up without a word', async () => {
  const identity = await who(await supermon.signIn('W5GLE'))
  authority.touch(identity)
  supermon.answer = () => undefined
  const asked = who(stranger(1))
  await until(() => supermon.count('auth/me') === 2, 'asked')
  authority.dispose()
  expect((await asked).user).toBeNull()
  expect(clock.pending).toBe(0)
  authority.touch(identity)
  expect(clock.pending).toBe(0)
  expect(log).toEqual([])
})

describe('when Supermon-NG is down', () => {
  it('who was known keeps his rights for 60 s, then he is a visitor; it is said once, and once that it is back', async () => {
    const cookie = await supermon.signIn('W5GLE')
    const identity = await who(cookie)
    await supermon.stop()
    for (let second = 5; second < 60; second += 5) {
      clock.advance(5_000)
      expect((await who(cookie)).user, `after ${second} s`).toBe('W5GLE')
    }
    clock.advance(4_999)
    expect(authority.canControl(identity, '546051', 'connect')).toBe(true)
    clock.advance(1)
    expect(authority.userOf(identity)).toBeNull()
    expect((await who(cookie)).user).toBeNull()
    expect(changes).toEqual([{ kind: 'session-ended', session: identity.session!.id }])
    expect(log).toEqual([
      `Supermon-NG at ${supermon.url} does not answer: it cannot be reached (ECONNREFUSED); ` +
        'who was known keeps his rights for 60 s, others are visitors; check the address and whether it runs',
    ])
    await supermon.start()
    clock.advance(10_000)
    expect((await who(cookie)).user).toBe('W5GLE')
    expect(changes[1]).toEqual({ kind: 'rights' })
    clock.advance(5_000)
    await who(cookie)
    expect(log.slice(1)).toEqual([`Supermon-NG at ${supermon.url} answers again`])
  })

  it('an unknown cookie is a visitor, and asked about again after 5 s', async () => {
    const cookie = await supermon.signIn('W5GLE')
    await supermon.stop()
    expect((await who(cookie)).user).toBeNull()
    await supermon.start()
    clock.advance(4_999)
    expect((await who(cookie)).user).toBeNull()
    clock.advance(1)
    expect((await who(cookie)).user).toBe('W5GLE')
  })

  it('who watches while it comes back has his rights again without asking', async () => {
    const cookie = await supermon.signIn('W5GLE')
    await supermon.stop()
    const identity = await who(cookie)
    authority.touch(identity)
    await supermon.start()
    clock.advance(4_000)
    await until(() => changes.length === 1, 'told')
    expect(authority.userOf(identity)).toBe('W5GLE')
  })
})

const ELSEWHERE = 'http://127.0.0.1:1/'
const user = { user: { name: 'W5GLE' }, authenticated: true, permissions: {} }
/** Both routes, and one of them not as it should be. */
const both = (me: unknown, nodes: unknown): Answer => (request, response) => {
  json(response, { success: true, data: request.url?.endsWith('auth/me') === true ? me : nodes })
}
const me = (data: unknown): Answer => both(data, [])
const afterMe = (data: unknown): Answer => both(user, data)
const HOSTILE: readonly (readonly [what: string, code: string, answer: Answer])[] = [
  ['HTML', 'not-understood', (_request, response) => { response.end('<!doctype html><title>Supermon-NG</title>') }],
  ['a PHP warning before the JSON', 'not-understood', (_request, response) => { response.end('<br />Warning: x in y\n{"success":true}') }],
  ['nothing', 'not-understood', (_request, response) => { response.end() }],
  ['a page that is not there', 'status', (_request, response) => { response.writeHead(404).end('{}') }],
  ['status 500', 'status', (_request, response) => { json(response, { error: 'Internal Server Error', message: 'x' }, 500) }],
  ['a redirect', 'redirect', (_request, response) => { response.writeHead(302, { location: ELSEWHERE }).end() }],
  ['a permanent redirect', 'redirect', (_request, response) => { response.writeHead(308, { location: ELSEWHERE }).end() }],
  ['10 MB', 'too-long', (_request, response) => { response.end('x'.repeat(10_000_000)) }],
  ['a connection that breaks off', 'unreachable', (request) => { request.socket.destroy() }],
  ['half an answer', 'unreachable', (request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"success":', () => { request.socket.destroy() })
  }],
  ['success as a text', 'not-understood', (request, response) => {
    const me = request.url?.endsWith('auth/me') === true
    json(response, { success: me ? 'true' : true, data: me ? user : [] })
  }],
  ['a user as a text', 'not-understood', me({ ...user, user: 'W5GLE' })],
  ['a user name of two lines', 'not-understood', me({ ...user, user: { name: 'W5GLE\r\nAction: Logoff' } })],
  ['a user name of 10 kB', 'not-understood', me({ ...user, user: { name: 'x'.repeat(10_000) } })],
  ['permissions as numbers', 'not-understood', me({ ...user, permissions: { CONNECTUSER: 1 } })],
  ['permissions as a list', 'not-understood', me({ ...user, permissions: ['CONNECTUSER'] })],
  ['no nodes', 'not-understood', afterMe(undefined)],
  ['nodes without id', 'not-understood', afterMe([{ node: 546051 }])],
  ['nodes as a map', 'not-understood', afterMe({ 546051: {} })],
  ['6,000 nodes', 'not-understood', afterMe(Array.from({ length: 6_000 }, (_, id) => ({ id })))],
]

describe('a hostile answer gives nobody rights, and breaks nothing', () => {
  it.each(HOSTILE)('%s', async (_what, code, answer) => {
    const cookie = await supermon.signIn('W5GLE')
    supermon.answer = answer
    const identity = await who(cookie)
    expect(identity.user).toBeNull()
    expect(nodes(identity)).toEqual([])
    expect(fields).toEqual([{ code }])
    expect(log).toHaveLength(1)
    supermon.answer = null
    clock.advance(5_000)
    expect((await who(cookie)).user).toBe('W5GLE')
  })

  it('an empty map of permissions is a list in PHP, and understood', async () => {
    supermon.answer = me({ ...user, permissions: [] })
    const identity = await who('supermon61=x')
    expect(identity.user).toBe('W5GLE')
    expect(nodes(identity)).toEqual([])
    expect(log).toEqual([])
  })

  it('a permission by the name of __proto__ is none', async () => {
    supermon.answer = (request, response) => {
      response.end(request.url?.endsWith('auth/me') === true
        ? '{"success":true,"data":{"user":{"name":"W5GLE"},"authenticated":true,"permissions":{"__proto__":{"CONNECTUSER":true},"MONUSER":true}}}'
        : '{"success":true,"data":[]}')
    }
    const identity = await who('supermon61=x')
    expect(authority.can(identity, 'CONNECTUSER')).toBe(false)
    expect(authority.permissionTable(identity)['CONNECTUSER']).toBe(false)
  })

  it('one that does not come is given up after 2 s', async () => {
    const cookie = await supermon.signIn('W5GLE')
    let gone = false
    supermon.answer = (request) => { request.socket.on('close', () => { gone = true }) }
    const asked = who(cookie)
    await until(() => supermon.count('auth/me') === 1, 'asked')
    clock.advance(1_999)
    expect(gone).toBe(false)
    clock.advance(1)
    expect((await asked).user).toBeNull()
    expect(fields).toEqual([{ code: 'slow' }])
    await until(() => gone, 'given up')
  })

  it('one that comes in drops is given up as well', async () => {
    supermon.answer = (_request, response) => { response.write('{"success"') }
    const asked = who(stranger(1))
    await until(() => supermon.asked.length === 1, 'asked')
    clock.advance(2_000)
    expect((await asked).user).toBeNull()
    expect(fields).toEqual([{ code: 'slow' }])
  })

  it('who makes requests fail on purpose does not fill the log', async () => {
    const cookie = await supermon.signIn('W5GLE')
    supermon.answer = (request, response) => {
      if (request.headers.cookie === cookie) afterMe([])(request, response)
      else response.writeHead(500).end()
    }
    for (let n = 0; n < 12; n += 1) {
      await who(stranger(n))
      clock.advance(5_000)
      await who(cookie)
    }
    expect(log).toHaveLength(1)
  })
})

describe('with many visitors', () => {
  it('16 are asked about at once, who is known goes first, and the line has an end', async () => {
    const cookie = await supermon.signIn('W5GLE')
    await who(cookie)
    clock.advance(5_000)
    supermon.asked.length = 0
    const held: (() => void)[] = []
    supermon.answer = (request, response) => {
      held.push(() => { json(response, { success: true, data: request.headers.cookie === cookie ? user : { user: null, authenticated: false, permissions: {} } }) })
    }
    const strangers = Array.from({ length: 300 }, (_, n) => who(stranger(n)))
    await until(() => held.length === 16, '16 at once')
    const known = who(cookie)
    expect((await strangers[299]!).user).toBeNull()
    expect(fields).toEqual([{ code: 'busy' }])
    expect(supermon.asked).toHaveLength(16)
    held.shift()!()
    await until(() => supermon.asked.length === 17, 'the next')
    expect(supermon.asked[16]!.headers.cookie).toBe(cookie)
    supermon.answer = null
    for (const release of held) release()
    await Promise.all([...strangers, known])
    expect(supermon.count('auth/me')).toBe(16 + 1 + 256)
  })

  it('who gets no turn in 5 s is a visitor', async () => {
    supermon.answer = () => undefined
    const answered: number[] = []
    const strangers = Array.from({ length: 49 }, (_, n) => who(stranger(n)).then((identity) => {
      answered.push(n)
      return identity
    }))
    for (const [turn, given] of [[16, 0], [32, 16], [48, 32]] as const) {
      await until(() => supermon.asked.length === turn && answered.length === given, `${turn} asked, ${given} given up`)
      clock.advance(turn < 48 ? 2_000 : 1_000)
    }
    await until(() => answered.length === 33, 'the last one')
    expect(answered[32]).toBe(48)
    clock.advance(1_000)
    expect((await Promise.all(strangers)).every(({ user: name }) => name === null)).toBe(true)
    expect(supermon.asked).toHaveLength(48)
  })

  it('strangers do not push out who signed in', async () => {
    const cookie = await supermon.signIn('W5GLE')
    const identity = await who(cookie)
    for (let n = 0; n < 1_100; n += 22) await Promise.all(Array.from({ length: 22 }, (_, i) => who(stranger(n + i))))
    expect(authority.userOf(identity)).toBe('W5GLE')
    await who(stranger(1_099))
    expect(supermon.count('auth/me')).toBe(1_101)
    await who(stranger(0))
    expect(supermon.count('auth/me')).toBe(1_102)
  })

  it('a Supermon-NG that asks for fewer requests is left alone for as long, 15 s at most', async () => {
    const cookie = await supermon.signIn('W5GLE')
    await who(cookie)
    supermon.answer = (_request, response) => {
      response.setHeader('retry-after', '40')
      json(response, { success: false, error: 'Rate limit exceeded', retry_after: 40 }, 429)
    }
    clock.advance(5_000)
    expect((await who(cookie)).user).toBe('W5GLE')
    supermon.asked.length = 0
    clock.advance(14_999)
    await who(stranger(1))
    expect(supermon.asked).toEqual([])
    supermon.answer = null
    clock.advance(1)
    expect((await who(cookie)).user).toBe('W5GLE')
    expect(supermon.count('auth/me')).toBe(1)
  })
})

describe('secrets', () => {
  it('no cookie stands in a log line, in what can be printed or in what is thrown', async () => {
    const cookie = await supermon.signIn('W5GLE')
    const value = cookie.split('=')[1]!
    for (const [, , answer] of HOSTILE) {
      supermon.answer = answer
      clock.advance(70_000)
      const identity = await who(cookie)
      authority.touch(identity)
      expect(inspect(identity, { depth: 9 })).not.toContain(value)
      expect(JSON.stringify(identity)).not.toContain(value)
    }
    expect(log.length).toBeGreaterThan(0)
    expect(inspect([authority, log, fields, changes], { depth: 9, showHidden: true })).not.toContain(value)
    expect(JSON.stringify([log, fields, changes])).not.toContain(value)
  })

  it('an address with a user and a password is told to nobody', async () => {
    authority.dispose()
    authority = open({ url: `${supermon.url.replace('://', '://admin:hunter2@')}/?key=hunter2#hunter2` })
    expect(authority.signIn).toEqual({ at: 'elsewhere', url: supermon.url })
    expect((await who(await supermon.signIn('W5GLE'))).user).toBe('W5GLE')
    expect(supermon.asked.some(({ headers }) => headers.authorization !== undefined)).toBe(false)
    expect(() => open({ url: 'file:///etc/passwd' })).toThrow(TypeError)
    expect(() => open({ url: 'supermon' })).toThrow(TypeError)
  })
})
