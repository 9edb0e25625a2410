/** A gateway beside Supermon-NG: people sign in and out there, and watch and control here. */
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { SupermonAuthority } from '../../src/access/supermonAuthority.ts'
import { watchAuthority } from '../../src/accounts.ts'
import type { App } from '../../src/app.ts'
import { loadConfig } from '../../src/config/loadConfig.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { firstOfEach } from '../../src/userInis.ts'
import { accountsFolder, openClub, openSocket } from '../support/club.ts'
import { ManualClock } from '../support/manualClock.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'
import { json, startSupermon } from '../support/supermonStandIn.ts'

const NODE = '546051'
const OTHER = '546055'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** W5GLE may connect 546051 and see 546055; WB6NIL may see 546055. */
async function stage() {
  const supermon = await startSupermon({
    W5GLE: { permissions: ['CONNECTUSER', 'DISCUSER'], nodes: [546051, 546055] },
    WB6NIL: { permissions: [], nodes: ['546055'] },
  })
  closers.push(() => supermon.stop())
  const fake = await startFakeAsterisk({ nodes: [NODE, OTHER], links: {} })
  closers.push(() => fake.close())
  const lines: string[] = []
  const note = (fields: object, message: string) => { lines.push(JSON.stringify({ ...fields, message })) }
  const configs = [NODE, OTHER].map((id) => nodeConfig(id, fake.port))
  return { supermon, fake, lines, log: { info: note, warn: note }, configs, nodes: () => new Set([NODE, OTHER]) }
}

/** The answers of Supermon-NG age as the test says; all else runs in real time. */
async function house(anonymous: 'read' | 'none') {
  const all = await stage()
  const clock = new ManualClock()
  const access = new SupermonAuthority({ url: all.supermon.url, clock, fetch, anonymous, nodes: all.nodes, log: all.log })
  closers.push(() => { access.dispose() })
  // No sweep asks who is here: sockets follow what the answers say, and nothing else.
  const app = await runApp(all.configs, { access, log: all.log, sweepMs: 3_600_000 })
  closers.push(() => app.close(0))
  return { ...all, clock, app }
}

interface Body {
  readonly success: boolean
  readonly message?: string
  readonly code?: string
  readonly csrf_token?: string
  readonly data?: unknown
}

