/** Browsers send far fewer; more of one name is somebody's attempt to make us search. */
const MAX_SAME_NAME = 4
/** As many gateways may share the name of a host, told apart by port. */
const MAX_PORTS = 20
/** Longer headers are cut off by node:http anyway; what comes through is read up to here. */
const MAX_HEADER = 16_384

/**
 * The values of one cookie in a `Cookie` header, in the order sent (RFC 6265: the longest path first), at most four.
 * There may be several, e.g. an old one of another path. Quotes around a value are taken off. Never throws.
 */
export function cookieValues(header: string | undefined, name: string): readonly string[] {
  return valuesOf(header, (each) => each === name, MAX_SAME_NAME)
}

/**
 * The same of a cookie that {@link cookieNameAt} names, for whatever port, some twenty at most: a node's own port, or a second way to the same
 * gateway, is sent the cookie that was given at the first.
 *
 * @param hosts as the browser may have named it, the likeliest first: the cookies of their ports come first
 */
export function cookieValuesOfAnyPort(header: string | undefined, name: string, hosts: readonly string[]): readonly string[] {
  const own = hosts.flatMap((host) => cookieValues(header, cookieNameAt(name, host)))
  const all = valuesOf(header, (each) => each === name || (each.startsWith(`${name}_`) && /^\d{1,5}$/.test(each.slice(name.length + 1))), MAX_PORTS)
  return [...new Set([...own, ...all])]
}

/**
 * Browsers keep cookies by host and not by port (RFC 6265, 8.5), so gateways of one host name would take each other's away.
 *
 * @param host as the browser named it, `club.example:8081`
 * @returns e.g. `name_8081`; the name alone without a port, or with one that browsers leave out
 */
export function cookieNameAt(name: string, host: string | undefined): string {
  const port = /:(\d{1,5})$/.exec(host ?? '')?.[1]
  return port === undefined || port === '80' || port === '443' ? name : `${name}_${port}`
}

function valuesOf(header: string | undefined, isMeant: (name: string) => boolean, most: number): readonly string[] {
  if (header === undefined || header.length > MAX_HEADER) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at === -1 || !isMeant(pair.slice(0, at).trim())) continue
    const value = pair.slice(at + 1).trim()
    values.push(/^".*"$/.test(value) ? value.slice(1, -1) : value)
    if (values.length === most) break
  }
  return values
}

export interface CookieOptions {
  readonly name: string
  /** Base path of the gateway, `''` or `/a/b`. */
  readonly base: string
  /** Did the visitor come over TLS? Then the cookie never goes over anything else. */
  readonly secure: boolean
  /** Life in the browser in ms; 0 takes the cookie away. */
  readonly maxAgeMs: number
}

/**
 * A `Set-Cookie` value that no script can read and no other site's form can send.
 *
 * @throws TypeError when name, value or path hold a character that does not belong into a cookie
 */
export function serialiseCookie(value: string, options: CookieOptions): string {
  const path = options.base === '' ? '/' : options.base
  if (!/^[\w.[\]-]+$/.test(options.name)) throw new TypeError('a cookie name consists of letters, digits, _ . - [ ]')
  if (!/^[\w.-]*$/.test(value)) throw new TypeError('a cookie value consists of letters, digits, _ . -')
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(path)) throw new TypeError('a cookie path starts with / and has no ; or blank')
  const maxAge = Math.max(0, Math.floor(options.maxAgeMs / 1000))
  return [
    `${options.name}=${value}`,
    `Path=${path}`,
    `Max-Age=${maxAge}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(options.secure ? ['Secure'] : []),
  ].join('; ')
}
