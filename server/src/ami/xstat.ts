import { parseConnLine } from './connLine.ts'
import type { ConnLine } from './connLine.ts'
import { linkTokens, linkedNodesOf, parseAlinks } from './links.ts'
import type { AdjacentLink, LinkMode, LinkedNodes } from './links.ts'
import type { AmiMessage } from './message.ts'
import { notUnderstood, readRefusal, understood } from './read.ts'
import type { Read } from './read.ts'
import { readBit, readXStatState } from './xstatState.ts'
import type { XStatState } from './xstatState.ts'

export interface XStatConn extends ConnLine {
  /**
   * From LinkedNodes: an established link that is not in it, or only because it also hangs behind another one, is a local
   * monitor (ilink 8/18), since app_rpt leaves those out. null while connecting: the letter C hides the mode.
   */
  readonly mode: 'transceive' | 'monitor' | 'local-monitor' | null
}

/** What app_rpt says about one of its nodes: `Action: RptStatus`, `COMMAND: XStat`. */
export interface XStat {
  readonly node: string
  /** Adjacent links. Links whose name starts with `0` are hidden by app_rpt. */
  readonly conns: readonly XStatConn[]
  /** Adjacent nodes and all that they reported behind them. */
  readonly linkedNodes: LinkedNodes
  /** Local receiver active (COS). null = not known: the Var lines can be missing altogether. */
  readonly rxKeyed: boolean | null
  /** Local transmitter keyed (PTT), hang time and telemetry included. Can stay false on a hub without a radio. */
  readonly txKeyed: boolean | null
  /** Demand to transmit, without hang time. */
  readonly etxKeyed: boolean | null
  readonly autopatchUp: boolean | null
  /** The RPT_ALINKS variable, which can be staler than `conns`; null = missing or unreadable. */
  readonly alinks: readonly AdjacentLink[] | null
  /**
   * All variables of the receive channel but app_rpt's `XX_` copies: name → value as set by whoever set it, markup and
   * all. `cpu_temp`, `WX`, `ALERT` and their kind are here. Untrusted text.
   */
  readonly vars: ReadonlyMap<string, string>
  readonly state: XStatState
  /** Conn lines that could not be read; 0 on any app_rpt known to us. */
  readonly unreadConns: number
}

/**
 * Is this all of an XStat reply? app_rpt repeats in it what linked nodes send and what scripts set, empty lines and all; its own last line
 * is `tel_mode` in every version, somewhere behind LinkedNodes: a caller's name stands before that. An Error has nothing to repeat.
 * @param pieces what has come, cut at empty lines
 */
export function endsXStat(pieces: readonly AmiMessage[]): boolean {
  if (pieces[0]?.response?.toLowerCase() === 'error') return true
  return pieces.at(-1)?.headers.at(-1)?.name === 'tel_mode' && pieces.some((piece) => piece.get('LinkedNodes') !== undefined)
}

/**
 * Reads an XStat reply. Never throws.
 * @param knownNames link names from a SawStat of the same node (see {@link parseConnLine}); only names of 10
 *   characters and more can need them
 */
export function parseXStat(message: AmiMessage, knownNames: Iterable<string> = []): Read<XStat> {
  const refusal = readRefusal(message)
  if (refusal) return refusal
  const node = message.get('Node')?.trim()
  const linked = linkedTextOf(message)
  if (message.kind !== 'response' || !node || linked === undefined) return notUnderstood('an XStat')

  const vars = readVars(message)
  const alinks = vars.has('RPT_ALINKS') ? parseAlinks(vars.get('RPT_ALINKS') ?? '') : null
  const names = [...knownNames]
  const lines = connsOf(message).map((value) => parseConnLine(value, names))
  const read = lines.filter((line) => line !== null)
  const adjacent = new Set(read.map(({ name }) => name))
  const told = linkTokens(linked, adjacent)
  const linkedNodes = linkedNodesOf(told)
  const modes = adjacentModes(linkedNodes, told, alinks)
  let links: string[] | undefined
  const announced = () => (links ??= linkTokens(vars.get('RPT_LINKS') ?? '', adjacent))
  const conns = read.map((conn) => ({ ...conn, mode: modeOf(conn, isOnlyBehind(conn, told, announced, alinks) ? undefined : modes.get(conn.name)) }))
  return understood({
    node,
    conns,
    linkedNodes,
    rxKeyed: readBit(vars.get('RPT_RXKEYED')),
    txKeyed: readBit(vars.get('RPT_TXKEYED')),
    etxKeyed: readBit(vars.get('RPT_ETXKEYED')),
    autopatchUp: readBit(vars.get('RPT_AUTOPATCHUP')),
    alinks,
    vars,
    state: readXStatState(message),
    unreadConns: lines.length - read.length,
  })
}

