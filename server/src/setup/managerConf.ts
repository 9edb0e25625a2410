/** manager.conf: where AMI answers, and who may do what there. Facts: Asterisk's main/manager.c and main/acl.c. */
import { BlockList, isIP, isIPv6 } from 'node:net'
import { describeProblem, quoteName } from '../config/errors.ts'
import { Secret } from '../config/secret.ts'
import { settingOf, settingsOf } from './asteriskConf.ts'
import type { AsteriskConf, ConfSection } from './asteriskConf.ts'

export interface ManagerUser {
  readonly name: string
  readonly secret: Secret
  /** Classes of events it is told, and of actions it may take; `all` among them = every one. */
  readonly read: ReadonlySet<string>
  readonly write: ReadonlySet<string>
  /** Does it let this machine in, at the address where AMI answers? */
  readonly here: boolean
}

export interface Manager {
  readonly enabled: boolean
  /** Where this machine reaches it. */
  readonly host: string
  readonly port: number
  readonly users: readonly ManagerUser[]
  /** As those of the file: users that stand there twice. */
  readonly warnings: readonly string[]
}

/** The user that setup proposes. */
export const OWN_USER = 'supermon-live'

export function managerOf(conf: AsteriskConf): Manager {
  const named = sectionsByName(conf)
  const general = named.get('general')?.[0]
  named.delete('general')
  const port = Number(general === undefined ? null : settingOf(general, 'port'))
  const host = reachable(general === undefined ? null : settingOf(general, 'bindaddr'))
  return {
    enabled: general !== undefined && /^(?:yes|true|y|t|1|on)$/i.test(settingOf(general, 'enabled') ?? ''),
    host,
    port: Number.isInteger(port) && port > 0 && port <= 65535 ? port : 5038,
    users: [...named.values()].map((sections) => readUser(oneOf(sections), host)),
    warnings: [...named.values()].flatMap((sections) => sections.slice(1).map(twice)),
  }
}

type SameName = [ConfSection, ...ConfSection[]]

/** In any case: a user is one. */
function sectionsByName({ sections }: AsteriskConf): Map<string, SameName> {
  const named = new Map<string, SameName>()
  for (const section of sections.filter(({ template }) => !template)) {
    const name = section.name.toLowerCase()
    const same = named.get(name)
    if (same === undefined) named.set(name, [section])
    else same.push(section)
  }
  return named
}

const WHO_IS_LET_IN = /^(?:permit|deny|acl)$/i

/** A user that stands there again keeps what is not said anew, but for who is let in (manager.c, __init_manager). */
function oneOf(sections: SameName): ConfSection {
  const [first] = sections
  const last = sections.at(-1) ?? first
  return { ...first, entries: sections.flatMap((section) => section.entries.filter(({ key }) => section === last || !WHO_IS_LET_IN.test(key))) }
}

/** In Asterisk 1.4, whose manager.c asks the file at each sign-in, the first one counts. */
function twice({ name, file, line }: ConfSection): string {
  return describeProblem({ file, line, reason: `${quoteName(name)} is already there further up, and which of the two counts depends on the version of Asterisk`, whatToDo: 'remove one of them' })
}

/** An address that AMI is bound to, as somebody on the same machine gets there. */
function reachable(bound: string | null): string {
  const address = (bound ?? '').replace(/^\[(.*)\]$/, '$1')
  const everywhere = isIP(address) === 0 || address === '0.0.0.0' || address === '::'
  return everywhere ? '127.0.0.1' : address
}

function readUser(section: ConfSection, host: string): ManagerUser {
  const classes = (key: string) => new Set((settingOf(section, key) ?? '').split(',').map((word) => word.trim().toLowerCase()).filter((word) => word !== ''))
  return {
    name: section.name,
    secret: new Secret(settingOf(section, 'secret') ?? ''),
    read: classes('read'),
    write: classes('write'),
    // What acl.conf says of a named list is not looked into.
    here: settingsOf(section, 'acl').length === 0 && lets(section, host),
  }
}

/** Who connects to an address of this machine comes from that address. Rules count in order, the last that fits wins; nothing fits = let in. */
function lets(section: ConfSection, address: string): boolean {
  let letIn = true
  for (const { key, value } of section.entries) {
    const sense = /^(?:permit|deny)$/i.test(key) ? key.toLowerCase() === 'permit' : null
    if (sense === null) continue
    for (const rule of value.split(',').map((each) => each.trim())) {
      if (covers(rule.replace(/^!/, ''), address)) letIn = rule.startsWith('!') ? !sense : sense
    }
  }
  return letIn
}

/** `127.0.0.1`, `127.0.0.1/8`, `127.0.0.1/255.0.0.0`, `::1/128`. What cannot be read covers nothing. */
function covers(rule: string, address: string): boolean {
  const [network = '', mask] = rule.split('/')
  const family = isIP(network)
  if (family === 0 || family !== isIP(address)) return false
  const bits = bitsOf(mask, isIPv6(network) ? 128 : 32)
  if (bits === null) return false
  const list = new BlockList()
  list.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4')
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

function bitsOf(mask: string | undefined, most: number): number | null {
  if (mask === undefined) return most
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= most ? Number(mask) : null
  if (isIP(mask) !== 4) return null
  const text = mask.split('.').map((part) => Number(part).toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(text) ? text.lastIndexOf('1') + 1 : null
}

const has = (classes: ReadonlySet<string>, name: string) => classes.has(name) || classes.has('all')

/** Enough to watch, and with `control` to command as well. */
export function suffices({ secret, read, write, here }: ManagerUser, control: boolean): boolean {
  return here && !secret.isEmpty && has(read, 'call') && (!control || has(write, 'command'))
}

/** May it do more than it is needed for? */
export function isMorePowerful({ read, write }: ManagerUser, control: boolean): boolean {
  return [...read].some((name) => name !== 'call') || [...write].some((name) => !control || name !== 'command')
}

/** The user to sign in with: our own, else the one that may do least of those that suffice; null = none does. */
export function chooseUser({ users }: Manager, control: boolean): ManagerUser | null {
  const fit = users.filter((user) => suffices(user, control))
  return fit.find(({ name }) => name === OWN_USER) ?? fit.reduce<ManagerUser | null>((best, user) => (best === null || power(user) < power(best) ? user : best), null)
}

/** A user who may act is worth more to a thief than one who may listen. */
function power({ read, write }: ManagerUser): number {
  const count = (classes: ReadonlySet<string>) => (classes.has('all') ? 100 : classes.size)
  return count(write) * 1000 + count(read)
}
