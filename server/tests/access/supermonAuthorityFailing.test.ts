/** Rights from a Supermon-NG that is down, or answers what it should not: nobody gets any by it, and nothing secret is told. */
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../support/running.ts'
import { both, SIGNED_IN, stranger, SupermonAuthorityStage } from '../support/supermonAuthorityStage.ts'
import { json } from '../support/supermonStandIn.ts'
import type { Answer } from '../support/supermonStandIn.ts'

let stage: SupermonAuthorityStage
beforeEach(async () => {
  stage = await SupermonAuthorityStage.open()
})
afterEach(() => stage.close())

describe('when Supermon-NG is down', () => {
  it('who was known keeps his rights for 60 s, then he is a visitor; it is said once, and once that it is back', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    const identity = await stage.who(cookie)
    await stage.supermon.stop()
    for (let second = 5; second < 60; second += 5) {
      stage.clock.advance(5_000)
      expect((await stage.who(cookie)).user, `after ${second} s`).toBe('W5GLE')
    }
    stage.clock.advance(4_999)
    expect(stage.authority.canControl(identity, '546051', 'connect')).toBe(true)
    stage.clock.advance(1)
    expect(stage.authority.userOf(identity)).toBeNull()
    expect((await stage.who(cookie)).user).toBeNull()
    expect(stage.changes).toEqual([{ kind: 'session-ended', session: identity.session!.id }])
    expect(stage.log).toEqual([
      `Supermon-NG at ${stage.supermon.url} does not answer: it cannot be reached (ECONNREFUSED); ` +
        'who was known keeps his rights for 60 s, others are visitors; check the address and whether it runs',
    ])
    await stage.supermon.start()
    stage.clock.advance(10_000)
    expect((await stage.who(cookie)).user).toBe('W5GLE')
    expect(stage.changes[1]).toEqual({ kind: 'rights' })
    stage.clock.advance(5_000)
    await stage.who(cookie)
    expect(stage.log.slice(1)).toEqual([`Supermon-NG at ${stage.supermon.url} answers again`])
  })

  it('nobody keeps his rights for longer because the clock was set back', async () => {
    const identity = await stage.who(await stage.supermon.signIn('W5GLE'))
    await stage.supermon.stop()
    stage.clock.jump(-3_600_000)
    stage.clock.advance(60_000)
    expect(stage.authority.canControl(identity, '546051', 'connect')).toBe(false)
    expect(stage.authority.userOf(identity)).toBeNull()
  })

  it('it is left alone for as long as it asks, and no longer because the clock was set back', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    stage.supermon.answer = (_request, response) => { response.writeHead(429, { 'retry-after': '10' }).end() }
    // It is busy, and has not said that he is nobody.
    expect(stage.authority.isUnknown(await stage.who(cookie))).toBe(true)
    const asked = () => stage.supermon.count('auth/me')
    expect([asked(), stage.fields]).toEqual([1, [{ code: 'busy' }]])
    stage.supermon.answer = null
    stage.clock.advance(9_999)
    expect([(await stage.who(cookie)).user, asked()]).toEqual([null, 1])
    stage.clock.jump(-3_600_000)
    stage.clock.advance(5_000)
    expect([(await stage.who(cookie)).user, asked()]).toEqual(['W5GLE', 2])
  })

  it('an unknown cookie is a visitor, and asked about again after 5 s', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    await stage.supermon.stop()
    expect((await stage.who(cookie)).user).toBeNull()
    await stage.supermon.start()
    stage.clock.advance(4_999)
    expect((await stage.who(cookie)).user).toBeNull()
    stage.clock.advance(1)
    expect((await stage.who(cookie)).user).toBe('W5GLE')
  })

  it('who watches while it comes back has his rights again without asking', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    await stage.supermon.stop()
    const identity = await stage.who(cookie)
    stage.authority.touch(identity)
    await stage.supermon.start()
    stage.clock.advance(4_000)
    await until(() => stage.changes.length === 1, 'told')
    expect(stage.authority.userOf(identity)).toBe('W5GLE')
  })
})

