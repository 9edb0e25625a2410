/** Setups with a Supermon-NG on the same Apache, whose rules are those of its installer: sockets by mod_rewrite, an Alias, one page for everything. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright'
import { LiveClient } from '../../frontend/src/services/liveClient.ts'
import { launchChromium } from '../../frontend/tests/page/stage.ts'
import { SupermonAuthority } from '../../server/src/access/supermonAuthority.ts'
import { ask } from '../../server/src/doctor/ask.ts'
import { BROWSERS, openAs } from '../../server/src/doctor/browserSocket.ts'
import { systemClock } from '../../server/src/env/clock.ts'
import { startFakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import { freePorts } from '../../server/tests/support/freePorts.ts'
import { nodeEnv } from '../../server/tests/support/nodeEnv.ts'
import { nodeConfig, runApp, until } from '../../server/tests/support/running.ts'
import { startSupermon } from '../../server/tests/support/supermonStandIn.ts'
import type { SupermonStandIn } from '../../server/tests/support/supermonStandIn.ts'
import { closeAll, keep } from './fronts.ts'
import { ApacheProcess, NginxProcess } from './webServers.ts'

const NODE = '546051'
const PAGE = fileURLToPath(new URL('../../dist-app', import.meta.url))
const MODULES = ['rewrite', 'proxy', 'proxy_http', 'proxy_wstunnel', 'headers']

/** The site that Supermon-NG's installer makes, with other ports. `end` is what an operator put behind it. */
const supermonSite = (http: number, api: number, sockets: number, end = '') => `<VirtualHost *:${http}>
  DocumentRoot "@WWW@"
  ProxyPreserveHost On
  ProxyPass /supermon-ng/api http://127.0.0.1:${api}/supermon-ng/api
  ProxyPassReverse /supermon-ng/api http://127.0.0.1:${api}/supermon-ng/api
  RewriteEngine On
  RewriteCond %{HTTP:Upgrade} =websocket [NC]
  RewriteCond %{HTTP:Connection} =Upgrade [NC]
  RewriteRule ^/supermon-ng/ws/(.+)$ ws://127.0.0.1:${sockets}/supermon-ng/ws/$1 [P,L]
  Alias /supermon-ng "@WWW@/supermon-ng"
  <Directory "@WWW@/supermon-ng">
    AllowOverride All
    Require all granted
    DirectoryIndex index.html
    RewriteEngine On
    RewriteCond %{REQUEST_FILENAME} !-f
    RewriteCond %{REQUEST_FILENAME} !-d
    RewriteRule ^ index.html [QSA,L]
  </Directory>
${end}</VirtualHost>
`

let fake: FakeAsterisk
let supermon: SupermonStandIn

beforeAll(async () => {
  if (!existsSync(`${PAGE}/index.html`)) throw new Error('dist-app is missing: npm run build')
  fake = keep(await startFakeAsterisk({ nodes: [NODE], links: 3 }))
  supermon = await startSupermon({ W5GLE: { permissions: ['CONNECTUSER'], nodes: [NODE] } })
  keep({ close: () => supermon.stop() })
})
afterAll(closeAll)

/** Our file as it is enabled by default, which Apache reads before the sites, or at the end of the site itself. */
async function beside(order: 'before' | 'after', settings: string, sockets: number): Promise<{ site: URL; apache: ApacheProcess }> {
  const http = await freePorts(1)
  const own = order === 'after' ? '  Include conf-available/supermon-live.conf\n' : ''
  const apache = keep(await ApacheProcess.make([http], supermonSite(http, supermon.port, sockets, own), MODULES))
  await apache.write('www/supermon-ng/index.html', '<title>Supermon-NG</title>')
  await apache.write('www/supermon-ng/user_files/notes.txt', 'a file of theirs')
  await apache.write('etc/supermon-live/supermon-live.conf', settings)
  await apache.web('apache')
  if (order === 'after') await apache.unlink('etc/apache2/conf-enabled/supermon-live.conf')
  await apache.start(http)
  return { site: new URL(`http://127.0.0.1:${http}/`), apache }
}

