/**
 * What a link is called. The node list knows best; EchoLink stations are in their own Asterisk's directory; what
 * neither has is named by the conventions of its name alone. One rule, `displayName`, shows the three parts.
 */
import { displayName, linkKind } from '../../../protocol/names.ts'
import type { Identity, LinkState, NodeState } from '../../../protocol/nodeState.ts'

/** Names for numbers; null = nobody knows it. */
export type NameLookup = (id: string) => Identity | null

/** Nobody knows. */
export const NAMELESS: Identity = { callsign: null, description: null, location: null }

/** The list's entry, if it says anything at all. */
export function listed(names: NameLookup, id: string): Identity | null {
  const identity = names(id)
  return identity === null || displayName(identity) === '' ? null : identity
}

/**
 * What the name of a link tells by itself. Sources: app_rpt rpt_exec (callers without a number give their call sign,
 * `-P` for phones); the IRLP entries of astdb.txt (`8` + IRLP number; 9000 and up are reflectors, below 1000
 * experimental).
 */
export function nameByConvention(link: string): Identity {
  switch (linkKind(link)) {
    case 'phone':
      return { ...NAMELESS, callsign: link.replace(/-P$/i, ''), description: 'Phone portal' }
    case 'client':
      return { ...NAMELESS, callsign: link, description: 'Web Transceiver or IaxRpt' }
    case 'irlp': {
      const number = link.slice(1)
      if (number.startsWith('9')) return { ...NAMELESS, callsign: `REF${number}`, description: `[IRLP ${number}]` }
      return { ...NAMELESS, description: `[IRLP ${number.startsWith('0') ? 'EXP' : ''}${number}]` }
    }
    case 'allstar':
    case 'echolink':
    case 'private':
    case 'unknown':
      return NAMELESS
  }
}

/** The same state with its links named anew; the very same object when no name differs. */
export function renameLinks(state: NodeState, names: NameLookup): NodeState {
  const links: Record<string, LinkState> = {}
  let differs = false
  for (const [name, link] of Object.entries(state.links)) {
    const identity = names(name) ?? NAMELESS
    const same =
      link.callsign === identity.callsign &&
      link.description === identity.description &&
      link.location === identity.location
    links[name] = same ? link : { ...link, ...identity }
    if (!same) differs = true
  }
  return differs ? { ...state, links } : state
}