async function call(app: App, path: string, cookie: string, options: { token?: string; body?: object } = {}) {
  const { token, body } = options
  const response = await fetch(`${app.url}api/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { cookie, 'content-type': 'application/json', ...(token === undefined ? {} : { 'x-csrf-token': token }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body }
}
const listed = async (app: App, cookie = '') => ((await call(app, 'nodes', cookie)).body.data as { id: string }[]).map(({ id }) => id)
const tokenFor = async (app: App, cookie: string) => (await call(app, 'csrf-token', cookie)).body.csrf_token ?? ''
const watch = (app: App, node: string, cookie: string) => {
  const seen = openSocket(app, `ws/${node}`, { cookie })
  closers.push(() => { seen.socket.terminate() })
  return seen
}

describe('beside Supermon-NG', () => {
  it('who signs in there watches and controls here, his own nodes only', async () => {
    const { app, supermon, fake } = await house('none')
    const cookie = await supermon.signIn('W5GLE')
    expect((await call(app, 'auth/me', cookie)).body.data).toMatchObject({
      user: { name: 'W5GLE' }, authenticated: true, permissions: { CONNECTUSER: true, MONUSER: false },
    })
    expect(await listed(app, cookie)).toEqual([NODE, OTHER])
    const seen = watch(app, NODE, cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    const order = { localnode: NODE, remotenode: '48752' }
    const token = await tokenFor(app, cookie)
    expect((await call(app, 'nodes/connect', cookie, { token, body: order })).status).toBe(200)
    expect(fake.state().nodes[NODE]?.links['48752']?.state).toBe('ESTABLISHED')
    expect(await call(app, 'nodes/monitor', cookie, { token, body: order })).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    expect(await call(app, 'nodes/connect', cookie, { body: order })).toMatchObject({ status: 403, body: { code: 'csrf' } })

    const guest = await supermon.signIn('WB6NIL')
    expect(await listed(app, guest)).toEqual([OTHER])
    expect(await call(app, 'nodes/connect', guest, { token, body: order })).toMatchObject({ status: 403, body: { code: 'csrf' } })
    const his = await tokenFor(app, guest)
    expect(await call(app, 'nodes/connect', guest, { token: his, body: order })).toMatchObject({ status: 404, body: { code: 'no-such-node' } })
    const refused = watch(app, NODE, guest)
    await until(() => refused.code !== null, 'closed')
    expect(refused.code).toBe(4504)
  })

  it('visitors watch everything or nothing, and nobody is asked about them', async () => {
    const open = await house('read')
    expect(await listed(open.app)).toEqual([NODE, OTHER])
    const seen = watch(open.app, NODE, '')
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    const closed = await house('none')
    expect(await listed(closed.app)).toEqual([])
    const refused = watch(closed.app, NODE, '')
    await until(() => refused.code !== null, 'closed')
    expect(refused.code).toBe(4401)
    const order = { localnode: NODE, remotenode: '48752' }
    const token = await tokenFor(closed.app, '')
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    const answer = await call(closed.app, 'nodes/connect', '', { token, body: order })
    expect(answer).toMatchObject({ status: 401, body: { code: 'not-signed-in' } })
    expect(answer.body.message).toContain(closed.supermon.url)
    expect([...open.supermon.asked, ...closed.supermon.asked]).toEqual([])
  })

  it('who signs out there loses the node on his open socket', async () => {
    const { app, supermon, clock } = await house('none')
    const cookie = await supermon.signIn('W5GLE')
    const other = await supermon.signIn('W5GLE')
    const [seen, stays] = [watch(app, NODE, cookie), watch(app, NODE, other)]
    await until(() => seen.types.includes('snapshot') && stays.types.includes('snapshot'), 'snapshots')
    await supermon.signOut(cookie)
    clock.advance(4_000)
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
    expect(stays.code).toBeNull()
    clock.advance(1_000)
    expect(await listed(app, cookie)).toEqual([])
  })

  it('a node that is taken from him there is gone here, and he is not asked to sign in', async () => {
    const { app, supermon, clock } = await house('none')
    const seen = watch(app, NODE, await supermon.signIn('W5GLE'))
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    supermon.users.set('W5GLE', { permissions: [], nodes: [OTHER] })
    clock.advance(4_000)
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4504)
  })

  it('while it is down, who was known goes on for 60 s and then is a visitor', async () => {
    const { app, supermon, clock, lines } = await house('none')
    const cookie = await supermon.signIn('W5GLE')
    const seen = watch(app, NODE, cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    await supermon.stop()
    for (let second = 5; second < 60; second += 5) {
      clock.advance(5_000)
      expect(await listed(app, cookie), `after ${second} s`).toEqual([NODE, OTHER])
    }
    expect(seen.code).toBeNull()
    clock.advance(5_000)
    expect(await listed(app, cookie)).toEqual([])
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
    await supermon.start()
    clock.advance(5_000)
    expect(await listed(app, cookie)).toEqual([NODE, OTHER])
    expect(lines.filter((line) => line.includes('does not answer'))).toHaveLength(1)
  })

  it('who comes while it is busy is not told that he is nobody, and is known once it answers', async () => {
    const { app, supermon, clock } = await house('read')
    const cookie = await supermon.signIn('W5GLE')
    supermon.answer = () => undefined
    const early = call(app, 'auth/me', cookie)
    await until(() => supermon.count('auth/me') === 1, 'asked')
    clock.advance(2_000)
    expect(await early).toMatchObject({ status: 503, body: { success: false, code: 'not-known-yet' } })
    expect((await call(app, 'auth/me', '')).status).toBe(200)
    supermon.answer = null
    clock.advance(5_000)
    expect(await call(app, 'auth/me', cookie)).toMatchObject({ status: 200, body: { data: { user: { name: 'W5GLE' } } } })
    // From then on what it said last counts, for a while.
    supermon.answer = () => undefined
    clock.advance(5_000)
    const late = call(app, 'auth/me', cookie)
    await until(() => supermon.count('auth/me') === 3, 'asked again')
    clock.advance(2_000)
    expect(await late).toMatchObject({ status: 200, body: { data: { user: { name: 'W5GLE' } } } })
  })

  it('signing in and out here is answered by the way there', async () => {
    const { app, supermon } = await house('read')
    for (const path of ['auth/login', 'auth/logout']) {
      const answer = await call(app, path, '', { body: { username: 'W5GLE', password: 'x' } })
      expect(answer).toMatchObject({ status: 404, body: { success: false, code: 'sign-in-elsewhere' } })
      expect(answer.body.message).toContain(supermon.url)
    }
    expect((await call(app, 'csrf-token', await supermon.signIn('W5GLE'))).headers.get('set-cookie')).toBeNull()
  })

  it.each([
    ['http://localhost:8000', '/supermon-ng/live', '/supermon-ng/'],
    ['http://127.0.0.1:8000', '/live', '/'],
    ['http://[::1]:8000', '/club/sm/live', '/club/sm/'],
    ['https://club.example/supermon-ng', '/supermon-ng/live', 'https://club.example/supermon-ng'],
    // There is nothing above it.
    ['http://localhost:8000', '', 'http://localhost:8000'],
  ])('nobody is led to an address of this machine where there is a page on the site: asked at %s, with our base %s', async (url, base, told) => {
    const { configs, nodes, log } = await stage()
    const asked = await watchAuthority({ ...DEFAULT_OPTIONS, supermon: url, base }, nodes, log)
    closers.push(() => { asked.stop() })
    const app = await runApp(configs, { access: asked.access, base, log })
    closers.push(() => app.close(0))
    expect((await call(app, 'auth/me', '')).body.data).toMatchObject({ sign_in: 'elsewhere', sign_in_url: told })
    const body = { localnode: NODE, remotenode: '48752' }
    for (const path of ['auth/login', 'nodes/connect']) expect((await call(app, path, '', { body })).body.message).toContain(` on the Supermon-NG page at ${told}`)
  })

  it('a redirect takes the cookie nowhere', async () => {
    const { app, supermon } = await house('none')
    const elsewhere: IncomingMessage[] = []
    const server = createServer((request, response) => {
      elsewhere.push(request)
      json(response, { success: true, data: { user: { name: 'W5GLE' }, authenticated: true, permissions: {} } })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => { server.close() })
    const cookie = await supermon.signIn('W5GLE')
    for (const status of [301, 302, 303, 307, 308]) {
      supermon.answer = (_request, response) => {
        response.writeHead(status, { location: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }).end()
      }
      expect(await listed(app, `${cookie}${status}`)).toEqual([])
    }
    expect(supermon.count('auth/me')).toBe(5)
    expect(elsewhere).toEqual([])
  })

  it('nothing else of a visitor goes there, and no cookie into the log', async () => {
    const { app, supermon, lines, clock } = await house('none')
    const cookie = await supermon.signIn('W5GLE')
    supermon.asked.length = 0
    const headers = {
      cookie: `supermon_live=mine; ${cookie}; PHPSESSID=theirs`, authorization: 'Basic eDp4', 'x-user': 'WB6NIL', 'x-forwarded-for': '192.0.2.7',
    }
    const response = await fetch(`${app.url}api/v1/nodes`, { headers })
    expect(((await response.json()) as Body).data).toHaveLength(2)
    const seen = openSocket(app, `ws/${NODE}`, headers)
    closers.push(() => { seen.socket.terminate() })
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    const order = { localnode: NODE, remotenode: '48752' }
    await call(app, 'nodes/connect', cookie, { token: await tokenFor(app, cookie), body: order })
    await supermon.stop()
    clock.advance(60_000)
    await listed(app, cookie)
    expect(supermon.asked.map(({ path }) => path)).toEqual(['/api/v1/auth/me', '/api/v1/nodes'])
    for (const asked of supermon.asked) {
      expect(asked.headers.cookie).toBe(cookie)
      expect(JSON.stringify(asked.headers)).not.toMatch(/mine|theirs|Basic|WB6NIL|192\.0\.2\.7/)
    }
    expect(lines.some((line) => line.includes('W5GLE'))).toBe(true)
    expect(lines.some((line) => line.includes('does not answer'))).toBe(true)
    expect(lines.join('\n')).not.toContain(cookie.split('=')[1])
  })

  it('under its own page, whose sockets bring a token that it gave, who is signed in there is let in', async () => {
    const { supermon, configs, nodes, log } = await stage()
    const access = new SupermonAuthority({ url: supermon.url, clock: new ManualClock(), fetch, anonymous: 'none', nodes, log })
    closers.push(() => { access.dispose() })
    const app = await runApp(configs, { access, log, dialect: 'supermon-ng' })
    closers.push(() => app.close(0))
    const cookie = await supermon.signIn('W5GLE')
    const given = await fetch(`${supermon.url}/api/v1/nodes/${NODE}/websocket/token`, { headers: { cookie } })
    const { token } = (await given.json()) as { token: string }
    const seen = openSocket(app, `ws/${NODE}?token=${token}`, { cookie }, [])
    closers.push(() => { seen.socket.terminate() })
    await until(() => seen.frames.length > 0 || seen.code !== null, 'seated or closed')
    expect(seen.code).toBeNull()
  })

  it('under its own page, a node of a user\'s own file has a socket for him, and asks visitors to sign in', async () => {
    const { supermon, fake, log } = await stage()
    const { folder, config } = await accountsFolder(closers, { nodes: [NODE], port: fake.port }, [], '')
    await writeFile(join(folder, 'one.ini'), `[${OTHER}]\nhost=127.0.0.1:${fake.port}\nuser=admin\npasswd=demo\n`)
    const general = (await loadConfig(config)).nodes
    const options = { ...DEFAULT_OPTIONS, config, supermon: supermon.url, dialect: 'supermon-ng' as const }
    const asked = await watchAuthority(options, () => new Set(general.map(({ id }) => id)), log)
    closers.push(() => { asked.stop() })
    // As main.ts does.
    const app = await runApp(firstOfEach([...general, ...asked.nodes()]), { access: asked.access, log, dialect: options.dialect })
    closers.push(() => app.close(0))
    const open = async (node: string, cookie: string) => {
      const seen = openSocket(app, `ws/${node}`, { cookie }, [])
      closers.push(() => { seen.socket.terminate() })
      await until(() => seen.frames.length > 0 || seen.code !== null, 'seated or closed')
      return seen.code
    }
    expect([await open(NODE, ''), await open(OTHER, '')]).toEqual([null, 4401])
    expect(await open(OTHER, await supermon.signIn('WB6NIL'))).toBeNull()
  })

  it('as the command line starts it, an open socket follows by itself', async () => {
    const { supermon, configs, nodes, log } = await stage()
    const asked = await watchAuthority({ ...DEFAULT_OPTIONS, supermon: supermon.url, anonymous: 'none' }, nodes, log)
    closers.push(() => { asked.stop() })
    const app = await runApp(configs, { access: asked.access, log })
    closers.push(() => app.close(0))
    const cookie = await supermon.signIn('W5GLE')
    const seen = watch(app, NODE, cookie)
    await until(() => seen.types.includes('snapshot'), 'snapshot')
    await supermon.signOut(cookie)
    await until(() => seen.code !== null, 'closed')
    expect(seen.code).toBe(4401)
  })

  it('orders over a broker go by its own files, and by nobody\'s where none are taken', async () => {
    const { supermon, nodes, log } = await stage()
    const { folder } = await openClub(closers, 'read')
    const options = { ...DEFAULT_OPTIONS, supermon: supermon.url, config: join(folder, 'allmon.ini') }
    const asked = await watchAuthority({ ...options, mqttOrders: 'orders.ini' }, nodes, log)
    closers.push(() => { asked.stop() })
    expect(asked.orderRights?.mayControl('W5GLE', NODE, 'connect')).toBe(true)
    expect(asked.orderRights?.mayControl('W5GLE', NODE, 'disconnect')).toBe(false)
    expect(asked.orderRights?.mayControl('WB6NIL', NODE, 'connect')).toBe(false)
    // Who is on its pages is still its to say.
    expect(asked.access?.signIn.at).toBe('elsewhere')
    await writeFile(join(folder, 'authusers.inc'), '<?php\n')
    await asked.reload()
    expect(asked.orderRights?.mayControl('W5GLE', NODE, 'connect')).toBe(false)
    const untold = await watchAuthority(options, nodes, log)
    closers.push(() => { untold.stop() })
    expect(untold.orderRights).toBeNull()
  })
})
