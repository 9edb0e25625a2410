/** Whose page this is, as `config/system-info` tells it in Supermon-NG's words. */

export interface SiteFacts {
  /** What is not said is ''. */
  readonly title: string
  readonly callsign: string
  readonly location: string
  /** Further lines under the title. */
  readonly lines: readonly string[]
  readonly welcome: string
  /** null = none. As written: whoever shows it checks it. */
  readonly logo: { readonly src: string; readonly href: string | null } | null
  /** The operator's own page; null = none. */
  readonly home: string | null
}

export const NO_FACTS: SiteFacts = { title: '', callsign: '', location: '', lines: [], welcome: '', logo: null, home: null }

const LONGEST = 500
const ADDRESS = /^[a-z][a-z\d+.-]*:/i

/** Supermon-NG allows markup in some of these; here they are text. */
export function readSiteFacts(data: unknown): SiteFacts {
  const said = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
  const text = (key: string) => {
    const value = said[key]
    return typeof value === 'string' ? value.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim().slice(0, LONGEST) : ''
  }
  const address = (key: string) => {
    const value = said[key]
    // A `>` at the end means a new tab.
    return typeof value === 'string' && value.trim() !== '' ? value.replace(/\s*>\s*$/, '').trim() : null
  }
  // Our gateway serves the picture itself, and says where below its routes; a Supermon-NG names a file of its folder, which its web server serves.
  const [served, file] = [address('logoImage'), address('logoName')]
  const src = served !== null ? `api/v1/${served}` : file === null || ADDRESS.test(file) ? file : `user_files/${file}`
  return {
    title: text('smServerName'),
    callsign: text('callsign'),
    location: text('location'),
    lines: [text('title2'), text('title3')].filter((line) => line !== ''),
    welcome: text('welcomeMsg'),
    logo: src === null ? null : { src, href: address('logoUrl') },
    home: address('myUrl'),
  }
}
