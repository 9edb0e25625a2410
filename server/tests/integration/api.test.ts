/** Every route, as a page asks it: shapes, statuses, and what is not told. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { AstDb } from '../../src/config/astdb.ts'
import { parseAllmonIni } from '../../src/config/allmonIni.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { createLog } from '../../src/log.ts'
import { NO_FACTS } from '../../src/site/globalInc.ts'
import type { SiteFacts } from '../../src/site/globalInc.ts'
import type { Logo } from '../../src/site/logo.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown> & { data: Record<string, unknown> & unknown[]; code: string }
}
const asker = (url: string) => async (path: string, init: RequestInit = {}): Promise<Answer> => {
  const response = await fetch(`${url}${path}`, init)
  return { status: response.status, headers: response.headers, body: (await response.json()) as Answer['body'] }
}

const LIST = '546051|W5GLE|Hub|Alvin, Texas\n48752|WB6NIL|Public <b>Hub</b>|Los Angeles, CA\n2000|WB6NIL|ASL Hub|Los Angeles, CA\n;2001|X|Y|Z\n'

async function scene() {
  const fake = await startFakeAsterisk({
    nodes: ['546051', '546055', '546056'], links: { '546051': [{ name: '48752' }] },
    voters: { '546056': [{ name: 'North <img onerror>', rssi: 187 }, { name: 'South', rssi: 0 }] },
  })
  closers.push(() => fake.close())
  const section = (id: string, more = '') => `[${id}]\nhost=127.0.0.1:${fake.port}\nuser=admin\npasswd=demo\n${more}`
  const config = parseAllmonIni(
    `${section('546051', 'system=Club\nmenu=yes\nlistenlive=https://club.example/live\n')}${section('546055', 'menu=no\n')}${section('546056', 'system=Club\nmenu=yes\n')}` +
      '[All]\nnodes=546051,546055\nsystem=Club\nmenu=yes\n[Voter]\nrtcmnode=546056\nmenu=yes\n[Map]\nurl=https://club.example/map>\nmenu=yes\n[default_node]\n',
    'allmon.ini',
  )
  const astdb = new AstDb({ files: [], builtIn: LIST })
  const app = await runApp(config.nodes, { names: (id) => astdb.lookup(id), search: astdb, site: config })
  closers.push(() => app.close(0))
  return { fake, app, config, ask: asker(`${app.url}api/v1/`) }
}

describe('nodes', () => {
  it('are listed with names, and one by one; an unknown one is 404, junk 400', async () => {
    const { ask } = await scene()
    const { body } = await ask('nodes')
    expect(body).toMatchObject({ success: true, count: 3, data: [{ id: '546051', callsign: 'W5GLE', info: 'W5GLE Hub Alvin, Texas' }, {}, {}] })
    expect((await ask('nodes/546051')).body.data).toMatchObject({ id: '546051', system: 'Club', listenlive: 'https://club.example/live' })
    expect((await ask('nodes/available')).body.data[0]).toEqual({ id: '546051', system: 'Club', menu: true, hideNodeURL: false })
    for (const path of ['nodes/1', 'nodes/1/status', 'nodes/1/websocket/port']) {
      expect(await ask(path), path).toMatchObject({ status: 404, body: { success: false, code: 'no-such-node' } })
    }
    for (const junk of ['%20', '%0d%0aSet-Cookie:%20a=b', '%3Cimg%3E', 'x'.repeat(100), '..%2f..%2fetc%2fpasswd', '%00']) {
      expect(await ask(`nodes/${junk}`), junk).toMatchObject({ status: 400, body: { success: false, code: 'bad-node' } })
      expect(await ask(`nodes/${junk}/status`), junk).toMatchObject({ status: 400 })
    }
  })

  it('tell their state from the feed: marked as the old way, and no AMI login for it', async () => {
    const { fake, ask } = await scene()
    const first = await ask('nodes/546051/status')
    expect(first.body.data).toMatchObject({ node: '546051', status: 'online', remote_nodes: [{ node: '48752' }] })
    for (let i = 0; i < 20; i += 1) {
      const { status, headers, body } = await ask('nodes/ami/status?nodes=546051,1,546051')
      expect(status).toBe(200)
      expect(headers.get('deprecation')).toMatch(/^@\d+$/)
      expect(headers.get('link')).toContain('rel="successor-version"')
      expect(Object.keys(body.data)).toEqual(['546051'])
    }
    expect(fake.state().sessions).toBe(1)
    expect(await ask('nodes/ami/status')).toMatchObject({ status: 400, body: { code: 'no-nodes' } })
    expect(await ask('nodes/ami/status?nodes=%0d%0a,a b')).toMatchObject({ status: 400, body: { code: 'bad-nodes' } })
    expect(await ask(`nodes/ami/status?nodes=${Array.from({ length: 201 }, (_, i) => i + 1).join()}`)).toMatchObject({ status: 400 })
  })

  it('say where their sockets are', async () => {
    const { app, ask } = await scene()
    const { body } = await ask('nodes/websocket/ports')
    const one = { node: '546051', port: app.port, router: true, ws_url: `ws://127.0.0.1:${app.port}/ws/546051` }
    expect(body).toMatchObject({ success: true, base_port: app.port, nodes: { '546051': one } })
    expect((await ask('nodes/546051/websocket/port')).body).toEqual({ success: true, ...one })
    const behind = await ask('nodes/546051/websocket/port', { headers: { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'club.example' } })
    expect(behind.body['ws_url']).toBe('wss://club.example/ws/546051')
  })

  it('V-7 that are voters tell their receivers, as data and as escaped markup', async () => {
    const { ask } = await scene()
    await ask('nodes/546056/status')
    const { status, body } = await ask('nodes/voter/status?node=546056')
    expect(status).toBe(200)
    expect(body['voters']).toMatchObject([{ node: '546056', receivers: [{ name: 'North <img onerror>', rssi: expect.any(Number) as number }, { name: 'South' }] }])
    expect(body['html']).toContain('North &#60;img onerror&#62;')
    expect(body['html']).not.toContain('<img')
    expect((await ask('nodes/voter/status?node=546051')).body['html']).toContain('No clients')
    expect(await ask('nodes/voter/status')).toMatchObject({ status: 400, body: { code: 'no-nodes' } })
    expect(await ask('nodes/voter/status?node=a%0d%0ab')).toMatchObject({ status: 400 })
    expect(await ask('nodes/voter/status?node=1')).toMatchObject({ status: 404 })
  })

  it('that are voters say why when Asterisk is away', async () => {
    const { fake, app, ask } = await scene()
    await ask('nodes/546056/status')
    await fake.close()
    await until(() => app.log.some(({ message }) => message.startsWith('AMI down')), 'down')
    expect(await ask('nodes/voter/status?node=546056')).toMatchObject({ status: 503, body: { code: expect.stringMatching(/^ami-/) as string, message: expect.any(String) as string } })
  })
})

describe('the configuration', () => {
  it('is told field by field: nodes, the menu, what is shown first', async () => {
    const { ask } = await scene()
    const { body } = await ask('config/nodes')
    expect(body.data).toMatchObject({ default_node: '546051', ini_file: 'allmon.ini' })
    expect((body.data['config'] as Record<string, object>)['546051']).toEqual({
      system: 'Club', menu: true, hideNodeURL: false, listenlive: 'https://club.example/live', archive: null, lsnodes: null,
    })
    const menu = (await ask('config/menu')).body.data['sections']
    expect(menu).toMatchObject([
      { type: 'dropdown', label: 'Club', items: [{ name: '546051', url: 'link.php?nodes=546051' }, { name: '546056' }, { name: 'All', url: 'link.php?nodes=546051,546055' }] },
      { type: 'link', name: 'Voter', url: 'voter.php?node=546056' },
      { type: 'link', name: 'Map', url: 'https://club.example/map', targetBlank: true },
    ])
    const boot = (await ask('bootstrap')).body.data
    expect(Object.keys(boot)).toEqual(['auth', 'systemInfo', 'databaseStatus', 'nodes', 'menu', 'setup'])
    expect(boot['auth']).toMatchObject({ user: null, authenticated: false })
    expect((await ask('config/system-info')).body.data).toMatchObject({ smServerName: 'Supermon Live', username: null, location: null })
    for (const path of ['config/display', 'config/user/preferences', 'version/check', 'database/status']) expect((await ask(path)).status, path).toBe(200)
  })

  it("tells the site's own texts, and its logo at an address below the API's own", async () => {
    const logo = { type: 'image/png', bytes: new TextEncoder().encode('picture'), version: 'abc' }
    const texts: { facts: SiteFacts; logo: Logo | null } = { facts: { ...NO_FACTS, callsign: 'W5GLE', title2: 'Hub' }, logo }
    const app = await runApp([], { texts })
    closers.push(() => app.close(0))
    const ask = asker(`${app.url}api/v1/`)
    const info = { callsign: 'W5GLE', title2: 'Hub', location: null, smServerName: 'Supermon Live', logoImage: 'config/logo?v=abc' }
    expect((await ask('config/system-info')).body.data).toMatchObject(info)
    expect((await ask('bootstrap')).body.data['systemInfo']).toMatchObject(info)
    const picture = await fetch(`${app.url}api/v1/config/logo?v=abc`)
    expect([picture.status, await picture.text()]).toEqual([200, 'picture'])
    expect(Object.fromEntries(picture.headers)).toMatchObject({
      'content-type': 'image/png', 'x-content-type-options': 'nosniff', 'cache-control': 'public, max-age=86400', 'content-security-policy': "default-src 'none'; sandbox",
    })
    texts.logo = null
    expect(await ask('config/logo')).toMatchObject({ status: 404, body: { code: 'no-logo' } })
    expect((await ask('config/system-info')).body.data['logoImage']).toBeNull()
    expect((await ask('config/system-info')).headers.get('cache-control')).toBe('no-cache, no-store')
  })

  it('follows a reload', async () => {
    const { app, config, ask } = await scene()
    app.reconfigure(config.nodes.slice(0, 1), { ...config, groups: [], voters: [], links: [] })
    expect(((await ask('config/menu')).body.data['sections'] as unknown[]).length).toBe(1)
    expect((await ask('nodes')).body['count']).toBe(1)
  })

  it('and the nodes of others are left out everywhere', async () => {
    const { app } = await openClub(closers, 'none', { site: { groups: [{ name: 'All', system: null, menu: true, nodes: ['546051', '546055'] }], voters: [{ name: 'V', system: null, menu: true, node: '546051' }], links: [{ name: 'Map', system: null, menu: true, url: '/map', newTab: false }], order: [], defaultNodes: ['546051'] } })
    const cookie = await cookieFor(app, 'WB6NIL')
    const ask = (path: string, who = cookie) => asker(`${app.url}api/v1/`)(path, { headers: { cookie: who } })
    for (const path of ['nodes', 'nodes/available', 'config/nodes', 'config/menu', 'bootstrap', 'nodes/websocket/ports', 'nodes/ami/status?nodes=546051,546055']) {
      const text = JSON.stringify((await ask(path)).body)
      expect(text, path).toContain('546055')
      expect(text, path).not.toContain('546051')
      expect(JSON.stringify((await ask(path, '')).body), path).not.toMatch(/54605|Map/)
    }
    expect((await ask('nodes/546051')).status).toBe(404)
    expect((await ask('nodes/voter/status?node=546051')).status).toBe(404)
    expect((await ask('config/system-info')).body.data['username']).toBe('WB6NIL')
    expect(await ask('system/health')).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
  })

  it('system/health is for those with that right', async () => {
    const { app } = await openClub(closers, 'read', {}, '$SYSINFUSER = array("W5GLE");')
    const cookie = await cookieFor(app, 'W5GLE')
    const { body } = await asker(`${app.url}api/v1/`)('system/health', { headers: { cookie } })
    expect(body.data).toMatchObject({ healthy: true, checks: { asterisk: { ok: true } } })
  })
})

describe('the node list', () => {
  it('is asked for one, for some, and searched: by number first, then anywhere, never whole', async () => {
    const { ask } = await scene()
    expect((await ask('astdb/node/48752')).body.data).toEqual({
      node_id: '48752', callsign: 'WB6NIL', description: 'Public <b>Hub</b>', location: 'Los Angeles, CA', full_info: 'WB6NIL Public <b>Hub</b> Los Angeles, CA',
    })
    expect(await ask('astdb/node/9')).toMatchObject({ status: 404, body: { code: 'no-such-node' } })
    expect((await ask('astdb/nodes?nodes=2000,9')).body.data).toMatchObject({ '2000': { callsign: 'WB6NIL' }, '9': null })
    const found = async (q: string, limit = '') => ((await ask(`astdb/search?q=${q}${limit}`)).body.data['results'] as { node_id: string }[]).map(({ node_id }) => node_id)
    expect(await found('wb6nil')).toEqual(['48752', '2000'])
    expect(await found('20')).toEqual(['2000'])
    expect(await found('hub', '&limit=2')).toEqual(['546051', '48752'])
    expect(await found('zz')).toEqual([])
    for (const bad of ['', 'q=a', 'q=abc&limit=0', 'q=abc&limit=201', 'q=abc&limit=x', `q=${'a'.repeat(65)}`]) {
      expect(await ask(`astdb/search?${bad}`), bad).toMatchObject({ status: 400, body: { code: 'bad-search' } })
    }
    expect((await ask('astdb/stats')).body.data).toEqual({ entries_count: 3 })
    expect((await ask('astdb/health')).status).toBe(200)
    expect(await ask('astdb/nodes')).toMatchObject({ status: 400 })
  })

  it('says so while it is empty', async () => {
    const app = await runApp([])
    closers.push(() => app.close(0))
    expect((await asker(`${app.url}api/v1/`)('astdb/health')).status).toBe(503)
  })
})

describe('what is not there', () => {
  it('is 404, a wrong method 405 with Allow, a route without version 410; all in the one shape', async () => {
    const { app, ask } = await scene()
    const shape = { success: false, error: expect.any(String) as string, message: expect.any(String) as string, code: expect.any(String) as string }
    expect(await ask('nothing')).toMatchObject({ status: 404, body: { ...shape, code: 'no-such-route' } })
    const wrong = await ask('nodes', { method: 'DELETE' })
    expect(wrong).toMatchObject({ status: 405, body: { ...shape, code: 'wrong-method' } })
    expect(wrong.headers.get('allow')).toBe('GET, HEAD')
    expect((await ask('nodes/connect', { method: 'PUT' })).headers.get('allow')).toContain('POST')
    const old = asker(app.url)
    for (const path of ['api/nodes', 'api/status?x=1', 'api/v2/nodes']) expect(await old(path), path).toMatchObject({ status: 410, body: { ...shape, code: 'gone' } })
    expect((await fetch(`${app.url}api/v1/nodes`, { method: 'HEAD' })).status).toBe(200)
  })

  it('every answer says that it is not to be kept, nor to be guessed at', async () => {
    const { ask } = await scene()
    for (const path of ['nodes', 'config/system-info', 'bootstrap', 'nothing', 'auth/me']) {
      const { headers } = await ask(path)
      expect(headers.get('cache-control'), path).toContain('no-store')
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('content-type'), path).toMatch(/^application\/json/)
    }
  })

  it('docs/http-api.md lists every route, and no other', async () => {
    const { app } = await openClub(closers, 'read')
    const text = readFileSync(join(import.meta.dirname, '../../../docs/http-api.md'), 'utf8')
    const listed = [...text.matchAll(/^\| `(GET|POST|PUT) ([^`]+)` \|/gm)].map(([, method = '', path = '']) => `${method} /api/v1/${path}`)
    expect(listed.toSorted()).toEqual(app.routes.filter((route) => route.includes('/api/v1/')).toSorted())
    for (const route of app.routes.filter((each) => !each.includes('/api/v1/'))) expect(text).toContain(`\`${route}\``)
  })

  it('every refusal of every route has the one shape', async () => {
    const { app } = await openClub(closers, 'read')
    const cookie = await cookieFor(app, 'WB6NIL')
    const token = ((await asker(app.url)('api/v1/csrf-token', { headers: { cookie } })).body as unknown as { csrf_token: string }).csrf_token
    const shape = { success: false, error: expect.any(String) as string, message: expect.any(String) as string, code: expect.stringMatching(/^[a-z0-9-]+$/) as string }
    const codes = new Set<string>()
    for (const route of app.routes) {
      const [method = '', pattern = ''] = route.split(' ')
      const askings = [{}, { cookie }, { cookie, 'x-csrf-token': token }].flatMap((headers) => ['%3C', '999'].map((node) => ({ headers, node })))
      await Promise.all(askings.map(async ({ headers, node }) => {
        if (pattern.endsWith('logout') && 'x-csrf-token' in headers) return
        const body = method === 'GET' ? {} : { body: `{"localnode":"${node}"}` }
        const response = await fetch(`${app.url}${pattern.slice(1).replace(':id', node)}?nodes=${node}&node=${node}&q=${node}`, {
          method, headers: { ...headers, 'content-type': 'application/json' }, ...body,
        })
        const text = await response.text()
        if (response.status < 400 || pattern.startsWith('/healthz')) return
        const told = JSON.parse(text) as { code: string; healthy?: boolean }
        if (told.healthy === false) return
        expect(told, `${route} ${node} ${text}`).toEqual(shape)
        codes.add(told.code)
      }))
    }
    expect([...codes].toSorted()).toEqual(['bad-figures', 'bad-node', 'bad-nodes', 'bad-request', 'bad-search', 'csrf', 'no-logo', 'no-such-node', 'not-allowed', 'not-signed-in'])
  })
})

describe('how somebody likes his page', () => {
  it('is kept in his browser, checked, and told back; nonsense is refused whole', async () => {
    const { app } = await scene()
    const jar = new Map<string, string>()
    const ask = async (path: string, body?: object) => {
      const response = await fetch(`${app.url}api/v1/config/${path}`, {
        headers: { cookie: [...jar].map((pair) => pair.join('=')).join('; '), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'PUT', body: JSON.stringify(body) }),
      })
      for (const set of response.headers.getSetCookie()) {
        expect(set).toMatch(/; Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/)
        jar.set(...(set.split(';')[0]?.split('=') as [string, string]))
      }
      return { status: response.status, ...((await response.json()) as { data: object; code?: string }) }
    }
    const display = { 'number-displayed': '0', 'show-number': '0', 'show-all': '1', 'show-detailed': '1', 'show-date-time': '1' }
    expect((await ask('display')).data).toEqual(display)
    const changed = { ...display, 'number-displayed': '25', 'show-date-time': '0' }
    expect((await ask('display', { 'number-displayed': 25, 'show-date-time': false, stranger: 'x' })).data).toEqual(changed)
    expect((await ask('display')).data).toEqual(changed)
    expect([...jar.keys()]).toEqual(['display-data[number-displayed]', 'display-data[show-date-time]'])
    for (const bad of [{}, [], { 'show-all': 'x\r\nSet-Cookie: a=b' }, { 'number-displayed': -1 }, { 'number-displayed': 25, 'show-all': null }, { __proto__: 1 }]) {
      expect(await ask('display', bad), JSON.stringify(bad)).toMatchObject({ status: 400, code: 'bad-request' })
    }
    jar.set('display-data[show-all]', '<img>')
    expect((await ask('display')).data).toEqual(changed)
    // As the dialog of Supermon-NG's page sends all of them.
    const sent = { show_detailed: '0', show_date_time: '1', show_number: '1', show_all: '0', number_displayed: '5' }
    const taken = { 'show-detailed': '0', 'show-date-time': '1', 'show-number': '1', 'show-all': '0', 'number-displayed': '5' }
    expect(await ask('display', sent)).toMatchObject({ status: 200, success: true, data: taken })
    expect((await ask('display')).data).toEqual(taken)

    const preferences = { showDetail: true, displayedNodes: 999, showCount: false, showAll: true }
    expect((await ask('user/preferences')).data).toEqual(preferences)
    expect((await ask('user/preferences', { showAll: false, displayedNodes: 10 })).data).toEqual({ ...preferences, showAll: false, displayedNodes: 10 })
    expect((await ask('user/preferences')).data).toEqual({ ...preferences, showAll: false, displayedNodes: 10 })
  })

  it('where there are accounts, takes the token of the session: in the header or in the body', async () => {
    const { app } = await openClub(closers, 'read')
    const cookie = await cookieFor(app, 'W5GLE')
    const ask = asker(`${app.url}api/v1/`)
    const { csrf_token: token } = (await ask('csrf-token', { headers: { cookie } })).body as unknown as { csrf_token: string }
    const put = (body: object, headers: Record<string, string> = {}) =>
      ask('config/display', { method: 'PUT', headers: { cookie, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
    const refused = { status: 403, body: { code: 'csrf' } }
    expect(await put({ 'show-all': 0 })).toMatchObject(refused)
    expect(await put({ 'show-all': 0, csrf_token: 'wrong' })).toMatchObject(refused)
    expect(await put({ 'show-all': 0, csrf_token: token }, { 'x-csrf-token': 'wrong' })).toMatchObject(refused)
    expect(await put({ 'show-all': 0, csrf_token: token })).toMatchObject({ status: 200, body: { data: { 'show-all': '0' } } })
    expect(await put({ 'show-all': 0 }, { 'x-csrf-token': token })).toMatchObject({ status: 200 })
  })
})

describe('what pages of Supermon-NG ask for besides', () => {
  it('the chart of a node is an address, for users with that right', async () => {
    const { app } = await openClub(closers, 'read', {}, '$BUBLUSER = array("W5GLE");')
    const chart = async (user: string | null, body: unknown) =>
      asker(`${app.url}api/v1/`)('config/bubblechart', {
        method: 'POST', headers: { cookie: user === null ? '' : await cookieFor(app, user), 'content-type': 'application/json' }, body: JSON.stringify(body),
      })
    expect(await chart('W5GLE', { node: '48752', localNode: '546051' })).toMatchObject({
      status: 200, body: { success: true, node: '48752', statsUrl: 'https://stats.allstarlink.org/getstatus.cgi?48752' },
    })
    expect((await chart('W5GLE', { node: '', localNode: 546051 })).body).toMatchObject({ node: '546051' })
    for (const junk of [{}, { node: '../' }, { node: '1\r\n2' }]) expect(await chart('W5GLE', junk)).toMatchObject({ status: 400, body: { code: 'bad-node' } })
    for (const junk of [null, [], { node: {} }]) expect((await chart('W5GLE', junk)).status).toBe(400)
    expect(await chart('WB6NIL', { node: '48752' })).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    expect(await chart(null, { node: '48752' })).toMatchObject({ status: 401, body: { code: 'not-signed-in' } })
  })

  it('the node list is looked at again, for users with that right and their token', async () => {
    let looks = 0
    const search = { lists: [], size: 3, search: () => [], refresh: () => { looks += 1; return Promise.resolve(true) } }
    const { app } = await openClub(closers, 'read', { search }, '$DBTUSER = array("W5GLE");')
    const clear = async (user: string, withToken: boolean, body = '{}') => {
      const cookie = await cookieFor(app, user)
      const ask = asker(`${app.url}api/v1/`)
      const { csrf_token: token } = (await ask('csrf-token', { headers: { cookie } })).body as unknown as { csrf_token: string }
      return ask('astdb/clear-cache', { method: 'POST', headers: { cookie, 'content-type': 'application/json', ...(withToken ? { 'x-csrf-token': token } : {}) }, body })
    }
    for (const body of ['{}', 'null', '']) expect(await clear('W5GLE', false, body), body).toMatchObject({ status: 403, body: { code: 'csrf' } })
    expect(await clear('WB6NIL', true)).toMatchObject({ status: 403, body: { code: 'not-allowed' } })
    expect(looks).toBe(0)
    expect(await clear('W5GLE', true)).toMatchObject({ status: 200, body: { data: { entries_count: 3 } } })
    expect(looks).toBe(1)
  })

  it('/health, by the name that Supermon-NG has for it', async () => {
    const { app } = await scene()
    expect(await asker(app.url)('health')).toMatchObject({ status: 200, body: { status: 'ok', version: 'test' } })
  })
})

describe('a mistake of ours', () => {
  it('is one line in the log, with what failed and without secrets, and 500 in the one shape', async () => {
    const lines: string[] = []
    const log = createLog('info', { write: (line: string) => { lines.push(line) } })
    const failing = { lists: [], size: 1, search: () => { throw Object.assign(new Error('a wheel came off'), { password: 'hunter2', authorization: 'Bearer Xyz' }) }, refresh: () => Promise.resolve() }
    const app = await runApp([], { search: failing, log })
    closers.push(() => app.close(0))
    expect(await asker(app.url)('api/v1/astdb/search?q=wheel')).toMatchObject({ status: 500, body: { success: false, code: 'internal', error: 'Internal server error' } })
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ route: '/api/v1/astdb/search', err: { message: 'a wheel came off', password: '[secret]' } })
    expect(lines.join()).not.toMatch(/hunter2|Xyz/)
  })
})
