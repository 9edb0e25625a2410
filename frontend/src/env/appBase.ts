const META = 'meta[name="app-base"]'

/**
 * Where the application lives, as an absolute URL ending in `/`. One rule for everybody:
 * an explicit base wins; then Supermon-NG's `<meta name="app-base" content="/supermon-ng">` (`/` or empty = site root);
 * then the document's own base, which is right wherever the page was served from.
 * @param page null = there is none (a server renders): a path, or nothing, is then taken to be on this machine
 */
export function appBase(page: Pick<Document, 'baseURI' | 'querySelector'> | null, explicit?: string): string {
  const here = page?.baseURI ?? 'http://localhost/'
  const meta = page?.querySelector(META)?.getAttribute('content')
  const path = explicit ?? meta ?? undefined
  if (path === undefined) return new URL('.', here).href
  const url = new URL(path.trim() === '' ? '/' : path.trim(), here)
  url.search = ''
  url.hash = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url.href
}

/**
 * The base of a page of Supermon-NG that does not say it, as those up to 4.1.5: it was always this one, and pages have addresses below it
 * (`/supermon-ng/lsnod/546051`). null = there is no page, it says its base, or it is elsewhere.
 */
export function supermonNgBase(): string | null {
  if (typeof document === 'undefined' || document.querySelector(META) !== null) return null
  return /^\/supermon-ng(?=\/|$)/.exec(new URL(document.baseURI).pathname)?.[0] ?? null
}
