/**
 * May a page of this origin connect? Browsers always say where a page comes from; scripts and apps do not, and they are
 * not the danger that this guards against (another site's page using a visitor's browser).
 *
 * @param hosts names that this server goes by
 * @param allowed other origins whose pages may; `*` = all
 */
export function originAllowed(origin: string | undefined, hosts: readonly string[], allowed: readonly string[] = []): boolean {
  if (origin === undefined || allowed.includes('*')) return true
  let url: URL
  try {
    url = new URL(origin)
  } catch {
    return false
  }
  return hosts.some((host) => sameHost(url, host)) || allowed.includes(url.origin)
}

/** A default port may be written or left out, on either side. */
function sameHost(origin: URL, host: string): boolean {
  if (origin.host === host.toLowerCase()) return true
  return URL.canParse(`${origin.protocol}//${host}`) && new URL(`${origin.protocol}//${host}`).host === origin.host
}