describe('while Supermon-NG hangs', () => {
  it('who has waited for it once waits no longer than a moment, and has what counts', async () => {
    const cookies = [await stage.supermon.signIn('W5GLE'), stranger(1)]
    const users = () => Promise.all(cookies.map((cookie) => stage.who(cookie))).then((all) => all.map(({ user }) => user))
    const asked = () => stage.supermon.count('auth/me')
    expect(await users()).toEqual(['W5GLE', null])
    let givenUp = 0
    stage.supermon.answer = (request) => { request.socket.on('close', () => { givenUp += 1 }) }
    for (const [round, ms] of [2_000, 250, 250].entries()) {
      stage.clock.advance(5_000)
      let told: unknown = null
      void users().then((them) => { told = them })
      await until(() => asked() === 2 * (round + 2), `asked again, round ${round}`)
      stage.clock.advance(ms - 1)
      await new Promise((resolve) => { setImmediate(resolve) })
      expect(told).toBeNull()
      stage.clock.advance(1)
      await until(() => told !== null, `told, round ${round}`)
      expect(told).toEqual(['W5GLE', null])
      stage.clock.advance(2_000)
      await until(() => givenUp === 2 * (round + 1), 'given up')
    }
    stage.supermon.answer = null
    stage.clock.advance(5_000)
    await stage.supermon.signOut(cookies[0]!)
    expect(await users()).toEqual([null, null])
  })

  /** Who he is by an answer that takes 400 ms. */
  const userBy = async (cookie: string, answer: Answer): Promise<string | null> => {
    const before = stage.supermon.count('auth/me')
    let come = (): void => undefined
    const late = new Promise<void>((resolve) => { come = resolve })
    stage.supermon.answer = (request, response) => { void late.then(() => { answer(request, response) }) }
    const asked = stage.who(cookie)
    await until(() => stage.supermon.count('auth/me') > before, 'asked')
    stage.clock.advance(400)
    // Whoever goes by what counted before does so now.
    await new Promise((resolve) => { setImmediate(resolve) })
    come()
    return (await asked).user
  }

  it('who was given no answer long ago waits for it again, and has the rights that it tells', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    expect((await stage.who(cookie)).user).toBe('W5GLE')
    stage.clock.advance(5_000)
    stage.supermon.answer = () => undefined
    const asked = stage.who(cookie)
    await until(() => stage.supermon.count('auth/me') === 2, 'asked again')
    stage.clock.advance(2_000)
    expect((await asked).user).toBe('W5GLE')
    stage.clock.advance(10_000)
    expect(await userBy(cookie, both({ user: null, authenticated: false, permissions: {} }, []))).toBeNull()
  })

  it('who was refused an answer waits for the next one: it does not hang', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    stage.supermon.answer = (_request, response) => { response.writeHead(500).end() }
    expect((await stage.who(cookie)).user).toBeNull()
    stage.clock.advance(5_000)
    expect(await userBy(cookie, both(SIGNED_IN, []))).toBe('W5GLE')
  })

  /** Is he a visitor for want of an answer? */
  const isUnknown = async (cookie: string) => {
    const before = stage.supermon.count('auth/me')
    const asked = stage.who(cookie)
    await until(() => stage.supermon.count('auth/me') > before, 'asked')
    stage.clock.advance(2_000)
    return stage.authority.isUnknown(await asked)
  }

  it('nobody is told that he is a visitor for want of an answer, be he known of long ago; who was seen to be one is', async () => {
    const [cookie, another] = [await stage.supermon.signIn('W5GLE'), await stage.supermon.signIn('W5GLE')]
    expect([(await stage.who(cookie)).user, (await stage.who(stranger(1))).user]).toEqual(['W5GLE', null])
    stage.supermon.answer = () => undefined
    stage.clock.advance(5_000)
    expect(await isUnknown(cookie)).toBe(false)
    stage.clock.advance(60_000)
    expect([await isUnknown(cookie), await isUnknown(another), await isUnknown(stranger(1))]).toEqual([true, true, false])
    stage.supermon.answer = null
    stage.clock.advance(5_000)
    expect(stage.authority.isUnknown(await stage.who(cookie))).toBe(false)
  })
})

const ELSEWHERE = 'http://127.0.0.1:1/'
const me = (data: unknown): Answer => both(data, [])
const afterMe = (data: unknown): Answer => both(SIGNED_IN, data)
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
    json(response, { success: me ? 'true' : true, data: me ? SIGNED_IN : [] })
  }],
  ['a user as a text', 'not-understood', me({ ...SIGNED_IN, user: 'W5GLE' })],
  ['a user name of two lines', 'not-understood', me({ ...SIGNED_IN, user: { name: 'W5GLE\r\nAction: Logoff' } })],
  ['a user name of 10 kB', 'not-understood', me({ ...SIGNED_IN, user: { name: 'x'.repeat(10_000) } })],
  ['permissions as numbers', 'not-understood', me({ ...SIGNED_IN, permissions: { CONNECTUSER: 1 } })],
  ['permissions as a list', 'not-understood', me({ ...SIGNED_IN, permissions: ['CONNECTUSER'] })],
  ['no nodes', 'not-understood', afterMe(undefined)],
  ['nodes without id', 'not-understood', afterMe([{ node: 546051 }])],
  ['nodes as a map', 'not-understood', afterMe({ 546051: {} })],
  ['6,000 nodes', 'not-understood', afterMe(Array.from({ length: 6_000 }, (_, id) => ({ id })))],
]

