/**
 * What a request asks for, as a URL of which only path and query mean something. Strangers choose the text: unlike
 * `new URL(path, base)` this takes any (`//` has no host and would throw).
 */
export function requestUrl(path: string | undefined): URL {
  const target = path ?? '/'
  return new URL(`http://gateway${target.startsWith('/') ? '' : '/'}${target}`)
}

/** Path and query of what a request asks for, also where it names the whole URL, as to a proxy (RFC 9112, 3.2.2). */
export function originForm(target: string | undefined): string {
  const path = (target ?? '/').replace(/^https?:\/\/[^/?#]*/i, '')
  return path.startsWith('/') ? path : `/${path}`
}
