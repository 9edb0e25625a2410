/** Sign-in and rights over the whole server: files on disk, HTTP, open sockets. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { App } from '../../src/app.ts'
import { cookieOf, HASH, openClub, openSocket, PASSWORD, signIn } from '../support/club.ts'
import { letRun, ManualClock } from '../support/manualClock.ts'
import { until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const house = (anonymous: 'read' | 'none') => openClub(closers, anonymous)
/** The same in time that stands still until the test is over: `clock` of the gateway, `looks` of its accounts. */
async function heldHouse() {
  const [looks, clock] = [new ManualClock(), new ManualClock()]
  let stop = () => undefined as void
  closers.push(() => { stop() })
  const club = await openClub(closers, 'none', { clock }, undefined, looks)
  closers.push(() => { stop = letRun(clock) })
  return { ...club, clock, looks }
}
async function nodes(app: App, cookie = ''): Promise<string[]> {
  const response = await fetch(`${app.url}api/v1/nodes`, { headers: { cookie } })
  return ((await response.json()) as { data: { id: string }[] }).data.map(({ id }) => id)
}
function open(app: App, node: string, cookie = '') {
  const seen = openSocket(app, `ws/${node}`, { cookie })
  closers.push(() => { seen.socket.terminate() })
  return seen
}

const DAY_MS = 24 * 3_600_000

