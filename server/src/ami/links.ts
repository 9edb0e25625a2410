/**
 * How a link passes audio, from the letters of `__mklinklist` (app_rpt): T transceive, R receive only = monitor,
 * C connecting (not answered yet). What hangs behind a monitor or connecting link carries that link's letter.
 */
export type LinkMode = 'transceive' | 'monitor' | 'connecting'

/** A node of LinkedNodes: adjacent, or somewhere behind an adjacent one. */
export interface LinkedNode {
  readonly name: string
  readonly mode: LinkMode
}

export interface LinkedNodes {
  /** Each name once, in the order of the wire (by name). */
  readonly nodes: readonly LinkedNode[]
  /** True: some node behind cut its list short (`R000000`), so there are more than these. */
  readonly more: boolean
}

/** One adjacent link as RPT_ALINKS tells it. Local-monitor links are never in it. */
export interface AdjacentLink {
  readonly name: string
  readonly mode: LinkMode
  /** True while that link sends audio to us. */
  readonly keyed: boolean
}

const MODES: ReadonlyMap<string, LinkMode> = new Map([
  ['T', 'transceive'],
  ['R', 'monitor'],
  ['C', 'connecting'],
])
const STRENGTH: Readonly<Record<LinkMode, number>> = { transceive: 2, monitor: 1, connecting: 0 }

export function linkModeOf(letter: string): LinkMode | null {
  return MODES.get(letter) ?? null
}

/**
 * The `<letter><name>` tokens of LinkedNodes or RPT_LINKS. A caller's name can hold a comma ("SMITH,JOHN-P", as telephone companies write
 * them): app_rpt takes what is between two commas for a name, and LinkedNodes has the parts where sorting put them.
 * @param adjacent names that are known, to put theirs together again
 */
export function linkTokens(list: string, adjacent: Iterable<string> = []): string[] {
  const tokens = list.split(',').map((part) => part.trim().replace(/^([A-Z])\s+/, '$1'))
  for (const name of adjacent) {
    const [first = '', ...rest] = name.split(',').map((part) => part.trim())
    const at = rest.length === 0 ? -1 : tokens.findIndex((token) => token.slice(1) === first && MODES.has(token.slice(0, 1)))
    if (at < 0 || !rest.every((part) => tokens.some((token, i) => i !== at && token === part))) continue
    tokens[at] = `${tokens[at]?.slice(0, 1)}${name}`
    for (const part of new Set(rest)) tokens.splice(tokens.indexOf(part), 1)
  }
  return tokens
}

/**
 * The value of a `LinkedNodes:` line: `<NONE>` or `T27225, R84567`. A loop in the network lists a node more than once:
 * the strongest mode is kept. Tokens that are no `<letter><name>` are dropped.
 */
export function parseLinkedNodes(value: string): LinkedNodes {
  return linkedNodesOf(linkTokens(value))
}

/** The same of its tokens. */
export function linkedNodesOf(tokens: readonly string[]): LinkedNodes {
  const modes = new Map<string, LinkMode>()
  let more = false
  for (const token of tokens) {
    const mode = linkModeOf(token.slice(0, 1))
    const name = token.slice(1)
    if (mode === null || name === '') continue
    if (name === '000000') {
      more = true
      continue
    }
    modes.set(name, stronger(mode, modes.get(name)))
  }
  return { nodes: Array.from(modes, ([name, mode]) => ({ name, mode })), more }
}

/**
 * The value of RPT_ALINKS, variable or event: `2,1997RK,1998TU`; none is `0` or empty (app_rpt before and since 3.4.0).
 * A call sign can be there twice, as app_rpt rpt_exec ends the older link only of a name that is all digits: then it is
 * keyed if either is, in the stronger mode. A name can hold commas, and blanks at its ends, which XStat's columns hide. The number of a node
 * with a letter that is not known is left out; such a name may be half of one.
 * @returns null when the text is no such list, or not surely a whole one: it would tell links as gone that stand, and a poll tells all of them soon.
 *   A line break in a name (a caller's own words) ends the value there, and names with commas can be read in two ways
 */
export function parseAlinks(value: string): AdjacentLink[] | null {
  const trimmed = value.trim()
  if (trimmed === '') return []
  const [count = '', ...parts] = trimmed.split(',')
  if (!/^\d{1,9}$/.test(count.trim())) return null
  const links = new Map<string, AdjacentLink>()
  let begun: string[] = []
  let told = 0
  let doubtful = false
  for (const part of parts) {
    begun.push(part)
    const text = part.trim()
    if (!/[A-Z][KU]$/.test(text)) continue
    const mode = linkModeOf(text.slice(-2, -1))
    // A node's number is whole whatever letter stands behind it; a name may go on behind the comma.
    if (mode === null && !/^\d+..$/.test(text)) {
      doubtful = true
      continue
    }
    const name = begun.join(',').trim().slice(0, -2).trim()
    begun = []
    told++
    if (mode === null || name === '') continue
    const twin = links.get(name)
    links.set(name, { name, mode: stronger(mode, twin?.mode), keyed: text.endsWith('K') || twin?.keyed === true })
  }
  // app_rpt 3 counts links (__mklinklist), ASL2 what stands between commas (rpt_update_links), where half a name counts like a link.
  const whole = told === Number(count) || (parts.length === Number(count) && !doubtful)
  return whole && begun.length === 0 ? [...links.values()] : null
}

function stronger(mode: LinkMode, other: LinkMode | undefined): LinkMode {
  return other === undefined || STRENGTH[mode] > STRENGTH[other] ? mode : other
}