/**
 * The value of LinkedNodes: it goes on until app_rpt's next line, whatever a linked node has sent, and of that a name is no more than one line.
 * A caller's name can have such a line as well, before app_rpt's own: what stands behind any of them counts. A line is what CRLF ends, here as
 * among the headers: behind a lone LF a variable's text goes on.
 */
function linkedTextOf({ raw }: AmiMessage): string | undefined {
  const [, ...values] = raw.split(/(?:^|\r\n)LinkedNodes: ?/)
  if (values.length === 0) return undefined
  return values.map((value) => value.replace(/\r\n(?:Var|parrot_ena): .*/s, '').replaceAll(/[\r\n][^,]*/g, '')).join()
}

/**
 * app_rpt writes them before LinkedNodes: what looks like one behind it is somebody's text. Before the last LinkedNodes, as the first may
 * be in a caller's name, and those behind him would be hidden.
 */
function connsOf({ headers }: AmiMessage): string[] {
  const end = headers.map(({ name }) => name).lastIndexOf('LinkedNodes')
  return headers.slice(0, Math.max(0, end)).flatMap(({ name, value }) => (name === 'Conn' ? [value] : []))
}

/** `Var: NAME=VALUE`, split at the first `=` only; the newest comes first, so the first of a name wins. */
function readVars(message: AmiMessage): Map<string, string> {
  const vars = new Map<string, string>()
  for (const line of message.getAll('Var')) {
    const equals = line.indexOf('=')
    const name = equals < 0 ? '' : line.slice(0, equals)
    if (name === '' || name.startsWith('XX_') || vars.has(name)) continue
    vars.set(name, line.slice(equals + 1))
  }
  return vars
}

/**
 * The letter of a name in LinkedNodes. In a network with a loop a name can stand there with two letters, its own and
 * one from the way round; then RPT_ALINKS, which has adjacent links only, decides.
 */
function adjacentModes(
  linkedNodes: LinkedNodes,
  told: readonly string[],
  alinks: readonly AdjacentLink[] | null,
): Map<string, LinkMode> {
  const modes = new Map(linkedNodes.nodes.map(({ name, mode }) => [name, mode]))
  const disputed = (alinks ?? []).filter(({ name, mode }) => modes.has(name) && modes.get(name) !== mode)
  if (disputed.length === 0) return modes
  const tokens = new Set(told)
  for (const { name, mode } of disputed) {
    if (tokens.has(`${LETTERS[mode]}${name}`)) modes.set(name, mode)
  }
  return modes
}

const LETTERS: Readonly<Record<LinkMode, string>> = { transceive: 'T', monitor: 'R', connecting: 'C' }

/**
 * Is this link's name in LinkedNodes, if at all, only because it hangs behind another link as well? RPT_ALINKS has the
 * adjacent ones alone, but is as old as the last announcement. Each first answer is announced; what `reconnects` counts,
 * redials and changes of mode, is not (app_rpt process_link_channel), nor is EchoLink's change of mode, which has no peer
 * (rpt_link_connect). There RPT_LINKS helps, which is as old: a name that was in it as often hung behind another then too.
 */
function isOnlyBehind(
  { name, peer, reconnects }: ConnLine,
  told: readonly string[],
  announced: () => readonly string[],
  alinks: readonly AdjacentLink[] | null,
): boolean {
  if (alinks === null || alinks.length === 0 || alinks.some((link) => link.name === name)) return false
  return (peer !== null && reconnects === 0) || times(name, told) <= times(name, announced())
}

/** How often tokens of `<letter><name>` have that name. */
function times(name: string, tokens: readonly string[]): number {
  return tokens.filter((token) => token.slice(1) === name).length
}

function modeOf(conn: ConnLine, listed: LinkMode | undefined): XStatConn['mode'] {
  if (conn.state === 'connecting' || listed === 'connecting') return null
  return listed ?? 'local-monitor'
}
