import type { AmiMessage } from './message.ts'
import { notUnderstood, readRefusal, understood } from './read.ts'
import type { Read } from './read.ts'

/** One adjacent link's keying. Times are whole seconds at the moment of the reply; null = never on this connection. */
export interface SawStatLink {
  readonly name: string
  /** True while that link sends audio to us. */
  readonly keyed: boolean
  readonly sinceKeyS: number | null
  /** While keyed this belongs to the transmission before. */
  readonly sinceUnkeyS: number | null
}

export interface SawStat {
  readonly node: string
  /**
   * Each name once. Not in XStat's order, and not always the same set: the two are asked one after the other. Join by
   * name.
   */
  readonly links: readonly SawStatLink[]
  /** Conn lines that could not be read. */
  readonly unreadConns: number
}

/** Reads a SawStat reply (app_rpt rpt_manager.c rpt_manager_do_sawstat). Never throws. */
export function parseSawStat(message: AmiMessage): Read<SawStat> {
  const refusal = readRefusal(message)
  if (refusal) return refusal
  const node = message.get('Node')?.trim()
  if (message.kind !== 'response' || !node) return notUnderstood('a SawStat')
  const links = new Map<string, SawStatLink>()
  let unreadConns = 0
  for (const value of message.getAll('Conn')) {
    const link = parseLine(value)
    if (link) links.set(link.name, whoTalks(link, links.get(link.name)))
    else unreadConns += 1
  }
  return understood({ node, links: [...links.values()], unreadConns })
}

/** Of two links of one call sign (see parseAlinks) the one that talks, or talked last. */
function whoTalks(link: SawStatLink, twin: SawStatLink | undefined): SawStatLink {
  if (twin === undefined) return link
  if (link.keyed !== twin.keyed) return link.keyed ? link : twin
  return (link.sinceKeyS ?? Infinity) < (twin.sinceKeyS ?? Infinity) ? link : twin
}

/** `<name> <keyed> <sinceKey> <sinceUnkey>`, read from the right: a caller's name can hold blanks. */
function parseLine(value: string): SawStatLink | null {
  const figures = value.trim().split(/\s+/).slice(-3)
  const [keyed = '', sinceKey = '', sinceUnkey = ''] = figures
  const name = figures.reduceRight((rest, figure) => rest.slice(0, rest.length - figure.length).trimEnd(), value.trim())
  if (name === '' || !/^[01]$/.test(keyed) || !isSeconds(sinceKey) || !isSeconds(sinceUnkey)) return null
  return { name, keyed: keyed === '1', sinceKeyS: seconds(sinceKey), sinceUnkeyS: seconds(sinceUnkey) }
}

function isSeconds(text: string): boolean {
  return /^-?\d{1,12}$/.test(text)
}

/** -1 is app_rpt's "never". */
function seconds(text: string): number | null {
  const value = Number(text)
  return value < 0 ? null : value
}
