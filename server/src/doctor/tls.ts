/** The certificate as browsers judge it, and plain HTTP. */
import { connect, checkServerIdentity } from 'node:tls'
import type { PeerCertificate } from 'node:tls'
import { ask, PATIENCE_MS } from './ask.ts'
import { Report, word } from './finding.ts'
import type { Finding } from './finding.ts'
import type { Patient, Tools } from './patient.ts'
import { routeOf } from './route.ts'

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
  if (url.protocol !== 'https:') return [report.skipped(`${url.origin} has none; on a public address passwords cross the network in clear.`)]
  const seen = await see(patient, tools)
  if (typeof seen === 'string') return [report.wrong('tls-broken', `No TLS connection comes about with ${url.host} (${seen}).`, `openssl s_client -connect ${word(url.host, 'HOST')}:${url.port === '' ? '443' : url.port}`)]
  const certificate = judge(report, seen, url.hostname, tools.now())
  const redirect = web?.tls != null && !named ? [await lookAtRedirect(patient)] : []
  return [certificate, ...redirect]
}

function judge(report: Report, { certificate, distrust }: Seen, name: string, now: number): Finding {
  const renew = 'sudo certbot renew'
  const days = Math.floor((Date.parse(certificate.valid_to) - now) / DAY_MS)
  if (days < 0) return report.wrong('tls-expired', `The certificate ended on ${certificate.valid_to}.`, renew)
  if (Date.parse(certificate.valid_from) > now) return report.wrong('tls-not-yet', `The certificate counts from ${certificate.valid_from} on only: is the clock right?`, 'timedatectl')
  const misfit = checkServerIdentity(name, certificate)
  if (misfit !== undefined) return report.wrong('tls-name', `The certificate is for ${certificate.subjectaltname ?? 'another name'}, and visitors come to ${name}.`, `sudo certbot certonly -d ${word(name, 'NAME')}`)
  if (distrust !== null) return report.wrong('tls-untrusted', `Browsers warn of the certificate, as nobody that they know vouches for it (${distrust}): it is self-made, or its chain is not whole.`, `sudo certbot certonly -d ${word(name, 'NAME')}`)
  if (days < CLOSE_DAYS) return report.wrong('tls-ends-soon', `The certificate ends in ${days} days and was not renewed.`, renew)
  return report.ok(`The certificate fits and counts for ${days} more days.`)
}

function see({ url, named }: Patient, { ca }: Tools): Promise<Seen | string> {
  return new Promise((resolve) => {
    const socket = connect({
      host: named ? url.hostname : '127.0.0.1', port: url.port === '' ? 443 : Number(url.port),
      // A server name is no address.
      ...(/^[\d.:[\]]+$/.test(url.hostname) ? {} : { servername: url.hostname }),
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

async function lookAtRedirect(patient: Patient): Promise<Finding> {
  const report = new Report('tls-redirect', 'Plain HTTP')
  const plain = new URL(patient.url.href.replace(/^https:\/\/([^/:]+)(?::\d+)?/, 'http://$1'))
  const { connectTo = null } = routeOf(patient)
  const answer = await ask(plain, { connectTo })
  if (!answer.ok) return report.ok('Nothing answers without TLS.')
  if (String(answer.headers.location).startsWith('https://')) return report.ok('It leads to TLS.')
  return report.wrong('http-open', `${plain.href} answers without TLS, so passwords can cross the network in clear.`, 'sudo supermon-live web --refresh')
}
