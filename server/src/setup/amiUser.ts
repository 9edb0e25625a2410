/** By whom the gateway signs in to this machine's Asterisk, and what our own allmon.ini therefore says. */
import { parseAllmonIni } from '../config/allmonIni.ts'
import type { NodeConfig } from '../config/allmonIni.ts'
import { allmonText, isOurs, withLogin } from './allmonText.ts'
import type { AmiLogin, Reveal } from './allmonText.ts'
import type { Asterisk } from './findings.ts'
import { MANAGER_CONF } from './findings.ts'
import { chooseUser, isMorePowerful, OWN_USER, suffices } from './managerConf.ts'
import type { ManagerUser } from './managerConf.ts'
import { OWN_ALLMON } from './settings.ts'
import { newSecret } from './stanza.ts'
import type { Stanza } from './stanza.ts'

/** What a file is to say; null = it stays as it is. */
export type NewText = ((reveal: Reveal) => string) | null

export interface AmiPlan {
  /** To be proposed for manager.conf; null = nothing is missing there. */
  readonly stanza: Stanza | null
  /** Why, and how things are without it. Without a stanza: which user makes it needless, or '' if that is our own. */
  readonly because: string
  /** Does the gateway sign in by the proposed user already, so that nothing but manager.conf is missing? */
  readonly waitsForIt: boolean
  /** Our allmon.ini, as it is to be before the stanza is in manager.conf, and once it is. */
  readonly now: NewText
  readonly withStanza: NewText
  readonly notes: readonly string[]
}

const LOCAL = { host: '127.0.0.1', port: 5038 }

/**
 * @param existing our allmon.ini, null = there is none
 * @param control are people to command nodes?
 * @throws ConfigError when our allmon.ini cannot be understood
 */
export function planAmi({ nodes, manager }: Asterisk, existing: string | null, control: boolean): AmiPlan {
  const address = manager ?? LOCAL
  const chosen = manager === null ? null : chooseUser(manager, control)
  const own = manager?.users.find(({ name }) => name === OWN_USER) ?? null
  const held = existing === null ? [] : heldNodes(existing, address)
  const secret = held.find(({ user }) => user === OWN_USER)?.secret ?? newSecret()
  const signsIn = (user: string) => ({ host: address.host, port: address.port, user, secret })
  const login = chosen === null ? { ...signsIn(OWN_USER), secret: own?.secret ?? secret } : { ...signsIn(chosen.name), secret: chosen.secret }
  const textFor = (by: AmiLogin): NewText => newText(nodes, existing, held, by)

  const current = existing === null ? login.user : (held[0]?.user ?? login.user)
  const user = manager?.users.find(({ name }) => name === current) ?? null
  const because = own === null ? reasonFor(user, control) : null
  return {
    stanza: because === null ? null : { secret, host: address.host, control },
    because: because ?? (own === null && user !== null ? `${user.name} in manager.conf may do what the gateway needs.` : ''),
    waitsForIt: current === OWN_USER,
    now: existing === null || (own !== null && suffices(own, control)) ? textFor(login) : null,
    withStanza: textFor(signsIn(OWN_USER)),
    notes: [...managerNotes(manager, own, control), ...missingNotes(nodes, existing)],
  }
}

/** Nodes of our file that are on this machine's Asterisk. */
function heldNodes(existing: string, { host, port }: { readonly host: string; readonly port: number }): NodeConfig[] {
  return parseAllmonIni(existing, OWN_ALLMON).nodes.filter((node) => node.host === host && node.port === port)
}

function newText(nodes: readonly string[], existing: string | null, held: readonly NodeConfig[], login: AmiLogin): NewText {
  if (existing === null) return (reveal) => allmonText(nodes, login, reveal)
  const isSo = held.every(({ user, secret }) => user === login.user && secret.equals(login.secret))
  return isSo || !isOurs(existing) ? null : (reveal) => withLogin(existing, login, reveal)
}

/** null = the user may do what is needed, and no more. */
function reasonFor(user: ManagerUser | null, control: boolean): string | null {
  if (user === null || !suffices(user, control)) return 'No user in manager.conf gives the gateway the access it needs. Until one does, no node can be shown.'
  if (!isMorePowerful(user, control)) return null
  return `The gateway signs in as ${user.name}, which may do more than it needs. A user of its own is safer.`
}

function managerNotes(manager: Asterisk['manager'], own: ManagerUser | null, control: boolean): string[] {
  if (manager === null) return [`There is no ${MANAGER_CONF}: nobody can sign in to this Asterisk. Make one, with [general] and enabled = yes.`]
  const notes: string[] = []
  if (!manager.enabled) notes.push(`AMI is switched off: write enabled = yes below [general] in ${MANAGER_CONF}, then: sudo asterisk -rx "manager reload"`)
  if (own !== null && !suffices(own, control)) {
    const needs = `read = call${control ? ', write = command' : ''}, a secret, and permit = ${manager.host}/255.255.255.255`
    notes.push(`[${OWN_USER}] in ${MANAGER_CONF} may not do what the gateway needs: give it ${needs}, then: sudo asterisk -rx "manager reload"`)
  }
  return notes
}

function missingNotes(nodes: readonly string[], existing: string | null): string[] {
  if (existing === null) return []
  const configured = new Set(parseAllmonIni(existing, OWN_ALLMON).nodes.map(({ id }) => id))
  const missing = nodes.filter((node) => !configured.has(node))
  if (missing.length === 0) return []
  return [`rpt.conf has ${missing.join(', ')}, but ${OWN_ALLMON} does not: add a section there, or remove the file and run setup again.`]
}
