/** The file of `--mqtt-orders`: which fronts may order what over a broker. Pure: what its text says. docs/configuration.md shows one. */
import { createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ACTIONS } from '../../../protocol/actions.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import { ConfigError, describeProblem, quoteName } from './errors.ts'
import { parseIni } from './ini.ts'
import type { IniEntry, IniSection } from './ini.ts'
import { readPeerName, UsageError } from './optionValues.ts'

/** Those that are named, or `*`. */
export type Named = ReadonlySet<string> | '*'

/** What one front may order. Nothing is allowed that its section does not name. */
export interface OrderFront {
  /** Ed25519; its private half is the front's alone. */
  readonly key: KeyObject
  readonly nodes: Named
  /** Actions of orders, and {@link PERMANENT_LINKS}. */
  readonly actions: ReadonlySet<string>
  readonly users: Named
}
/** By the front's name. */
export type OrderFronts = ReadonlyMap<string, OrderFront>

/** Stands among the actions: links that are redialled for ever. */
export const PERMANENT_LINKS = 'permanent'

const FIELDS = ['key', 'nodes', 'actions', 'users'] as const
type Field = (typeof FIELDS)[number]

export function isNamed(named: Named, name: string): boolean {
  return named === '*' || named.has(name)
}

/**
 * The file's text, parsed. Never throws; a file with any fault is broken and allows nobody anything: half of what was written
 * may be less than was meant, or more.
 */
export function parseOrderFronts(text: string, file: string) {
  const broken = (warning: string) => ({ value: new Map() as OrderFronts, broken: true, warnings: [warning] })
  try {
    return { value: readFronts(text, file), broken: false, warnings: [] }
  } catch (error) {
    if (error instanceof Fault) return broken(describeProblem({ file, line: error.line, reason: error.message, whatToDo: error.whatToDo }))
    if (error instanceof ConfigError) return broken(error.message)
    throw error
  }
}

class Fault extends Error {
  readonly line: number | null
  readonly whatToDo: string

  constructor(line: number | null, reason: string, whatToDo: string) {
    super(reason)
    this.line = line
    this.whatToDo = whatToDo
  }
}

function readFronts(text: string, file: string): OrderFronts {
  const { top, sections, strayLines } = parseIni(text, file)
  const stray = top[0]?.line ?? strayLines[0]
  if (stray !== undefined) throw new Fault(stray, 'this line belongs to no front, or says nothing', 'write [name of the front] first, then lines like nodes = 546051')
  const fronts = new Map<string, OrderFront>()
  const keys = new Set<string>()
  for (const section of sections) {
    const name = frontName(section)
    if (fronts.has(name)) throw new Fault(section.line, `the front ${quoteName(name)} stands there twice`, 'write one section for it')
    const fields = fieldsOf(section)
    const key = readKey(fields.key)
    if (keys.has(fields.key.value)) throw new Fault(fields.key.line, 'two fronts have this key', 'give each front a key of its own')
    keys.add(fields.key.value)
    fronts.set(name, {
      key,
      nodes: readNames(fields.nodes, (each) => NODE_ID.test(each), 'node numbers like 546051, 546055, or * for all'),
      actions: readActions(fields.actions),
      users: readNames(fields.users, (each) => each.length <= 128, 'names of users like W5GLE, or * for all'),
    })
  }
  return fronts
}

function frontName({ name, line }: IniSection): string {
  try {
    return readPeerName(name, 'this section')
  } catch (error) {
    if (error instanceof UsageError) throw new Fault(line, `${quoteName(name)} is no name of a front`, 'write the name that the front has by its --mqtt-name')
    throw error
  }
}

function fieldsOf({ name, line, entries }: IniSection): Readonly<Record<Field, IniEntry>> {
  const found = new Map<string, IniEntry>()
  for (const entry of entries) {
    const known = (FIELDS as readonly string[]).includes(entry.key)
    if (!known) throw new Fault(entry.line, `there is no field ${quoteName(entry.key)}`, `those there are: ${FIELDS.join(', ')}`)
    if (found.has(entry.key)) throw new Fault(entry.line, `${entry.key} stands there twice`, 'write it once')
    found.set(entry.key, entry)
  }
  const field = (key: Field): IniEntry => {
    const entry = found.get(key)
    if (entry === undefined) throw new Fault(line, `the front ${quoteName(name)} has no ${key}`, 'write all four: key, nodes, actions, users')
    return entry
  }
  return { key: field('key'), nodes: field('nodes'), actions: field('actions'), users: field('users') }
}

/** The value is not shown: somebody may have put the private half there. */
function readKey({ value, line }: IniEntry): KeyObject {
  const unusable = new Fault(line, 'this is no public Ed25519 key', 'write the line between BEGIN and END of: openssl pkey -in KEY.pem -pubout')
  if (!/^[0-9A-Za-z+/]+=*$/.test(value)) throw unusable
  try {
    const key = createPublicKey({ key: Buffer.from(value, 'base64'), format: 'der', type: 'spki' })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Said below.
  }
  throw unusable
}

function readNames(entry: IniEntry, fits: (name: string) => boolean, whatToDo: string): Named {
  if (entry.value === '*') return '*'
  const names = listOf(entry)
  if (names.length > 0 && names.every((name) => name !== '*' && fits(name))) return new Set(names)
  throw new Fault(entry.line, `${entry.key} is no list`, `write ${whatToDo}`)
}

/** Never `*`: what a later version can do besides is not what was meant. */
function readActions(entry: IniEntry): ReadonlySet<string> {
  const known: readonly string[] = [...ACTIONS, PERMANENT_LINKS]
  const names = listOf(entry)
  if (names.length > 0 && names.every((name) => known.includes(name))) return new Set(names)
  throw new Fault(entry.line, 'actions is no list of actions', `write some of ${known.join(', ')}`)
}

function listOf({ value }: IniEntry): string[] {
  return value.split(',').map((each) => each.trim()).filter((each) => each !== '')
}
