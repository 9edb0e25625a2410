import { NODE_ID } from '../../../protocol/nodeState.ts'
import { printable } from '../env/printable.ts'
import { describeProblem, quoteName, ConfigError } from './errors.ts'
import { parseHost } from './hostPort.ts'
import { isEmptyWord, isOn, parseIni, type IniEntry, type IniSection } from './ini.ts'
import { Secret } from './secret.ts'
import { isWebUrl, LONGEST_URL, splitTarget } from './webUrl.ts'

/** One `[id]` section with a `host` key. Defaults are Supermon-NG's. */
export interface NodeConfig {
  /** Matches `NODE_ID`. */
  readonly id: string
  /** Name or address of the Asterisk host, IPv6 without brackets. */
  readonly host: string
  /** AMI port, 5038 unless given. */
  readonly port: number
  /** AMI user, `admin` unless given. */
  readonly user: string
  /** AMI password, empty unless given. */
  readonly secret: Secret
  /** Menu group, `Nodes` unless given. */
  readonly system: string
  readonly menu: boolean
  readonly hideNodeURL: boolean
  /** URLs as written, {@link LONGEST_URL} at most; null when absent, or when no page may link there: see `isWebUrl`. */
  readonly listenlive: string | null
  readonly archive: string | null
  readonly lsnodes: string | null
}

/** What every menu entry has. `system` null = an entry of its own, outside any drop-down. */
export interface MenuEntry {
  readonly name: string
  readonly system: string | null
  readonly menu: boolean
}

/** `nodes=1,2,3`: those ids that this file configures, in the order written, each once. */
export interface GroupConfig extends MenuEntry {
  readonly nodes: readonly string[]
}

/** `rtcmnode=<id>`: the page with the voter receivers of one node. */
export interface VoterConfig extends MenuEntry {
  readonly node: string
}

/** `url=…`; a trailing `>` in the file means a new tab and is taken off. */
export interface LinkConfig extends MenuEntry {
  readonly url: string
  readonly newTab: boolean
}

export interface AllmonConfig {
  readonly nodes: readonly NodeConfig[]
  readonly groups: readonly GroupConfig[]
  readonly voters: readonly VoterConfig[]
  readonly links: readonly LinkConfig[]
  /** Names of all the former as they follow in the file: the order of the menu. */
  readonly order: readonly string[]
  /** What the dashboard opens with, a group's name already expanded. Empty when the file does not say. */
  readonly defaultNodes: readonly string[]
  /** One line each, `file:line: what is odd; what to do`. Never a secret. */
  readonly warnings: readonly string[]
}

/**
 * Reads Supermon-NG's allmon.ini. Facts: Supermon-NG's documentation of the file and `parse_ini_file` of PHP 8.
 * Unlike PHP, a repeated section or key counts with its **first** value, and a warning says so.
 *
 * @param text the whole file
 * @param file its name, for messages
 * @throws ConfigError when nothing sensible can be made of it; anything less is a warning
 */
export function parseAllmonIni(text: string, file = 'allmon.ini'): AllmonConfig {
  const document = parseIni(text, file)
  const warnings: string[] = []
  const warn: Warn = (line, reason, whatToDo) => void warnings.push(describeProblem({ file, line, reason, whatToDo }))

  for (const line of document.strayLines) warn(line, 'this line is no key=value', 'it is ignored: correct or remove it')
  const sections = firstSections(document.sections, warn)
  const nodes = sections.filter((s) => s.has('host')).map((s) => readNode(s, file, warn))
  if (nodes.length === 0) {
    const whatToDo = 'add one per node: [<node number>] with host=, user= and passwd='
    throw new ConfigError({ code: 'no-nodes', file, line: null, reason: 'no section has a host', whatToDo })
  }
  const known = new Set(nodes.map((node) => node.id))
  const menu = sections.filter((s) => !s.has('host') && s.name.toLowerCase() !== 'break')
  const groups = menu.filter((s) => s.has('nodes')).map((s) => readGroup(s, known, warn))
  const voters = menu.flatMap((s) => readVoter(s, warn))
  const links = menu.flatMap((s) => readLink(s, warn))

  const everywhere = [...document.top, ...document.sections.flatMap((s) => s.entries)]
  const chosen = everywhere.filter((entry) => entry.key === 'default_node')
  const repeated = chosen[1]
  if (repeated) warn(repeated.line, 'default_node stands here a second time', 'the first one counts: remove one')
  const defaultNodes = chosen[0] ? expandDefault(chosen[0], known, groups, warn) : []
  // Of what was understood only: the "name" of a mangled line could be part of a password.
  const entries = new Set([...known, ...[...groups, ...voters, ...links].map(({ name }) => name)])
  const order = sections.map(({ name }) => printable(name, LONGEST)).filter((name) => entries.has(name))
  return { nodes, groups, voters, links, order, defaultNodes, warnings }
}

/** Characters of a name in a menu. */
const LONGEST = 80

type Warn = (line: number, reason: string, whatToDo: string) => void

/** A section whose keys were made unique. */
class Section {
  readonly name: string
  readonly line: number
  readonly #entries: ReadonlyMap<string, IniEntry>

