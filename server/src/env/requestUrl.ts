/**
 * What a request asks for, as a URL of which only path and query mean something. Strangers choose the text: unlike
 * `new URL(path, base)` this takes any (`//` has no host and would throw).
 */
export function requestUrl(path: string | undefined): URL {
  const target = path ?? '/'
  return new URL(`http://gateway${target.startsWith('/') ? '' : '/'}${target}`)
}
