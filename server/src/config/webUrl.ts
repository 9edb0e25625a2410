/** What a link on a public page may lead to. A list of what is good: browsers know more schemes that run than anybody can name. */
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:', 'tel:'])

/**
 * May a page link to `url`? Relative ones may stand for any place of the site. Judged as a browser reads it, which drops
 * blanks and controls inside a scheme; a URL with controls is refused altogether.
 */
export function isWebUrl(url: string): boolean {
  if (/[\u0000-\u001f\u007f]/.test(url)) return false
  try {
    return SCHEMES.has(new URL(url, 'https://page.invalid/').protocol)
  } catch {
    return false
  }
}

/** Supermon-NG's way to say "in a new tab": a `>` at the end. */
export function splitTarget(written: string): { readonly url: string; readonly newTab: boolean } {
  const newTab = written.endsWith('>')
  return { url: newTab ? written.slice(0, -1).trimEnd() : written, newTab }
}

/** Characters of a URL that is told to pages, and over a broker to fronts. */
export const LONGEST_URL = 2_000
