/** Browsers send far fewer; more of one name is somebody's attempt to make us search. */
const MAX_SAME_NAME = 4
/** Longer headers are cut off by node:http anyway; what comes through is read up to here. */
const MAX_HEADER = 16_384

/**
 * The values of one cookie in a `Cookie` header, in the order sent (RFC 6265: the longest path first), at most four.
 * There may be several, e.g. an old one of another path. Quotes around a value are taken off. Never throws.
 */
export function cookieValues(header: string | undefined, name: string): readonly string[] {
  if (header === undefined || header.length > MAX_HEADER) return []
  const values: string[] = []
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at === -1 || pair.slice(0, at).trim() !== name) continue
    const value = pair.slice(at + 1).trim()
    values.push(/^".*"$/.test(value) ? value.slice(1, -1) : value)
    if (values.length === MAX_SAME_NAME) break
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