describe('a hostile answer gives nobody rights, and breaks nothing', () => {
  it.each(HOSTILE)('%s', async (_what, code, answer) => {
    const cookie = await stage.supermon.signIn('W5GLE')
    stage.supermon.answer = answer
    const identity = await stage.who(cookie)
    expect(identity.user).toBeNull()
    expect(stage.nodes(identity)).toEqual([])
    expect(stage.fields).toEqual([{ code }])
    expect(stage.log).toHaveLength(1)
    stage.supermon.answer = null
    stage.clock.advance(5_000)
    expect((await stage.who(cookie)).user).toBe('W5GLE')
  })

  it('who is named and did not sign in is a visitor', async () => {
    stage.supermon.answer = both({ user: { name: 'W5GLE' }, authenticated: false, permissions: { CONNECTUSER: true } }, [{ id: 546051 }])
    const identity = await stage.who('supermon61=x')
    expect([identity.user, [...identity.permissions], stage.nodes(identity)]).toEqual([null, [], []])
    expect(stage.authority.canControl(identity, '546051', 'connect')).toBe(false)
  })

  it('an empty map of permissions is a list in PHP, and understood', async () => {
    stage.supermon.answer = me({ ...SIGNED_IN, permissions: [] })
    const identity = await stage.who('supermon61=x')
    expect(identity.user).toBe('W5GLE')
    expect(stage.nodes(identity)).toEqual([])
    expect(stage.log).toEqual([])
  })

  it('a mark of Windows before its files is a mark before its answers, which browsers read over as well', async () => {
    stage.supermon.answer = (request, response) => {
      const data = request.url?.endsWith('auth/me') === true ? { ...SIGNED_IN, permissions: { CONNECTUSER: true } } : [{ id: 546051 }]
      response.writeHead(200, { 'content-type': 'application/json' }).end(`\uFEFF\uFEFF${JSON.stringify({ success: true, data })}`)
    }
    const identity = await stage.who(stranger(1))
    expect([identity.user, stage.authority.canControl(identity, '546051', 'connect'), stage.log]).toEqual(['W5GLE', true, []])
  })

  it('a permission by the name of __proto__ is none', async () => {
    stage.supermon.answer = (request, response) => {
      response.end(request.url?.endsWith('auth/me') === true
        ? '{"success":true,"data":{"user":{"name":"W5GLE"},"authenticated":true,"permissions":{"__proto__":{"CONNECTUSER":true},"MONUSER":true}}}'
        : '{"success":true,"data":[]}')
    }
    const identity = await stage.who('supermon61=x')
    expect(stage.authority.can(identity, 'CONNECTUSER')).toBe(false)
    expect(stage.authority.permissionTable(identity)['CONNECTUSER']).toBe(false)
  })

  it('one that does not come is given up after 2 s', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    let gone = false
    stage.supermon.answer = (request) => { request.socket.on('close', () => { gone = true }) }
    const asked = stage.who(cookie)
    await until(() => stage.supermon.count('auth/me') === 1, 'asked')
    stage.clock.advance(1_999)
    expect(gone).toBe(false)
    stage.clock.advance(1)
    expect((await asked).user).toBeNull()
    expect(stage.fields).toEqual([{ code: 'slow' }])
    await until(() => gone, 'given up')
  })

  it('one that comes in drops is given up as well', async () => {
    stage.supermon.answer = (_request, response) => { response.write('{"success"') }
    const asked = stage.who(stranger(1))
    await until(() => stage.supermon.asked.length === 1, 'asked')
    stage.clock.advance(2_000)
    expect((await asked).user).toBeNull()
    expect(stage.fields).toEqual([{ code: 'slow' }])
  })

  it('who makes requests fail on purpose does not fill the log', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    stage.supermon.answer = (request, response) => {
      if (request.headers.cookie === cookie) afterMe([])(request, response)
      else response.writeHead(500).end()
    }
    for (let n = 0; n < 12; n += 1) {
      await stage.who(stranger(n))
      stage.clock.advance(5_000)
      await stage.who(cookie)
    }
    expect(stage.log).toHaveLength(1)
  })
})

describe('secrets', () => {
  it('no cookie stands in a log line or in what can be printed', async () => {
    const cookie = await stage.supermon.signIn('W5GLE')
    const value = cookie.split('=')[1]!
    for (const [, , answer] of HOSTILE) {
      stage.supermon.answer = answer
      stage.clock.advance(70_000)
      const identity = await stage.who(cookie)
      stage.authority.touch(identity)
      expect(inspect(identity, { depth: 9 })).not.toContain(value)
      expect(JSON.stringify(identity)).not.toContain(value)
    }
    expect(stage.log.length).toBeGreaterThan(0)
    expect(inspect([stage.authority, stage.log, stage.fields, stage.changes], { depth: 9, showHidden: true })).not.toContain(value)
    expect(JSON.stringify([stage.log, stage.fields, stage.changes])).not.toContain(value)
  })

  it('an address with a user and a password is told to nobody', async () => {
    stage.reopen({ url: `${stage.supermon.url.replace('://', '://admin:hunter2@')}/?key=hunter2#hunter2` })
    expect(stage.authority.signIn).toEqual({ at: 'elsewhere', url: stage.supermon.url })
    expect((await stage.who(await stage.supermon.signIn('W5GLE'))).user).toBe('W5GLE')
    expect(stage.supermon.asked.some(({ headers }) => headers.authorization !== undefined)).toBe(false)
    expect(() => stage.reopen({ url: 'file:///etc/passwd' })).toThrow(TypeError)
    expect(() => stage.reopen({ url: 'supermon' })).toThrow(TypeError)
  })
})