describe('with --users', () => {
  it('and --anonymous read, visitors watch everything, and have no rights', async () => {
    const { app } = await house('read')
    expect(await nodes(app)).toEqual(['546051', '546055'])
    const me = (await (await fetch(`${app.url}api/v1/auth/me`)).json()) as { data: { authenticated: boolean; permissions: Record<string, boolean> } }
    expect(me.data.authenticated).toBe(false)
    expect(Object.values(me.data.permissions).some(Boolean)).toBe(false)
    const seen = open(app, '546051')
    await until(() => seen.types.includes('snapshot'), 'snapshot')
  })

  it('and --anonymous none, visitors see no node anywhere and are asked to sign in', async () => {
    const { app } = await house('none')
    expect(await nodes(app)).toEqual([])
    const status = await (await fetch(`${app.url}api/v1/nodes/ami/status?nodes=546051,546055`)).json() as { data: object }
    expect(status.data).toEqual({})
    const ports = await (await fetch(`${app.url}api/v1/nodes/websocket/ports`)).json() as { nodes: object }
    expect(ports.nodes).toEqual({})
    const health = await (await fetch(`${app.url}healthz`)).text()
    expect(health).not.toContain('5460')
    expect(JSON.parse(health)).toMatchObject({ hosts: [] })
    const seen = open(app, '546051')
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
    expect(seen.types).toEqual([])
  })

  it('who signs in sees his nodes, over HTTP and sockets, and no others', async () => {
    const { app } = await house('none')
    const answer = await signIn(app, 'WB6NIL')
    expect(answer.status).toBe(200)
    expect(answer.cookie).toMatch(/^supermon_live_\d+=[0-9a-f]{64};.*HttpOnly/)
    expect(answer.cookie).toMatch(/SameSite=Lax/)
    expect(answer.body).not.toContain(cookieOf(answer.cookie).split('=')[1])
    const cookie = cookieOf(answer.cookie)
    expect(await nodes(app, cookie)).toEqual(['546055'])
    const mine = open(app, '546055', cookie)
    const other = open(app, '546051', cookie)
    await until(() => mine.types.includes('snapshot') && other.code !== null, 'mine and not the other')
    expect(other.code).toBe(4504)
  })

  it('a wrong password and an unknown user get the same answer, and many of them are slowed down', async () => {
    const { app } = await house('none')
    const wrong = await signIn(app, 'W5GLE', 'wrong')
    const unknown = await signIn(app, 'N0CALL', 'wrong')
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    const message = (body: string) => (JSON.parse(body) as { message: string }).message
    expect(message(wrong.body)).toBe(message(unknown.body))
    const statuses = []
    for (let i = 0; i < 8; i += 1) statuses.push((await signIn(app, 'W5GLE', 'wrong')).status)
    expect(statuses).toContain(429)
  })

  it('those of one stranger lock nobody else out behind a proxy that was named, with a web server of this machine between', async () => {
    const { app } = await openClub(closers, 'none', { trustedProxies: ['203.0.113.5'] })
    const from = (visitor: string) => ({ 'x-forwarded-for': `${visitor}, 203.0.113.5` })
    const statuses = []
    for (let i = 0; i < 25; i += 1) statuses.push((await signIn(app, `guess${i}`, 'wrong', from('198.51.100.66'))).status)
    expect(statuses).toContain(429)
    expect((await signIn(app, 'W5GLE', PASSWORD, from('198.51.100.9'))).status).toBe(200)
  })

  it('a page of another site signs nobody in, and uses up nobody\'s attempts', async () => {
    const { app } = await openClub(closers, 'none', { origins: ['https://club.example'] })
    expect((await signIn(app, 'W5GLE')).status).toBe(200)
    // As a form of type text/plain sends it, or fetch without CORS: no browser asks the gateway first.
    const foreign = (password: string, origin = 'https://evil.example') => signIn(app, 'W5GLE', password, { 'content-type': 'text/plain', origin })
    for (let i = 0; i < 6; i += 1) expect((await foreign('wrong')).status).toBe(403)
    const refused = await foreign(PASSWORD)
    expect([refused.status, refused.cookie, (JSON.parse(refused.body) as { code: string }).code]).toEqual([403, '', 'origin'])
    // A form in a frame without an origin of its own.
    expect((await foreign(PASSWORD, 'null')).status).toBe(403)
    expect(await (await fetch(`${app.url}metrics`)).text()).toContain('supermon_live_refusals_total{limit="origin",code="403"} 8')
    for (const origin of [`http://127.0.0.1:${app.port}`, 'https://club.example']) expect((await signIn(app, 'W5GLE', PASSWORD, { origin })).status).toBe(200)
    const behind = { origin: 'https://radio.example', 'x-forwarded-host': 'radio.example', 'x-forwarded-for': '198.51.100.7' }
    expect((await signIn(app, 'W5GLE', PASSWORD, behind)).status).toBe(200)
  })

  it('no answer over HTTP may be read by pages of another origin, nor by those of one that may open sockets', async () => {
    const { app } = await openClub(closers, 'read', { origins: ['https://club.example'] })
    const { cookie } = await signIn(app, 'W5GLE')
    for (const method of ['GET', 'OPTIONS']) {
      for (const route of ['healthz', 'api/v1/nodes', 'api/v1/auth/me', 'api/v1/csrf-token', 'api/v1/none']) {
        const headers = { cookie: cookieOf(cookie), origin: 'https://club.example', 'access-control-request-method': 'POST' }
        const answer = await fetch(`${app.url}${route}`, { method, headers })
        expect([route, [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))]).toEqual([route, []])
      }
    }
  })

  it('a right that is taken away is gone from open sockets as soon as the files are read again', async () => {
    const { app, accounts, folder } = await house('none')
    const cookie = cookieOf((await signIn(app, 'W5GLE')).cookie)
    const seen = open(app, '546051', cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    await writeFile(join(folder, '.htpasswd'), `WB6NIL:${HASH}\n`)
    await accounts.access.reload()
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
    expect(await nodes(app, cookie)).toEqual([])
  })

  it('K-3 a right that is taken away on disk is gone from open sockets within 5 s, with nobody to say so', async () => {
    const { app, accounts, folder, looks } = await heldHouse()
    const sockets: ReturnType<typeof open>[] = []
    for (const [user, node] of [['W5GLE', '546051'], ['WB6NIL', '546055']] as const) {
      const seen = open(app, node, cookieOf((await signIn(app, user)).cookie))
      await until(() => seen.types.includes('snapshot'), 'snapshot')
      sockets.push(seen)
    }
    let waited = 0
    let noticed: number | null = null
    accounts.access.onChange(() => { noticed ??= waited })
    /** 100 ms at a time; a look that falls due is done before time goes on. */
    const pass = async (ms: number) => {
      for (const end = waited + ms; waited < end; ) {
        waited += 100
        looks.advance(100)
        await until(() => looks.pending === 1, 'the look is over')
      }
    }
    await pass(1_500)
    // Just after a look: no moment is worse.
    waited = 0
    await writeFile(join(folder, '.htpasswd'), `WB6NIL:${HASH}\n`)
    await pass(5_000)
    expect(noticed).toBeLessThanOrEqual(3_000)
    const [gone, stays] = sockets
    await until(() => gone?.code !== null, 'closed')
    expect([gone?.code, stays?.code]).toEqual([4401, null])
  })

  it('K-3 a session that runs out is gone from open sockets with the next sweep, 5 s later at most', async () => {
    const { app, clock, looks } = await heldHouse()
    const cookie = cookieOf((await signIn(app, 'W5GLE')).cookie)
    const seen = open(app, '546051', cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    looks.advance(DAY_MS)
    clock.advance(5_000)
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
  })

  it('a session lives as long as its page watches, no sweep ends it, and the browser still has its cookie', async () => {
    const { app, clock, looks } = await heldHouse()
    const given = (await signIn(app, 'W5GLE')).cookie
    const cookie = cookieOf(given)
    // No frame renews a cookie, and of a page that nobody touches nothing else may come for days.
    expect(Number(/Max-Age=(\d+)/.exec(given)?.[1]) * 1000).toBeGreaterThan(3 * DAY_MS)
    const seen = open(app, '546051', cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    for (let hours = 0; hours < 72; hours += 12) {
      looks.advance(DAY_MS / 2)
      clock.advance(5_000)
    }
    expect(await nodes(app, cookie)).toEqual(['546051', '546055'])
    expect(seen.code).toBeNull()
  })

  it('signing out needs the token, ends the session and closes its sockets', async () => {
    const { app } = await house('none')
    const cookie = cookieOf((await signIn(app, 'W5GLE')).cookie)
    const seen = open(app, '546051', cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    const logout = (headers: Record<string, string>) => fetch(`${app.url}api/v1/auth/logout`, { method: 'POST', headers: { cookie, ...headers } })
    expect((await logout({})).status).toBe(403)
    const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
    expect((await logout({ 'x-csrf-token': token })).status).toBe(200)
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
    expect(await nodes(app, cookie)).toEqual([])
  })

  it('signing in and out of one gateway leaves another of the same host, at another port, as it was', async () => {
    // As a browser has them: by name, for all ports of a host.
    const jar = new Map<string, string>()
    const keep = (set: string | null) => {
      const [name = '', value = ''] = cookieOf(set ?? '').split('=')
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const cookie = () => [...jar].map((pair) => pair.join('=')).join('; ')
    const [a, b] = [(await house('none')).app, (await house('none')).app]
    for (const app of [a, b]) keep((await signIn(app, 'WB6NIL', PASSWORD, { cookie: cookie() })).cookie)
    for (const app of [a, b]) expect(await nodes(app, cookie())).toEqual(['546055'])
    const seen = open(a, '546055', cookie())
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    const { csrf_token: token } = (await (await fetch(`${b.url}api/v1/csrf-token`, { headers: { cookie: cookie() } })).json()) as { csrf_token: string }
    keep((await fetch(`${b.url}api/v1/auth/logout`, { method: 'POST', headers: { cookie: cookie(), 'x-csrf-token': token } })).headers.get('set-cookie'))
    expect(await nodes(a, cookie())).toEqual(['546055'])
    expect(await nodes(b, cookie())).toEqual([])
    expect(seen.code).toBeNull()
  })

  it('of two users by two ports, whoever came by this one is told apart by request and by socket', async () => {
    const { app } = await house('none')
    const byPort = async (user: string, headers: Record<string, string>) => cookieOf((await signIn(app, user, PASSWORD, headers)).cookie ?? '')
    const both = [await byPort('WB6NIL', { 'x-forwarded-host': '127.0.0.1:9' }), await byPort('W5GLE', {})]
    for (const cookie of [both.join('; '), both.reverse().join('; ')]) {
      expect(await nodes(app, cookie)).toEqual(['546051', '546055'])
      const seen = open(app, '546051', cookie)
      await until(() => seen.types.includes('snapshot'), 'snapshot')
    }
  })

  it('behind the cookies of 25 other ports, which browsers send first, signing in and out is that of this port', async () => {
    const { app } = await house('none')
    const others = Array.from({ length: 25 }, (_, i) => `supermon_live_${9_000 + i}=${String(i).padStart(64, '0')}`).join('; ')
    const signedIn = async () => `${others}; ${cookieOf((await signIn(app, 'W5GLE', PASSWORD, { cookie: others })).cookie)}`
    const [first, cookie] = [await signedIn(), await signedIn()]
    expect(await nodes(app, cookie)).toEqual(['546051', '546055'])
    const seen = open(app, '546051', cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    const { csrf_token: token } = (await (await fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })).json()) as { csrf_token: string }
    expect((await fetch(`${app.url}api/v1/auth/logout`, { method: 'POST', headers: { cookie, 'x-csrf-token': token } })).status).toBe(200)
    expect(await nodes(app, cookie)).toEqual([])
    await until(() => seen.code !== null, 'closed')

    await signIn(app, 'W5GLE', PASSWORD, { cookie: first })
    expect(await nodes(app, first)).toEqual([])
  })

  it('signing in ends the session from before, whose cookie somebody may have planted', async () => {
    const { app } = await house('none')
    const visit = (cookie: string) => fetch(`${app.url}api/v1/csrf-token`, { headers: { cookie } })
    const planted = cookieOf((await visit('')).headers.get('set-cookie') ?? '')
    expect((await visit(planted)).headers.get('set-cookie')).toBeNull()
    expect((await signIn(app, 'W5GLE', PASSWORD, { cookie: planted })).status).toBe(200)
    expect((await visit(planted)).headers.get('set-cookie')).toMatch(/^supermon_live_\d+=[0-9a-f]{64};/)
  })

  it('a body of no announced length has no more room than one that says how long it is', async () => {
    const { app } = await house('none')
    const signInWith = async (padding: number) => {
      const body = new Blob([JSON.stringify({ username: 'W5GLE', password: PASSWORD, padding: 'x'.repeat(padding) })]).stream()
      return (await fetch(`${app.url}api/v1/auth/login`, { method: 'POST', body, duplex: 'half' } as RequestInit)).status
    }
    expect([await signInWith(1), await signInWith(16_384)]).toEqual([200, 400])
  })

  it('bad bodies are refused in words', async () => {
    const { app } = await house('none')
    for (const body of ['', '{', '[]', '{"username":1}', `{"username":"${'x'.repeat(300)}","password":"y"}`]) {
      const response = await fetch(`${app.url}api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      expect(response.status, body.slice(0, 20)).toBe(400)
    }
  })
})
