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
 * The value of a `LinkedNodes:` line: `<NONE>` or `T27225, R84567`. A loop in the network lists a node more than once:
 * the strongest mode is kept. Tokens that are no `<letter><name>` are dropped.
 */
export function parseLinkedNodes(value: string): LinkedNodes {
  const modes = new Map<string, LinkMode>()
  let more = false
  for (const part of value.split(',')) {
    const token = part.trim()
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
 * keyed if either is, in the stronger mode.
 * @returns null when the text is no such list, or no whole one: a line break in a name (a caller's own words) ends the value there
 */
export function parseAlinks(value: string): AdjacentLink[] | null {
  const trimmed = value.trim()
  if (trimmed === '') return []
  const [count = '', ...tokens] = trimmed.split(',')
  if (!/^\d{1,9}$/.test(count.trim()) || isCut(Number(count), tokens)) return null
  const links = new Map<string, AdjacentLink>()
  for (const part of tokens) {
    const token = part.trim()
    const mode = linkModeOf(token.slice(-2, -1))
    const name = token.slice(0, -2)
    const key = token.slice(-1)
    if (mode === null || name === '' || (key !== 'K' && key !== 'U')) continue
    const twin = links.get(name)
    links.set(name, { name, mode: stronger(mode, twin?.mode), keyed: key === 'K' || twin?.keyed === true })
  }
  return [...links.values()]
}

/** Each token is a name, a letter for the mode and one for the key (app_rpt __mklinklist). */
function isCut(count: number, tokens: readonly string[]): boolean {
  return tokens.length < count || !/[A-Z][KU]\s*$/.test(tokens.at(-1) ?? '0TU')
}

function stronger(mode: LinkMode, other: LinkMode | undefined): LinkMode {
  return other === undefined || STRENGTH[mode] > STRENGTH[other] ? mode : other
}
