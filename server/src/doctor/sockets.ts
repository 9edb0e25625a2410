/** Sockets through the web server, opened as Chrome and as Firefox open them. */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { jsonOf } from './ask.ts'
import { BROWSERS, openAs } from './browserSocket.ts'
import type { Browser, Ending, NotOpened, Opened } from './browserSocket.ts'
import { Report } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Tools } from './patient.ts'
import { webAgain } from './route.ts'
import type { Route } from './route.ts'

/** What a rule does that compares the header of one browser: it passes no upgrade on, or leads elsewhere. */
const SHUT_OUT = ['no-upgrade', 'socket-alias']

export async function lookAtSockets(route: Route, { holdMs }: Tools): Promise<Finding[]> {
  const [chrome, firefox] = await Promise.all(BROWSERS.map((browser) => lookAtSocket(route, browser, holdMs)))
  if (chrome === undefined || firefox === undefined) return []
  if (chrome.state === 'ok' && SHUT_OUT.includes(firefox.id)) {
    const sentence = 'Chrome gets a socket and Firefox does not: a web server rule accepts "Connection: Upgrade" and nothing else.'
    return [chrome, new Report('socket', 'Socket, Firefox').wrong('firefox-shut-out', sentence, webAgain(route))]
  }
  // One cause is told once.
  if (chrome.state === 'wrong' && firefox.state === 'wrong' && chrome.id === firefox.id) return [{ ...chrome, title: 'Sockets' }]
  return [chrome, firefox]
}

async function lookAtSocket(route: Route, browser: Browser, holdMs: number): Promise<Finding> {
  const report = new Report('socket', `Socket, ${browser}`)
  // Pages of Supermon-NG ask for one node, and for no subprotocol. A number that no node has is answered as well.
  const url = new URL(route.socketsOnly ? 'ws/1' : 'ws', route.url)
  const opened = await openAs(url, { browser, ...(route.socketsOnly ? { protocol: null } : {}), connectTo: route.connectTo ?? null })
  if (!opened.ok) return refused(route, report, opened)
  const finding = await held(route, report, opened, holdMs)
  opened.close()
  return finding
}

async function held(route: Route, report: Report, { first, ended }: Opened, holdMs: number): Promise<Finding> {
  const since = Date.now()
  let timer: NodeJS.Timeout | undefined
  const stayed = new Promise<'stayed'>((resolve) => { timer = setTimeout(() => { resolve('stayed') }, holdMs) })
  const end = await Promise.race([ended, stayed])
  clearTimeout(timer)
  if (end !== 'stayed' && end !== null) return closed(route, report, end)
  if (end === null) return report.wrong('socket-cut', `The socket was cut after ${((Date.now() - since) / 1000).toFixed(1)} s: something on the way does not let it stay open.`, webAgain(route))
  if (first === null) return report.wrong('socket-silent', 'The socket opens, but nothing comes over it: something on the way holds it back.', webAgain(route))
  if (!route.socketsOnly && (jsonOf(first) as { type?: unknown } | null)?.type !== 'hello') return notOurs(route, report)
  return report.ok('It opens and the gateway greets.')
}

function notOurs(route: Route, report: Report): Finding {
  return report.wrong('socket-other', 'The socket leads to something other than Supermon Live: another web server rule takes precedence.', webAgain(route))
}

/** The gateway itself ended it, so the way to it is open. */
function closed(route: Route, report: Report, { code, reason }: Ending): Finding {
  if (code === CLOSE.originRefused) return report.wrong('origin-refused', 'The gateway takes the page for that of another site: the web server hides the name that visitors use.', webAgain(route))
  if (code === CLOSE.flagOff) return report.ok('It opens; the rollout has sockets switched off.')
  if (code === CLOSE.unauthorized) return report.ok('It opens, and the gateway asks for a sign-in.')
  if (code === CLOSE.tooMany) return report.unknown(`The gateway already has as many sockets as it may, in all or from this address (${reason}).`, 'supermon-live doctor')
  // Whoever asks for a node that is not there is told so by the gateway itself.
  if (route.socketsOnly) return report.ok('It opens, and the gateway answers.')
  return report.wrong('socket-refused', `The gateway closed the socket at once (${code} ${reason}).`, 'journalctl -u supermon-live -n 50 --no-pager')
}

function refused(route: Route, report: Report, { status, why, contentType, body }: NotOpened): Finding {
  const isPage = /html/.test(contentType) && status === 200
  const byGateway = /json/.test(contentType) && /"success":false/.test(body)
  if (status === null) return report.wrong('socket-silent', `The request for a socket gets no answer (${why}).`, webAgain(route))
  if (status === 101 && why === 'Sec-WebSocket-Protocol') {
    return report.wrong('socket-protocol', 'The socket is opened without the subprotocol that pages ask for, so browsers close it: something on the way drops Sec-WebSocket-Protocol.', webAgain(route))
  }
  if (status === 101) return notOurs(route, report)
  if (isPage || (status === 404 && !byGateway)) {
    return report.wrong('socket-alias', `The request for a socket is answered with ${isPage ? 'a page' : 'HTTP 404'}: an Alias or a rewrite rule of the web server takes precedence over Supermon Live.`, webAgain(route))
  }
  if (status === 502 || status === 503 || status === 504) {
    return report.wrong('socket-no-gateway', `The web server gets no socket from the gateway (HTTP ${status}): it uses another port, or has no thread left for one more.`, webAgain(route))
  }
  if (status === 401 || status === 403) return report.wrong('socket-forbidden', `The web server does not let the socket through (HTTP ${status}).`, webAgain(route))
  if (status === 429) return report.unknown('Too many sockets are being requested from this address just now.', 'supermon-live doctor')
  return report.wrong('no-upgrade', `The web server does not pass the upgrade on (HTTP ${status}): its module or its rule for that is missing.`, webAgain(route))
}