async function text(url: URL): Promise<string> {
  const answer = await ask(url)
  return answer.ok ? answer.body : answer.code
}

describe.each(['before', 'after'] as const)('our rules %s those of Supermon-NG', (order) => {
  it('under its page: its sockets lead to us in every browser, and all else stays its own', async () => {
    const app = await runApp([nodeConfig(NODE, fake.port)], { base: '/supermon-ng', dialect: 'supermon-ng' })
    keep({ close: () => app.close(0) })
    const { site } = await beside(order, `base = /supermon-ng\nport = ${app.port}\ndialect = supermon-ng\n`, app.port)
    for (const browser of BROWSERS) {
      const opened = await openAs(new URL(`supermon-ng/ws/${NODE}`, site), { browser, protocol: null })
      expect(opened.ok && opened.first, browser).toContain(`"node":"${NODE}"`)
      if (opened.ok) opened.close()
    }
    expect(await text(new URL('supermon-ng/', site))).toContain('Supermon-NG')
    expect(await text(new URL('supermon-ng/login', site))).toContain('Supermon-NG')
    expect(await text(new URL('supermon-ng/user_files/notes.txt', site))).toBe('a file of theirs')
    expect(await text(new URL('supermon-ng/api/v1/auth/me', site))).toContain('"authenticated":false')
  })

  it('beside it: below its path everything is ours, and its sockets are not', async () => {
    const app = await runApp([nodeConfig(NODE, fake.port)], { base: '/supermon-ng/live', files: PAGE })
    keep({ close: () => app.close(0) })
    const { site } = await beside(order, `base = /supermon-ng/live\nport = ${app.port}\n`, supermon.port)
    expect(await text(new URL('supermon-ng/', site))).toContain('<title>Supermon-NG</title>')
    expect(await text(new URL('supermon-ng/live/', site))).toContain('<title>Supermon Live</title>')
    expect(await text(new URL('supermon-ng/live/api/v1/nodes', site))).toContain('"callsign"')
    for (const browser of BROWSERS) {
      for (const path of [`ws/${NODE}`, 'ws']) {
        const opened = await openAs(new URL(`supermon-ng/live/${path}`, site), { browser })
        expect(opened.ok && opened.first, `${browser} ${path}`).toContain('"type":"hello"')
        if (opened.ok) opened.close()
      }
    }
  })
})

/** What its installer makes with APP_BASE_PATH=/. */
const siteAtRoot = (http: number, sockets: number) => `<VirtualHost *:${http}>
  DocumentRoot "@WWW@"
  ProxyPreserveHost On
  ProxyPass "/ws/" "ws://localhost:${sockets}/ws/" upgrade=websocket
  ProxyPassReverse "/ws/" "ws://localhost:${sockets}/ws/"
</VirtualHost>
`

it('under a Supermon-NG at the root of its own site, sockets lead to us in every browser without a rule of ours', async () => {
  const app = await runApp([nodeConfig(NODE, fake.port)], { dialect: 'supermon-ng' })
  keep({ close: () => app.close(0) })
  const http = await freePorts(1)
  const apache = keep(await ApacheProcess.make([http], siteAtRoot(http, app.port), MODULES))
  await apache.start(http)
  for (const browser of BROWSERS) {
    const opened = await openAs(new URL(`http://127.0.0.1:${http}/ws/${NODE}`), { browser, protocol: null })
    expect(opened.ok && opened.first, browser).toContain(`"node":"${NODE}"`)
    if (opened.ok) opened.close()
  }
})

