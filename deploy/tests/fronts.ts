/** Every way in which a web server stands before the gateway, each for real. */
import { startFakeAsterisk } from '../../server/src/fake-asterisk/fakeAsterisk.ts'
import { textsOf } from '../../server/src/web/plan.ts'
import type { ServerName, Site } from '../../server/src/web/plan.ts'
import { openClub } from '../../server/tests/support/club.ts'
import type { Club } from '../../server/tests/support/club.ts'
import { freePorts } from '../../server/tests/support/freePorts.ts'
import { nodeConfig, Watcher } from '../../server/tests/support/running.ts'
import { ApacheProcess, makeCertificate, NginxProcess } from './webServers.ts'
import type { Certificate, WebServerProcess } from './webServers.ts'

export interface Front {
  readonly name: string
  /** Of the dashboard, with its slash. */
  readonly url: URL
  readonly base: string
  readonly gateway: Club
  /** Where plain HTTP is only a way to TLS. */
  readonly redirects: URL | null
}

/** A node with as many links as the biggest hub. */
export const BIG = '546055'
export const BASE = '/supermon-live'
/** Sockets that one address may hold at a gateway of these tests. */
export const SOCKETS_EACH = 24

const closeLater: (() => unknown)[] = []
export async function closeAll(): Promise<void> {
  for (const close of closeLater.splice(0).reverse()) await close()
}

export function keep<T extends { close(): unknown }>(what: T): T {
  closeLater.push(() => what.close())
  return what
}

/** Sockets of one address are counted, and a visitor of these tests is one of loopback that no proxy has. */
export async function gatewayAt(base: string): Promise<Club> {
  const big = keep(await startFakeAsterisk({ nodes: ['546051', BIG], links: 256 }))
  const club = await openClub(closeLater, 'read', {
    base, nodes: [nodeConfig('546051', big.port), nodeConfig(BIG, big.port)], limits: { viewersPerLoopback: SOCKETS_EACH, viewersPerAddress: SOCKETS_EACH }, trustedProxies: ['127.0.0.1'],
  })
  // While somebody watches it, who comes later gets all links in one piece.
  const watcher = keep(new Watcher(club.app, BIG))
  await watcher.until(({ links }) => Object.keys(links).length === 256, 'all links')
  return club
}

const url = (scheme: string, port: number, base: string) => new URL(`${scheme}://127.0.0.1:${port}${base}/`)

export async function startFronts(): Promise<Front[]> {
  const folder = await ApacheProcess.make([], '')
  closeLater.push(() => folder.close())
  const certificate = await makeCertificate(folder.root)
  const [below, whole] = [await gatewayAt(BASE), await gatewayAt('')]
  const groups = [
    await directory('apache', below, certificate), await directory('nginx', below, certificate), await oldApache(below),
    await host('apache', whole, null), await host('apache', below, certificate), await host('nginx', whole, null), await host('nginx', below, certificate),
  ]
  return groups.flat()
}

function siteOf(server: ServerName, http: number, https: number, { certificate, key }: Certificate): string {
  return server === 'apache'
    ? `<VirtualHost *:${http}>\n  DocumentRoot "@WWW@"\n</VirtualHost>\n<VirtualHost *:${https}>\n  DocumentRoot "@WWW@"\n  SSLEngine on\n  SSLCertificateFile "${certificate}"\n  SSLCertificateKeyFile "${key}"\n</VirtualHost>\n`
    : `server {\n  listen 127.0.0.1:${http};\n  listen 127.0.0.1:${https} ssl;\n  ssl_certificate "${certificate}";\n  ssl_certificate_key "${key}";\n  root "@WWW@";\n  location ~* \\.(?:js|css|html)$ { expires 1h; }\n}\n`
}

async function directory(server: ServerName, gateway: Club, certificate: Certificate): Promise<Front[]> {
  const http = await freePorts(2)
  const site = siteOf(server, http, http + 1, certificate)
  const process = server === 'apache' ? await ApacheProcess.make([http, http + 1], site, ['ssl', 'socache_shmcb']) : await NginxProcess.make(site)
  keep(process)
  await process.web(`${server} --base ${BASE} --port ${gateway.app.port}`)
  await process.start(http)
  return [
    { name: `${server}, a folder of a site`, url: url('http', http, BASE), base: BASE, gateway, redirects: null },
    { name: `${server}, a folder of a site with TLS`, url: url('https', http + 1, BASE), base: BASE, gateway, redirects: null },
  ]
}

/** The other branch of the file, which an Apache before 2.4.47 takes; ours of today is told that it is one. */
async function oldApache(gateway: Club): Promise<Front[]> {
  const http = await freePorts(1)
  const apache = keep(await ApacheProcess.make([http], `<VirtualHost *:${http}>\n  DocumentRoot "@WWW@"\n</VirtualHost>\n`, ['proxy_wstunnel']))
  await apache.web(`apache --base ${BASE} --port ${gateway.app.port}`)
  const path = 'etc/apache2/conf-available/supermon-live.conf'
  const text = await apache.text(path)
  await apache.write(path, text.replaceAll('2.4.47', '9.9.9'))
  await apache.start(http)
  return [{ name: 'apache before 2.4.47, a folder of a site', url: url('http', http, BASE), base: BASE, gateway, redirects: null }]
}

async function host(server: ServerName, gateway: Club, tls: Certificate | null): Promise<Front[]> {
  const http = await freePorts(2)
  const base = new URL(gateway.app.url).pathname.replace(/\/$/, '')
  const site: Site = { layout: 'host', name: 'node.example', tls }
  const { main, http: inHttp } = await textsOf({ server, site, base, gateway: `127.0.0.1:${gateway.app.port}`, ports: { http, https: http + 1 }, threads: 64 })
  const process: WebServerProcess = server === 'apache'
    ? await ApacheProcess.make([http, http + 1], main, ['proxy', 'proxy_http', 'headers', ...(tls === null ? [] : ['ssl', 'socache_shmcb'])])
    : await NginxProcess.make(main)
  keep(process)
  if (inHttp !== null) await process.write('etc/nginx/conf.d/supermon-live.conf', inHttp)
  await process.start(http)
  const plain = url('http', http, base)
  const name = `${server}, a host of its own${tls === null ? '' : ' with TLS'}${base === '' ? '' : ', with a base path'}`
  return [{ name, url: tls === null ? plain : url('https', http + 1, base), base, gateway, redirects: tls === null ? null : plain }]
}