  constructor(section: IniSection, entries: ReadonlyMap<string, IniEntry>) {
    this.name = section.name
    this.line = section.line
    this.#entries = entries
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  lineOf(key: string): number {
    return this.#entries.get(key)?.line ?? this.line
  }

  /** The text as written; null when the key is absent. */
  raw(key: string): string | null {
    return this.#entries.get(key)?.value ?? null
  }

  /** Like {@link raw}, but an empty value, or a word that PHP takes for one, is null too. */
  text(key: string): string | null {
    const entry = this.#entries.get(key)
    return entry === undefined || entry.value === '' || isEmptyWord(entry) ? null : entry.value
  }

  /** {@link text} to stand in a menu. */
  label(key: string): string | null {
    const text = this.text(key)
    return text === null ? null : printable(text, LONGEST)
  }

  isCut(key: string): boolean {
    return this.#entries.get(key)?.cut ?? false
  }

  on(key: string): boolean {
    return isOn(this.raw(key) ?? '')
  }

  menuEntry(): MenuEntry {
    return { name: printable(this.name, LONGEST), system: this.label('system'), menu: this.on('menu') }
  }
}

/** Only keys of this list are ever named in a message: on a mangled line the "key" could be part of a password. */
const KEYS = new Set([
  'host',
  'user',
  'passwd',
  'system',
  'menu',
  'hideNodeURL',
  'listenlive',
  'archive',
  'lsnodes',
  'nodes',
  'rtcmnode',
  'url',
])

function firstSections(sections: readonly IniSection[], warn: Warn): Section[] {
  const seen = new Map<string, Section>()
  for (const section of sections) {
    if (seen.has(section.name)) {
      warn(section.line, 'a section of this name stands further up', 'the first one counts: remove one')
      continue
    }
    const entries = new Map<string, IniEntry>()
    for (const entry of section.entries) {
      if (!entries.has(entry.key)) entries.set(entry.key, entry)
      else if (KEYS.has(entry.key)) {
        warn(entry.line, `${entry.key} stands here a second time in its section`, 'the first one counts: remove one')
      }
    }
    seen.set(section.name, new Section(section, entries))
  }
  return [...seen.values()]
}

function readNode(section: Section, file: string, warn: Warn): NodeConfig {
  const { name: id, line } = section
  if (!NODE_ID.test(id)) {
    const reason = `${quoteName(id)} has a host but its name is no node id`
    const whatToDo = 'name the section after the node, such as [2000]: letters, digits, - _ / and at most 40 characters'
    throw new ConfigError({ code: 'bad-node-id', file, line, reason, whatToDo })
  }
  const address = parseHost(section.raw('host') ?? '')
  if (!address.ok) {
    const { code, reason, whatToDo } = address
    throw new ConfigError({ code, file, line: section.lineOf('host'), reason: `node ${id}: ${reason}`, whatToDo })
  }
  if (section.isCut('passwd')) {
    warn(section.lineOf('passwd'), `node ${id}: passwd has a ; and ends there`, 'put the password in double quotes')
  }
  return {
    id,
    host: address.host,
    port: address.port,
    user: section.raw('user') || 'admin',
    secret: new Secret(section.raw('passwd') ?? ''),
    system: section.label('system') ?? 'Nodes',
    menu: section.on('menu'),
    hideNodeURL: section.on('hideNodeURL'),
    listenlive: readUrl(section, 'listenlive', warn),
    archive: readUrl(section, 'archive', warn),
    lsnodes: readUrl(section, 'lsnodes', warn),
  }
}

function readGroup(section: Section, known: ReadonlySet<string>, warn: Warn): GroupConfig {
  const listed = splitIds(section.raw('nodes') ?? '')
  for (const id of listed.filter((id) => !known.has(id))) {
    warn(
      section.lineOf('nodes'),
      `node ${quoteName(id)} of this group is not configured`,
      'it is left out: add its section or remove it',
    )
  }
  return { ...section.menuEntry(), nodes: listed.filter((id) => known.has(id)) }
}

function readVoter(section: Section, warn: Warn): VoterConfig[] {
  const node = section.text('rtcmnode')
  if (node === null || section.has('nodes')) return []
  if (NODE_ID.test(node)) return [{ ...section.menuEntry(), node }]
  warn(section.lineOf('rtcmnode'), 'rtcmnode is no node id', 'the entry is ignored: write rtcmnode=<node number>')
  return []
}

function readLink(section: Section, warn: Warn): LinkConfig[] {
  const written = section.has('nodes') || section.has('rtcmnode') ? null : readUrl(section, 'url', warn)
  if (written === null) return []
  const target = splitTarget(written)
  return target.url === '' ? [] : [{ ...section.menuEntry(), ...target }]
}

function readUrl(section: Section, key: string, warn: Warn): string | null {
  const url = section.text(key)
  if (url !== null && url.length > LONGEST_URL) {
    warn(section.lineOf(key), `${key} is longer than ${LONGEST_URL} characters`, 'it is ignored: give a shorter address')
    return null
  }
  if (url === null || isWebUrl(splitTarget(url).url)) return url
  warn(section.lineOf(key), `${key} is no address that a public page may link to`, 'it is ignored: write an http or https URL')
  return null
}

function expandDefault(
  entry: IniEntry,
  known: ReadonlySet<string>,
  groups: readonly GroupConfig[],
  warn: Warn,
): string[] {
  const expanded = splitIds(entry.value).flatMap((name): readonly string[] => {
    if (known.has(name)) return [name]
    const group = groups.find((candidate) => candidate.name === name)
    if (group) return group.nodes
    warn(
      entry.line,
      `default_node ${quoteName(name)} is neither a node nor a group of this file`,
      'it is left out: correct it',
    )
    return []
  })
  return [...new Set(expanded)]
}

function splitIds(list: string): string[] {
  return [
    ...new Set(
      list
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== ''),
    ),
  ]
}
