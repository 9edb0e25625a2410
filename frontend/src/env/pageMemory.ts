/** What this browser remembers of a page, and what its address says: all that a rollout wants of a page, which is why it stands alone. */
export interface PageMemory {
  /** Remembered in this browser; null = nothing is. */
  recall(key: string): string | null
  /** Never throws: what the browser does not keep (private windows refuse) lasts as long as the page. null = forget it. */
  remember(key: string, value: string | null): void
  /** A value of the address's query, `?kiosk` is ''; null = it is not there. */
  query(name: string): string | null
}

const PREFIX = 'supermon-live.'

/** The real browser's. Nothing is touched before a method is called. */
export function browserPageMemory(): PageMemory {
  const unkept = new Map<string, string | null>()
  return {
    recall(key) {
      const own = unkept.get(key)
      if (own !== undefined) return own
      try {
        return localStorage.getItem(PREFIX + key)
      } catch {
        return null
      }
    },
    remember(key, value) {
      unkept.delete(key)
      try {
        if (value === null) localStorage.removeItem(PREFIX + key)
        else localStorage.setItem(PREFIX + key, value)
      } catch {
        // Full, or forbidden. A server's page has nobody whose it would be.
        if (typeof document !== 'undefined') unkept.set(key, value)
      }
    },
    query: (name) => (typeof location === 'undefined' ? null : new URLSearchParams(location.search).get(name)),
  }
}
