/** What a web server is to do for the gateway, and the files that tell it. */
import { fail, show } from '../config/optionValues.ts'
import type { Options } from '../config/options.ts'
import { fill, readTemplate, sealed } from './templates.ts'
import type { TemplateName } from './templates.ts'

export const SERVERS = ['apache', 'nginx'] as const
export type ServerName = (typeof SERVERS)[number]

export interface Tls {
  readonly certificate: string
  readonly key: string
}

/** `directory`: a folder of existing sites. `sockets`: the same for a Supermon-NG page's sockets alone. `host`: a site of its own. */
export type Site =
  | { readonly layout: 'directory' | 'sockets' }
  | { readonly layout: 'host'; readonly name: string; readonly tls: Tls | null }

export interface WebPlan {
  readonly server: ServerName
  readonly site: Site
  /** '' or '/a/b'. */
  readonly base: string
  /** Where the gateway listens, as this machine reaches it: `127.0.0.1:8105`. */
  readonly gateway: string
  /** Ports of a site of its own. Default 80 and 443. */
  readonly ports?: { readonly http: number; readonly https: number }
  /** How many threads a process of Apache has. Default: Debian's 25. */
  readonly threads?: number
}

/** Four and a half times the gateway's heartbeat, s: one that is lost or late cuts nobody off. */
const TIMEOUT_S = 90

/**
 * Where to send what is for the gateway with these options.
 *
 * @throws UsageError when it cannot be reached on this machine alone
 */
export function gatewayOf({ host, port }: Pick<Options, 'host' | 'port'>): string {
  if (port === 0) fail('the gateway has any free port', 'give it one in the settings, such as port = 8105')
  if (host === '::1') return `[::1]:${port}`
  if (['localhost', '0.0.0.0', '::'].includes(host) || /^127\./.test(host)) return `${/^127\./.test(host) ? host : '127.0.0.1'}:${port}`
  return fail(`the gateway listens on ${show(host)} only`, 'take host out of the settings: behind a web server it belongs on 127.0.0.1')
}

/** Text of the main file, and for nginx the one that belongs into its http block. */
export async function textsOf(plan: WebPlan): Promise<{ readonly main: string; readonly http: string | null }> {
  const values = valuesOf(plan)
  const text = async (name: TemplateName) => sealed(fill(await readTemplate(name), values))
  const tls = plan.site.layout === 'host' && plan.site.tls !== null ? '-tls' : ''
  return {
    main: await text(`${plan.server}-${plan.site.layout}${tls}` as TemplateName),
    http: plan.server === 'nginx' ? await text('nginx-http') : null,
  }
}

/** What of Apache's threads sockets may hold; the rest is for everybody else. */
const SOCKET_SHARE = 2 / 3

function valuesOf({ site, base, gateway, ports = { http: 80, https: 443 }, threads = 25 }: WebPlan): Record<string, string> {
  const values: Record<string, string> = {
    GATEWAY: gateway, BASE: base, BASE_PATTERN: base.replaceAll('.', '\\.'), TIMEOUT: String(TIMEOUT_S),
    THREADS: String(threads), SOCKETS: String(Math.max(1, Math.floor(threads * SOCKET_SHARE))),
  }
  if (site.layout !== 'host') {
    // Its own rule for /ws/ serves every browser; one of ours would take that path of every site on this machine.
    if (base === '' && site.layout === 'sockets') fail('Supermon-NG has a site of its own, whose own rule leads its sockets to the gateway', 'leave the web server as it is; what it was told for another path goes with supermon-live web --remove')
    if (base === '') fail('the gateway has no base path, so it would take over the whole site', 'write base = /supermon-live into the settings, or give it a host of its own with --name')
    return values
  }
  const { name, tls } = site
  return {
    ...values,
    NAME: name,
    HTTP_PORT: String(ports.http),
    HTTPS_PORT: String(ports.https),
    HTTPS_ORIGIN: `https://${name}${ports.https === 443 ? '' : `:${ports.https}`}`,
    ...(tls === null ? {} : { CERTIFICATE: tls.certificate, KEY: tls.key }),
  }
}

export function readName(text: string, source: string): string {
  const name = text.trim().toLowerCase()
  if (name.length <= 253 && /^[0-9a-z](?:[0-9a-z-]*[0-9a-z])?(?:\.[0-9a-z](?:[0-9a-z-]*[0-9a-z])?)*$/.test(name)) return name
  return fail(`${source} ${show(text)} is not a host name`, 'give one like node.example, without http:// and port')
}

export function readFilePath(text: string, source: string): string {
  const path = text.trim()
  if (/^\/[0-9A-Za-z._/@+-]+$/.test(path)) return path
  return fail(`${source} ${show(text)} is not a path for a web server`, 'give an absolute one of letters, digits and . _ - @ +')
}
