/** The way through the web server: the page, the API, sockets as browsers open them, and what it tells the gateway of the visitor. */
import { CommandError } from '../config/commandError.ts'
import { SERVER } from '../web/command.ts'
import { Machine } from '../web/machine.ts'
import type { ServerName } from '../web/plan.ts'
import type { WebServer } from '../web/webServer.ts'
import { ask, jsonOf } from './ask.ts'
import type { Answer, Way } from './ask.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'
import { lookAtSockets } from './sockets.ts'

/** What is asked, and how. */
export interface Route extends Way {
  readonly url: URL
  /** What web.conf names; null = nothing. */
  readonly server: ServerName | null
  /** Only sockets lead to us: the page is Supermon-NG's. */
  readonly socketsOnly: boolean
  readonly gateway: string
}

/** How its web server is called on this machine. */
type Here = Pick<WebServer, 'unit' | 'errorLog' | 'rules'>

export function routeOf({ url, named, web, options, gateway }: Patient): Route {
  return {
    url, server: web?.server ?? null, connectTo: named ? null : '127.0.0.1', gateway,
    socketsOnly: options.dialect === 'supermon-ng' && (web?.name ?? null) === null,
  }
}

/** Where none was told or none is installed any more, Debian's Apache, as most nodes have it. */
export function hereOf({ server }: Route, { root = '/', run }: Tools): Here {
  try {
    return SERVER[server ?? 'apache'](new Machine(root, run))
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return { unit: 'apache2', errorLog: '/var/log/apache2/error.log', rules: 'grep -rnE "ServerName|Alias|RewriteRule" /etc/apache2/sites-enabled' }
  }
}

/** Sites often lead to TLS, which the web server alone knows. @returns the dashboard as visitors come to it in the end */
export async function followToTls(patient: Patient): Promise<Patient> {
  const { url, named, web } = patient
  if (url.protocol === 'https:' || (!named && web === null)) return patient
  const to = await tlsOf(url, routeOf(patient))
  // Without --url the name stands for that of whoever visits, so the site's own is as good.
  const same = to !== null && to.pathname === url.pathname && (!named || to.hostname === url.hostname)
  return same ? { ...patient, url: to } : patient
}

/** Where TLS begins for who asks for `url` without it; null = he is not led there. */
export async function tlsOf(url: URL, way: Way): Promise<URL | null> {
  const answer = await ask(url, { connectTo: way.connectTo ?? null })
  const { location = '' } = answer.ok && answer.status >= 300 && answer.status < 400 ? answer.headers : {}
  const to = URL.canParse(location, url.href) ? new URL(location, url) : null
  return to?.protocol === 'https:' ? to : null
}

/** Makes the web server's files anew, with the port and base path of the settings. */
export function webAgain({ server }: Pick<Route, 'server'>): string {
  return server === null ? 'sudo supermon-live web apache' : 'sudo supermon-live web --refresh'
}

export async function lookAtRoute(patient: Patient, tools: Tools): Promise<Finding[]> {
  const page = new Report('page', 'Page')
  const { base, dialect } = patient.options
  if (!patient.named && patient.web === null && dialect === 'supermon-ng' && base === '') return [page.skipped('Supermon-NG has a site of its own, which passes its sockets on by itself: use --url to check it.')]
  if (!patient.named && patient.web === null) return [page.skipped('No web server is set up to lead here: supermon-live web apache or nginx does that, and --url checks another one.')]
  const route = routeOf(patient)
  if (route.socketsOnly) return [page.skipped('The page is that of Supermon-NG.'), ...(await lookAtSockets(route, tools))]
  const first = await lookAtPage(route, page, hereOf(route, tools))
  if (first.state !== 'ok') return [first, ...['API', 'Sockets'].map((what) => new Report(what.toLowerCase(), what).skipped('Fix the page first.'))]
  const [api, sockets, scheme] = await Promise.all([lookAtApi(route), lookAtSockets(route, tools), lookAtScheme(route)])
  return [first, api, ...sockets, scheme]
}

