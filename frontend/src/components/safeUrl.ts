const PAGES: ReadonlySet<string> = new Set(['http:', 'https:'])
/** What a site's own configuration may link to, as the gateway takes it too. */
const LINKS: ReadonlySet<string> = new Set([...PAGES, 'mailto:', 'tel:'])

/** `url` if it is an absolute http(s) address, else null: anything else (`javascript:`, `data:`) must not become a link. */
export function safeUrl(url: unknown): string | null {
  return typeof url === 'string' ? read(url, undefined, PAGES) : null
}

/** For what the site's own configuration links to, where a path on this server is meant as well, or a letter or a call. @param base absolute */
export function menuUrl(url: string, base: string): string | null {
  return read(url, base, LINKS)
}

/** For its pictures. @param base absolute */
export function imageUrl(url: string, base: string): string | null {
  return read(url, base, PAGES)
}

function read(url: string, base: string | undefined, schemes: ReadonlySet<string>): string | null {
  try {
    const { protocol, href } = new URL(url, base)
    return schemes.has(protocol) ? href : null
  } catch {
    return null
  }
}

/** AllStarLink's public page of a node; null for private ids (below 2000) and names that are no AllStar number. */
export function statsUrl(id: string): string | null {
  return /^\d{4,7}$/.test(id) && Number(id) >= 2000 ? `https://stats.allstarlink.org/stats/${id}` : null
}
