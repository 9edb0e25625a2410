/** The gateway beside a real Supermon-NG, a fake Asterisk behind both: what is known of it is so, and its users have here what they have there. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { watchAuthority } from '../../src/accounts.ts'
import { DEFAULT_OPTIONS } from '../../src/config/options.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { HASH, openSocket, PASSWORD } from '../support/club.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'
import { interview, listen, shapeOf, strange } from '../support/supermonInterview.ts'
import type { Said } from '../support/supermonInterview.ts'
import { RealSupermonNg } from './realSupermonNg.ts'

const [NODE, OTHER] = ['546051', '546055'] as const
const RIGHTS = '<?php\n$CONNECTUSER = array("W5GLE");\n$DISCUSER = array("W5GLE");\n'
/** A session that ended there ends here within 5 s, and half a second is for who tells. */
const SOON_MS = 5_500

type Body = { readonly [name in 'code' | 'csrf_token']?: string } & { readonly data?: unknown }

const closers: (() => unknown)[] = []
let real: RealSupermonNg
let port: number
beforeAll(async () => {
  const fake = await startFakeAsterisk({ nodes: [NODE, OTHER], links: 2 })
  closers.push(() => fake.close())
  port = fake.port
  const section = (id: string) => `[${id}]\nhost=127.0.0.1:${fake.port}\nuser=admin\npasswd=demo\nmenu=yes\nsystem=Nodes\nhideNodeURL=no\n`
  real = await RealSupermonNg.start({
    'allmon.ini': section(NODE) + section(OTHER), 'one.ini': section(OTHER), 'authini.inc': '<?php\n$ININAME[\'WB6NIL\'] = "one.ini";\n',
    '.htpasswd': `W5GLE:${HASH}\nWB6NIL:${HASH}\n`, 'authusers.inc': RIGHTS,
  }, join(import.meta.dirname, '../fixtures/config/astdb.sample.txt'))
  closers.push(() => real.close())
})
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const fixture = async <T>(name: string) => JSON.parse(await readFile(join(import.meta.dirname, '../fixtures/supermon-ng', `${name}.json`), 'utf8')) as Record<string, T>
/** Where two differ in names or types, whichever says more. */
const differ = (one: unknown, other: unknown) => [...strange(shapeOf(one), shapeOf(other)), ...strange(shapeOf(other), shapeOf(one))]

it('answers as the fixtures say', async () => {
  const [now, then] = [await interview(real.url, PASSWORD), await fixture<Said>('answers')]
  for (const [question, { body, ...said }] of Object.entries(now)) {
    const { body: before, ...told } = then[question]!
    expect({ question, ...said, differs: differ(body, before) }).toEqual({ question, ...told, differs: [] })
  }
})

it('speaks at its sockets as the fixtures say', async () => {
  const frames = await fixture<object[]>('frames')
  for (const node of [NODE, '1']) {
    const said = await listen(real.sockets, node)
    expect(said).toHaveLength(frames[node]!.length)
    expect(said.flatMap((message, i) => differ(message, frames[node]![i]))).toEqual([])
  }
})

it('refuses a socket that offers a subprotocol', async () => {
  const socket = new WebSocket(`${real.sockets}/ws/${NODE}`, ['supermon.v2'])
  const status = await new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.on('unexpected-response', (request, response) => {
      resolve(response.statusCode)
      request.destroy()
    })
  })
  expect(status).toBe(426)
})

