/** The doctor before real Apaches and nginxes: those that are told rightly, and those in which one thing is wrong. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { doctorCommand } from '../../server/src/doctor/command.ts'
import type { Finding } from '../../server/src/doctor/finding.ts'
import { startFakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import { freePorts } from '../../server/tests/support/freePorts.ts'
import { nodeConfig, runApp } from '../../server/tests/support/running.ts'
import { closeAll, keep } from './fronts.ts'
import { ApacheProcess, makeCertificate, NginxProcess } from './webServers.ts'
import type { Certificate, WebServerProcess } from './webServers.ts'

const NODE = '546051'
const BASE = '/supermon-live'
const CONF = 'etc/apache2/conf-available/supermon-live.conf'
const SNIPPET = 'etc/nginx/snippets/supermon-live.conf'

let fake: FakeAsterisk
let folder: string
let certificate: Certificate
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supermon-live-'))
  keep({ close: () => rm(folder, { recursive: true }) })
  await writeFile(join(folder, 'index.html'), '<title>Supermon Live</title>')
  certificate = await makeCertificate(folder, 60, '127.0.0.1')
  fake = keep(await startFakeAsterisk({ nodes: [NODE], links: 1 }))
})
afterAll(closeAll)

interface Stage {
  readonly server: 'apache' | 'nginx'
  readonly tls?: boolean
  /** What of the generated files, or beside them, is made wrong. */
  readonly spoil?: (process: WebServerProcess) => Promise<void>
  /** Settings besides. */
  readonly settings?: string
  readonly base?: string
  readonly site?: string
  readonly silent?: boolean
  readonly holdMs?: number
  /** A proxy before this machine does TLS, with these lines of nginx. */
  readonly outer?: string
}

const change = (path: string, from: RegExp, to: string) => async (process: WebServerProcess) => {
  const text = await process.text(path)
  expect(text).toMatch(from)
  await process.write(path, text.replace(from, to))
}

/** Ids of what the doctor says is wrong. */
async function diagnose({ server, tls = false, spoil, settings = '', base = BASE, site, silent = false, holdMs = 300, outer }: Stage): Promise<string[]> {
  const http = await freePorts(3)
  const app = await runApp([nodeConfig(NODE, fake.port)], { base, version: '1.2.3', files: folder, dialect: settings.includes('supermon-ng') ? 'supermon-ng' : 'plan' })
  keep({ close: () => app.close(0) })
  const listen = server === 'apache' ? sslHost(http, site?.replaceAll('@PORT@', String(app.port))) : nginxHost(http)
  const process = keep(server === 'apache' ? await ApacheProcess.make([http, http + 1], listen, ['ssl', 'socache_shmcb', 'rewrite', 'proxy_wstunnel', 'proxy']) : await NginxProcess.make(listen))
  const path = join(folder, 'settings.conf')
  await writeFile(join(folder, 'allmon.ini'), `[${NODE}]\nhost = 127.0.0.1:${fake.port}\nuser = admin\npasswd = demo\n`)
  const text = `config = ${join(folder, 'allmon.ini')}\nport = ${app.port}\nbase = ${base}\n${settings}`
  await writeFile(path, text)
  await process.write('etc/supermon-live/supermon-live.conf', text)
  await process.web(server)
  await spoil?.(process)
  await process.start(http)
  if (outer !== undefined) await keep(await NginxProcess.make(outerSite(http, outer))).start(http + 2)
  if (silent) await app.close(0)
  let out = ''
  await doctorCommand(['--json', '--url', `${outer !== undefined ? `https://127.0.0.1:${http + 2}` : tls ? `https://127.0.0.1:${http + 1}` : `http://127.0.0.1:${http}`}${base}/`], { env: { SUPERMON_LIVE_SETTINGS: path }, write: (piece) => { out += piece } }, {
    version: '1.2.3', limits: [], uid: 1000, systemd: false, builtAt: 0, now: () => Date.now(), holdMs, root: process.root,
    ca: readFileSync(certificate.certificate, 'utf8'), run: () => Promise.resolve({ code: 127, stdout: '', stderr: '' }),
  })
  const { findings } = JSON.parse(out) as { findings: Finding[] }
  looked = findings
  return findings.filter(({ state }) => state === 'wrong').map(({ id }) => id)
}
let looked: readonly Finding[] = []

