/** `url` if it is an absolute http(s) address, else null: anything else (`javascript:`, `data:`) must not become a link. */
export function safeUrl(url: unknown): string | null {
  if (typeof url !== 'string') return null
  try {
    const { protocol, href } = new URL(url)
    return protocol === 'http:' || protocol === 'https:' ? href : null
  } catch {
    return null
  }
}

/** The same for what the site's own configuration links to, where a path on this server is meant as well. @param base absolute */
export function menuUrl(url: string, base: string): string | null {
  try {
    return safeUrl(new URL(url, base).href)
  } catch {
    return null
  }
}

/** AllStarLink's public page of a node; null for private ids (below 2000) and names that are no AllStar number. */
export function statsUrl(id: string): string | null {
  return /^\d{4,7}$/.test(id) && Number(id) >= 2000 ? `https://stats.allstarlink.org/stats/${id}` : null
}
