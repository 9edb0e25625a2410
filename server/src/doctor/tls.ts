/** The certificate as browsers judge it, and plain HTTP. */
import { isIP } from 'node:net'
import { connect, checkServerIdentity } from 'node:tls'
import type { PeerCertificate } from 'node:tls'
import { ask, PATIENCE_MS } from './ask.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'
import { hereOf, routeOf, tlsOf } from './route.ts'

/** Certbot renews a month before the end; whoever is this close did not, days. */
const CLOSE_DAYS = 10
const DAY_MS = 86_400_000

interface Seen {
  readonly certificate: PeerCertificate
  /** Why nobody vouches for it; null = somebody does. */
  readonly distrust: string | null
}

export async function lookAtTls(patient: Patient, tools: Tools): Promise<Finding[]> {
  const report = new Report('tls', 'TLS')
  const { url, named, web } = patient
  if (!named && web === null) return [report.skipped('There is no web server to look at.')]
  if (url.protocol !== 'https:') return [await lookAtPlain(patient, tools, report)]
  // It came of a redirect that keeps whatever name was asked for.
  if (!named && isIP(bare(url)) !== 0) return [report.skipped('The name that visitors use is not known here: give it with --url.')]
  const seen = await see(patient, tools)
  if (typeof seen === 'string') return [report.wrong('tls-broken', `No TLS connection to ${url.host} could be made (${seen}).`, `openssl s_client -connect ${word(url.hostname, 'HOST')}:${url.port === '' ? '443' : url.port}`)]
  const certificate = judge(report, seen, bare(url), tools.now())
  const redirect = web?.tls != null && !named ? [await lookAtRedirect(patient)] : []
  return [certificate, ...redirect]
}

function judge(report: Report, { certificate, distrust }: Seen, name: string, now: number): Finding {
  const renew = 'sudo certbot renew'
  const days = Math.floor((Date.parse(certificate.valid_to) - now) / DAY_MS)
  if (days < 0) return report.wrong('tls-expired', `The certificate expired on ${certificate.valid_to}.`, renew)
  if (Date.parse(certificate.valid_from) > now) return report.wrong('tls-not-yet', `The certificate is not valid before ${certificate.valid_from}: is the clock right?`, 'timedatectl')
  const misfit = checkServerIdentity(name, certificate)
  if (misfit !== undefined) return report.wrong('tls-name', `The certificate is for ${certificate.subjectaltname ?? 'another name'}, but visitors come to ${name}.`, `sudo certbot certonly -d ${word(name, 'NAME')}`)
  if (distrust !== null) return report.wrong('tls-untrusted', `Browsers warn about the certificate, as nobody they trust vouches for it (${distrust}): it is self-signed, or its chain is incomplete.`, `sudo certbot certonly -d ${word(name, 'NAME')}`)
  if (days < CLOSE_DAYS) return report.wrong('tls-ends-soon', `The certificate expires in ${days} days and has not been renewed.`, renew)
  return report.ok(`The certificate matches and is valid for ${days} more days.`)
}

/** Without the brackets that an address of IPv6 has in URLs. */
function bare({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function see({ url, named }: Patient, { ca }: Tools): Promise<Seen | string> {
  return new Promise((resolve) => {
    const socket = connect({
      host: named ? bare(url) : '127.0.0.1', port: url.port === '' ? 443 : Number(url.port),
      // A server name is no address.
      ...(isIP(bare(url)) === 0 ? { servername: url.hostname } : {}),
      rejectUnauthorized: false, ...(ca === undefined ? {} : { ca }), timeout: PATIENCE_MS,
    })
    const end = (what: Seen | string) => {
      resolve(what)
      socket.destroy()
    }
    // Whether the name fits is judged by itself.
    const trust = () => { const code = (socket.authorizationError as unknown as string | Error | null) ?? null; return code === null || String(code).includes('ERR_TLS_CERT_ALTNAME_INVALID') ? null : String(code) }
    socket.on('secureConnect', () => { end({ certificate: socket.getPeerCertificate(), distrust: socket.authorized ? null : trust() }) })
    socket.on('timeout', () => { end('timeout') })
    socket.on('error', (error) => { end((error as { code?: string }).code ?? 'unknown') })
  })
}

/** Our rule for a folder may come before what leads the site to TLS. */
async function lookAtPlain(patient: Patient, tools: Tools, report: Report): Promise<Finding> {
  const { url } = patient
  const route = routeOf(patient)
  if ((await tlsOf(new URL('/', url), route)) === null) return report.skipped(`${url.origin} has none; on a public address passwords cross the network in the clear.`)
  const first = route.server === 'nginx'
    ? 'in its server for port 80 put "return" outside of any location'
    : `into its site for port 80 put: SetEnvIf Request_URI "^${url.pathname.replace(/\/$/, '')}" no-proxy`
  return report.wrong('http-open', `The site leads to TLS, and ${url.href} answers without it, so passwords can cross the network in the clear: ${first}`, hereOf(route, tools).rules)
}

async function lookAtRedirect(patient: Patient): Promise<Finding> {
  const report = new Report('tls-redirect', 'Plain HTTP')
  const plain = new URL(patient.url.pathname, `http://${patient.url.hostname}`)
  const { connectTo = null } = routeOf(patient)
  const answer = await ask(plain, { connectTo })
  if (!answer.ok) return report.ok('Nothing answers without TLS.')
  if (String(answer.headers.location).startsWith('https://')) return report.ok('It leads to TLS.')
  return report.wrong('http-open', `${plain.href} answers without TLS, so passwords can cross the network in the clear.`, 'sudo supermon-live web --refresh')
}