async function lookAtPage(route: Route, report: Report, here: Here): Promise<Finding> {
  const { url, server } = route
  const answer = await ask(url, route)
  if (!answer.ok) {
    if (answer.code === 'ENOTFOUND' || answer.code === 'EAI_AGAIN') return report.wrong('web-name', `The name ${url.hostname} does not resolve.`, `getent hosts ${word(url.hostname, 'NAME')}`)
    return report.wrong('web-down', `No web server answers at ${url.origin} (${answer.code}).`, `sudo systemctl restart ${here.unit}`)
  }
  const wrong = wrongStatus(route, report, here, answer)
  if (wrong !== null) return wrong
  if (answer.body.includes('<title>Supermon Live')) return report.ok(`The dashboard is at ${url.href}`)
  return report.wrong('web-other-page', `There is another page at ${url.href}: an Alias, a rewrite rule or another site of the web server takes precedence over Supermon Live.`, server === null ? webAgain(route) : here.rules)
}

/** What the status alone tells; null = 200. */
function wrongStatus(route: Route, report: Report, { errorLog }: Here, { status, headers }: Answer): Finding | null {
  const { url, gateway } = route
  const log = `sudo tail -n 20 ${errorLog}`
  if (status === 200) return null
  if (status >= 300 && status < 400) return report.wrong('web-elsewhere', `${url.href} redirects to ${String(headers.location)}.`, `supermon-live doctor --url ${word(String(headers.location), 'URL')}`)
  if (status === 401) return report.wrong('web-password', `The web server asks for a password of its own at ${url.href}, which sockets cannot supply.`, log)
  if (status === 403) return report.wrong('web-forbidden', `The web server lets nobody in at ${url.href}.`, log)
  if (status === 502 || status === 503 || status === 504) return report.wrong('web-no-gateway', `The web server cannot reach the gateway (HTTP ${status}): it may be looking somewhere other than ${gateway}.`, webAgain(route))
  if (status === 404) return report.wrong('web-no-route', `The web server does not pass ${url.pathname} on to the gateway (HTTP 404).`, webAgain(route))
  return report.wrong('web-error', `The web server answers ${url.href} with HTTP ${status}.`, log)
}

async function lookAtApi(route: Route): Promise<Finding> {
  const report = new Report('api', 'API')
  const answer = await ask(new URL('api/v1/nodes', route.url), route)
  if (!answer.ok) return report.wrong('api-silent', `The page loads, but the API does not (${answer.code}).`, webAgain(route))
  const data = jsonOf(answer.body) as { success?: unknown } | null
  if (answer.status === 200 && data?.success === true) return report.ok('It answers with JSON.')
  // Nodes may be for those alone who signed in.
  if (answer.status === 401 && data?.success === false) return report.ok('It answers with JSON, and asks for a sign-in.')
  return report.wrong('api-other', `The page comes from Supermon Live, but its API does not (HTTP ${answer.status}): a web server rule for /api takes precedence.`, webAgain(route))
}

/** The gateway says where its sockets are as it believes that the visitor came. */
async function lookAtScheme(route: Route): Promise<Finding> {
  const report = new Report('forwarded', 'Forwarded')
  const answer = await ask(new URL('api/v1/nodes/websocket/ports', route.url), route)
  const nodes = answer.ok ? (jsonOf(answer.body) as { nodes?: Readonly<Record<string, { ws_url?: unknown }>> } | null)?.nodes : undefined
  const [told] = Object.values(nodes ?? {})
  if (typeof told?.ws_url !== 'string' || !URL.canParse(told.ws_url)) return report.skipped('No node is shown to visitors, so this cannot be checked.')
  const { protocol, host } = new URL(told.ws_url)
  const expected = route.url.protocol === 'https:' ? 'wss:' : 'ws:'
  const scheme = route.url.protocol.slice(0, -1)
  if (protocol !== expected) return report.wrong('scheme-hidden', `The gateway is not told that visitors come by ${scheme} (X-Forwarded-Proto): a proxy that handles TLS in front of this machine has to say so, and the web server here has to pass it on.`, webAgain(route))
  if (host !== route.url.host) return report.wrong('host-hidden', `The web server hides the name of the site from the gateway, which sees ${host} instead.`, webAgain(route))
  return report.ok('The gateway knows by which name and scheme visitors come.')
}