const sslHost = (http: number, inside = '') => [`*:${http}>`, `*:${http + 1}>\n  SSLEngine on\n  SSLCertificateFile "${certificate.certificate}"\n  SSLCertificateKeyFile "${certificate.key}"`]
  .map((head) => `<VirtualHost ${head}\n  DocumentRoot "@WWW@"\n${inside}\n</VirtualHost>\n`).join('')
const nginxHost = (http: number) =>
  `server {\n  listen 127.0.0.1:${http};\n  listen 127.0.0.1:${http + 1} ssl;\n  ssl_certificate "${certificate.certificate}";\n  ssl_certificate_key "${certificate.key}";\n  root "@WWW@";\n}\n`

const outerSite = (http: number, lines: string) => `server {
  listen 127.0.0.1:${http + 2} ssl;
  ssl_certificate "${certificate.certificate}";
  ssl_certificate_key "${certificate.key}";
  location / {
    proxy_pass http://127.0.0.1:${http};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    ${lines}
  }
}
`

/** Supermon-NG's own rule for sockets, which is all that there is before ours. */
const ITS_RULE = `  RewriteEngine On
  RewriteCond %{HTTP:Upgrade} =websocket [NC]
  RewriteCond %{HTTP:Connection} =Upgrade [NC]
  RewriteRule ^/supermon-ng/ws/(.+)$ ws://127.0.0.1:@PORT@/supermon-ng/ws/$1 [P,L]`
const UNDER = { server: 'apache', base: '/supermon-ng', settings: 'dialect = supermon-ng\n', site: ITS_RULE } as const
const noConf = async (process: WebServerProcess) => { await process.unlink('etc/apache2/conf-enabled/supermon-live.conf') }

/** Into the site for plain HTTP, which then leads to the one with TLS. */
const toTls = (path: string, lines: string) => async (process: WebServerProcess) => {
  const text = await process.text(path)
  const [http, https] = [...text.matchAll(/(?:\*|127\.0\.0\.1):(\d+)[> ;]/g)].map(([, port]) => port)
  expect(Number(https)).toBe(Number(http) + 1)
  const [head, line] = path.includes('nginx') ? [/$/, `server {\n  listen 127.0.0.1:${http ?? ''};\n  ${lines}\n}\n`] : [/(?<=VirtualHost .*\n)/, `  ${lines}\n`]
  const own = path.includes('nginx') ? text.replace(`  listen 127.0.0.1:${http ?? ''};\n`, '') : text
  await process.write(path, own.replace(head, line.replaceAll('@TLS@', `https://127.0.0.1:${https ?? ''}`)))
}
const [APACHE_SITE, NGINX_SITE] = ['etc/apache2/sites-enabled/000-site.conf', 'etc/nginx/sites-available/default']
const REWRITE = 'RewriteEngine On\n  RewriteRule ^ @TLS@%{REQUEST_URI} [END,NE,R=permanent]'
/** As docs/install.md has it. */
const NO_PROXY = 'SetEnvIf Request_URI "^/supermon-live" no-proxy'

describe('a folder of a site that leads to TLS', () => {
  const along = () => {
    expect(looked.find(({ id }) => id === 'page')?.sentence).toMatch(/^The dashboard is at https:/)
    expect(looked.filter(({ id, state }) => id === 'tls' && state === 'ok')).toHaveLength(1)
  }

  it('apache: its Redirect comes after our rule unless that is told to wait, and then the doctor goes along', async () => {
    const redirect = 'Redirect permanent / @TLS@/'
    expect(await diagnose({ server: 'apache', spoil: toTls(APACHE_SITE, redirect) })).toEqual(['http-open'])
    expect(looked.find(({ id }) => id === 'http-open')?.sentence).toContain(NO_PROXY)
    expect(await diagnose({ server: 'apache', spoil: toTls(APACHE_SITE, `${NO_PROXY}\n  ${redirect}`) })).toEqual([])
    along()
  })

  it('apache: its RewriteRule, as certbot writes it, comes first', async () => {
    expect(await diagnose({ server: 'apache', spoil: toTls(APACHE_SITE, REWRITE) })).toEqual([])
    along()
  })

  it('nginx: it comes first', async () => {
    expect(await diagnose({ server: 'nginx', spoil: toTls(NGINX_SITE, 'return 301 @TLS@$request_uri;') })).toEqual([])
    along()
  })
})

