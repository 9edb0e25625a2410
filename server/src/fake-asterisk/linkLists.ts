/** The lists of linked nodes that app_rpt makes (rpt_link.c `__mklinklist`). */
import { isToldKeyed } from './link.ts'
import type { Link } from './link.ts'

/** Names beginning with 0 are hidden from every list; local monitors are not reported to anyone. */
function reported(links: readonly Link[], except: string | null): readonly Link[] {
  return links.filter((l) => l.mode !== 'local-monitor' && !l.name.startsWith('0') && l.name !== except)
}

function letter(link: Link): 'T' | 'R' | 'C' {
  if (!link.connected) return 'C'
  return link.mode === 'transceive' ? 'T' : 'R'
}

/** What is behind a link cannot be better connected than the link itself. */
function downgrade(token: string, mode: 'T' | 'R' | 'C'): string {
  if (mode === 'T' || token === '') return token
  if (token.startsWith('T') || (token.startsWith('R') && mode === 'C')) return mode + token.slice(1)
  return token
}

/** Adjacent links with mode and key, newest first: `["1997RK", "1998TU"]`. */
export function adjacentTokens(links: readonly Link[]): readonly string[] {
  return reported(links, null).map((l) => `${l.name}${letter(l)}${isToldKeyed(l) ? 'K' : 'U'}`)
}

/**
 * Every linked node, newest adjacent link first, each followed by what is behind it: `["R1997", "T1998"]`. The list that
 * a node tells one of its neighbours leaves that neighbour out (`except`).
 */
export function linkTokens(links: readonly Link[], except: string | null = null): readonly string[] {
  return reported(links, except).flatMap((link) => {
    const mode = letter(link)
    return [`${mode}${link.name}`, ...link.behind.map((token) => downgrade(token, mode))]
  })
}

/** In the order of the LinkedNodes line: by name, repeats kept (rpt_utils.c `mycompar`, a byte comparison). */
export function sortedTokens(tokens: readonly string[]): readonly string[] {
  return [...tokens].sort((a, b) => {
    const x = a.slice(1)
    const y = b.slice(1)
    return x < y ? -1 : x > y ? 1 : 0
  })
}