describe('the dashboard beside Supermon-NG, in Chromium through Apache', () => {
  let browser: Browser
  beforeAll(async () => { browser = await launchChromium() })
  afterAll(() => browser.close())

  it('knows who signed in there, is live over a socket, and forgets him when he signs out there', async () => {
    const configs = [nodeConfig(NODE, fake.port)]
    const access = new SupermonAuthority({ url: supermon.url, clock: systemClock, fetch, anonymous: 'read', nodes: () => new Set([NODE]), log: { info: () => undefined, warn: () => undefined } })
    keep({ close: () => { access.dispose() } })
    const app = await runApp(configs, { base: '/supermon-ng/live', files: PAGE, access })
    keep({ close: () => app.close(0) })
    const { site } = await beside('before', `base = /supermon-ng/live\nport = ${app.port}\n`, supermon.port)
    const page = await browser.newPage()
    const sockets: string[] = []
    page.on('websocket', (socket) => sockets.push(socket.url()))
    await page.goto(new URL('supermon-ng/', site).href)
    const signedIn = await page.evaluate(async () => {
      const answer = await fetch('/supermon-ng/api/v1/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'W5GLE', password: 'x' }) })
      return answer.ok
    })
    expect(signedIn).toBe(true)
    await page.goto(`${new URL('supermon-ng/live/', site).href}#${NODE}`)
    await page.getByText('W5GLE').first().waitFor()
    await page.locator(`section[data-node="${NODE}"] tr.link`).first().waitFor()
    expect(new Set(sockets)).toEqual(new Set([`ws://${site.host}/supermon-ng/live/ws/${NODE}`]))
    await page.evaluate(() => fetch('/supermon-ng/api/v1/auth/logout', { method: 'POST' }))
    // What Supermon-NG said of a session counts for 5 s.
    await expect.poll(async () => {
      await page.reload()
      await page.locator(`section[data-node="${NODE}"] tr.link`).first().waitFor()
      return page.getByText('W5GLE').count()
    }, { timeout: 20_000, interval: 500 }).toBe(0)
    await page.close()
  })
})

describe('a restart of the gateway behind a web server', () => {
  for (const server of ['apache', 'nginx'] as const) {
    it(`${server}: the client comes back by itself, and what it shows is true`, async () => {
      const http = await freePorts(1)
      const process = keep(server === 'apache'
        ? await ApacheProcess.make([http], `<VirtualHost *:${http}>\n  DocumentRoot "@WWW@"\n</VirtualHost>\n`)
        : await NginxProcess.make(`server {\n  listen 127.0.0.1:${http};\n  root "@WWW@";\n}\n`))
      const configs = [nodeConfig(NODE, fake.port)]
      let app = await runApp(configs, { base: '/supermon-live' })
      keep({ close: () => app.close(0) })
      const { port } = app
      await process.web(`${server} --base /supermon-live --port ${port}`)
      await process.start(http)
      const client = new LiveClient({ env: nodeEnv(`http://127.0.0.1:${http}/supermon-live/`) })
      keep({ close: () => { client.dispose() } })
      let rx: boolean | null = null
      let reach = ''
      client.sockets.onNodeMessage(NODE, ({ state }) => { ({ rx, reach } = state) })
      void client.ladder.watch(NODE)
      await until(() => reach === 'up' && client.sockets.getAllConnectedNodes().includes(NODE), 'live')
      await app.close(0)
      await until(() => !client.sockets.getAllConnectedNodes().includes(NODE), 'gone')
      // Meanwhile the web server answers in its place, and must not be believed.
      const refused = await openAs(new URL(`http://127.0.0.1:${http}/supermon-live/ws/${NODE}`), { browser: 'Chrome' })
      expect([refused.ok, refused.ok ? 0 : refused.status]).toEqual([false, server === 'apache' ? 503 : 502])
      await fake.key({ node: NODE, on: true })
      app = await runApp(configs, { base: '/supermon-live', port })
      await until(() => rx === true && client.sockets.getAllConnectedNodes().includes(NODE), 'live again', 30_000)
      await fake.key({ node: NODE, on: false })
      await until(() => !rx, 'and current')
    })
  }
})