describe('beside it', () => {
  const ours: (() => unknown)[] = []
  let app: Awaited<ReturnType<typeof runApp>>
  let cookie: string
  beforeEach(async () => {
    await real.put('authusers.inc', RIGHTS)
    const options = { ...DEFAULT_OPTIONS, supermon: real.url, config: real.path('allmon.ini'), base: '/supermon-ng/live', anonymous: 'none' as const }
    const watch = await watchAuthority(options, () => new Set([NODE, OTHER]), { info: () => undefined, warn: () => undefined })
    ours.push(() => { watch.stop() })
    app = await runApp([NODE, OTHER].map((id) => nodeConfig(id, port)), { access: watch.access, base: options.base })
    ours.push(() => app.close(0))
    cookie = await signIn('W5GLE')
  })
  afterEach(async () => {
    for (const close of ours.splice(0).reverse()) await close()
  })

  async function signIn(username: string): Promise<string> {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${real.url}/api/v1/auth/login`, { method: 'POST', headers, body: JSON.stringify({ username, password: PASSWORD }) })
    return response.headers.getSetCookie().at(-1)?.split(';')[0] ?? ''
  }
  async function call(path: string, who = cookie, body: object | null = null): Promise<{ status: number; body: Body }> {
    const token = body === null ? '' : (await call('csrf-token', who)).body.csrf_token ?? ''
    const headers = { cookie: who, 'content-type': 'application/json', 'x-csrf-token': token }
    const response = await fetch(`${app.url}api/v1/${path}`, { headers, ...(body === null ? {} : { method: 'POST', body: JSON.stringify(body) }) })
    return { status: response.status, body: await response.json() as Body }
  }
  const user = async (who = cookie) => ((await call('auth/me', who)).body.data as { user: { name: string } | null } | undefined)?.user?.name ?? null
  async function watching(node: string = NODE, who = cookie) {
    const seen = openSocket(app, `ws/${node}`, { cookie: who })
    ours.push(() => { seen.socket.terminate() })
    await until(() => seen.types.includes('snapshot') || seen.code !== null, 'a snapshot')
    return seen
  }

  it('who signed in there has his name, nodes and rights here', async () => {
    const other = await signIn('WB6NIL')
    expect([await user(), await user(other), await user('')]).toEqual(['W5GLE', 'WB6NIL', null])
    const nodes = async (who: string) => ((await call('nodes', who)).body.data as { id: string }[]).map(({ id }) => id)
    expect([await nodes(cookie), await nodes(other), await nodes('')]).toEqual([[NODE, OTHER], [OTHER], []])
    const order = { localnode: NODE, remotenode: '48752' }
    expect((await call('nodes/connect', cookie, order)).status).toBe(200)
    expect((await call('nodes/monitor', cookie, order)).body.code).toBe('not-allowed')
    expect((await call('nodes/connect', other, { ...order, localnode: OTHER })).body.code).toBe('not-allowed')
    expect((await watching(NODE, other)).code).toBe(4504)
  })

  it.each([
    ['signs out there', async () => { await fetch(`${real.url}/api/v1/auth/logout`, { method: 'POST', headers: { cookie } }) }],
    ['has no session there any more', () => real.forget(cookie)],
  ])('who %s loses the node on his open socket', async (_what, end) => {
    const [seen, stays] = [await watching(), await watching(OTHER, await signIn('WB6NIL'))]
    await end()
    await until(() => seen.code !== null, 'closed', SOON_MS)
    expect([seen.code, stays.code]).toEqual([4401, null])
  })

  it('a right that is taken there is gone here, and everybody has none while the file says so', async () => {
    const order = { localnode: NODE, remotenode: '48752' }
    const may = async () => ((await call('auth/me')).body.data as { permissions: { CONNECTUSER: boolean } }).permissions.CONNECTUSER
    for (const text of [RIGHTS.replace('CONNECTUSER', 'MONUSER'), '', RIGHTS.replaceAll('W5GLE', 'w5gle')]) {
      await real.put('authusers.inc', text)
      await expect.poll(may, { timeout: SOON_MS }).toBe(false)
      expect([await user(), (await call('nodes/connect', cookie, order)).body.code]).toEqual(['W5GLE', 'not-allowed'])
      // It comes back between one and the next, or the next would prove nothing; also with a mark of Windows before it.
      await real.put('authusers.inc', `\uFEFF${RIGHTS}`)
      await expect.poll(may, { timeout: SOON_MS }).toBe(true)
    }
    expect((await call('nodes/connect', cookie, order)).status).toBe(200)
  })

  it('while it hangs, who was known goes on and who comes is not yet known; after a restart nobody has to sign in anew', async () => {
    const [seen, comes] = [await watching(), await signIn('W5GLE')]
    real.signal('SIGSTOP')
    expect((await call('auth/me', comes)).body.code).toBe('not-known-yet')
    expect([await user(), seen.code]).toEqual(['W5GLE', null])
    real.signal('SIGCONT')
    await expect.poll(() => user(comes)).toBe('W5GLE')
    await real.down()
    await real.up()
    await expect.poll(() => user()).toBe('W5GLE')
    expect(seen.code).toBeNull()
  })
})