describe('the doctor and real web servers', () => {
  for (const server of ['apache', 'nginx'] as const) {
    it(`${server}: nothing is wrong, with TLS and without`, async () => {
      expect(await diagnose({ server })).toEqual([])
      expect(await diagnose({ server, tls: true })).toEqual([])
    })
  }

  it.each(['apache', 'nginx'] as const)('%s behind a proxy that does TLS: nothing is wrong if that says so, and otherwise that is what is wrong', async (server) => {
    expect(await diagnose({ server, outer: 'proxy_set_header X-Forwarded-Proto $scheme;' })).toEqual([])
    expect(await diagnose({ server, outer: '' })).toEqual(['scheme-hidden'])
    expect(looked.find(({ id }) => id === 'scheme-hidden')?.sentence).toContain('a proxy that handles TLS in front of this machine has to say so')
  })

  it('nothing is wrong under a page of Supermon-NG', async () => {
    expect(await diagnose(UNDER)).toEqual([])
  })

  const faults: readonly (readonly [string, Stage, readonly string[]])[] = [
    ['Supermon-NG\'s rule alone shuts Firefox out', { ...UNDER, spoil: noConf }, ['firefox-shut-out']],
    ['apache: the file is not enabled', { server: 'apache', spoil: noConf }, ['web-no-route']],
    ['apache: another site answers with its page', {
      server: 'apache', site: '  FallbackResource /index.html', spoil: noConf,
    }, ['web-other-page']],
    ['apache: the gateway is at another port', { server: 'apache', spoil: change(CONF, /127\.0\.0\.1:\d+/g, '127.0.0.1:9') }, ['web-no-gateway']],
    ['apache: upgrades are not passed on', { server: 'apache', spoil: change(CONF, / upgrade=websocket/, '') }, ['no-upgrade']],
    ['apache: the scheme is not told', { server: 'apache', tls: true, spoil: change(CONF, /.*X-Forwarded-Proto.*/, '') }, ['scheme-hidden']],
    ['apache: nobody is let in', { server: 'apache', spoil: change(CONF, /ProxyPreserveHost On/, 'ProxyPreserveHost On\nRequire all denied') }, ['web-forbidden']],
    ['apache: a module is missing', { server: 'apache', spoil: async (process) => { await process.unlink('etc/apache2/mods-enabled/proxy_http.load') } }, ['web-error']],
    ['nginx: upgrades are not passed on', { server: 'nginx', spoil: change(SNIPPET, /.*proxy_set_header (?:Upgrade|Connection).*\n/g, '') }, ['no-upgrade']],
    ['nginx: the site\'s name is hidden', { server: 'nginx', spoil: change(SNIPPET, /.*(?:proxy_set_header Host|X-Forwarded-Host).*\n/g, '') }, ['origin-refused', 'host-hidden']],
    ['nginx: the line is not in the site', { server: 'nginx', spoil: change('etc/nginx/sites-available/default', /.*snippets.*\n/, '') }, ['web-no-route']],
    ['nginx: sockets are cut early', { server: 'nginx', spoil: change(SNIPPET, /proxy_read_timeout 90s/, 'proxy_read_timeout 1s'), holdMs: 10_000 }, ['socket-cut']],
    ['nginx: the gateway does not run', { server: 'nginx', silent: true }, ['gateway-silent', 'web-no-gateway']],
  ]
  it.each(faults)('%s', async (_what, stage, ids) => {
    expect(await diagnose(stage)).toEqual(ids)
  })
})
