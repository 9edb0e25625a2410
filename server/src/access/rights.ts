import { describeProblem, quoteName } from '../config/errors.ts'
import type { Parsed } from './parsed.ts'
import { parsePhpInc } from './phpInc.ts'

/** Permission (`CONNECTUSER`) → those users who have it. Names are case-sensitive, as in Supermon-NG. */
export type Permissions = ReadonlyMap<string, ReadonlySet<string>>

/** User → his own ini file; null = he has one, but the entry cannot be used. */
export interface IniMap {
  readonly files: ReadonlyMap<string, string | null>
  /** The list as a whole is not known: then nobody may be taken for unmapped, who gets the general file. */
  readonly unclear: boolean
}

/** Whose nodes a visitor gets: the general list, that for users without one of their own, his own, or none at all. */
export type IniChoice =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'unmapped' }
  | { readonly kind: 'mapped'; readonly file: string }
  | { readonly kind: 'unusable' }

export const NO_PERMISSIONS: Permissions = new Map()
export const NO_INIS: IniMap = { files: new Map(), unclear: false }

/** `authusers.inc`, parsed. What is not understood is granted to nobody; a warning says so. Never throws. */
export function parseAuthUsers(text: string, file = 'authusers.inc'): Parsed<Permissions> {
  const inc = parsePhpInc(text, file)
  const permissions = new Map<string, ReadonlySet<string>>()
  const warnings = [...inc.warnings]
  for (const [name, value] of inc.value) {
    const users = value === null || typeof value === 'string' ? null : [...value.values()]
    if (users?.includes(null) === false) {
      permissions.set(name, new Set(users.filter((user) => user !== null)))
      continue
    }
    permissions.set(name, new Set())
    const whatToDo = `nobody has this permission: write $${name} = array("user1", "user2");`
    warnings.push(
      describeProblem({ file, line: null, reason: `${quoteName(`$${name}`)} is no list of users`, whatToDo }),
    )
  }
  return { value: permissions, warnings, broken: inc.broken }
}

/** A plain file name: what Supermon-NG looks up in its `user_files` and nowhere else. */
const FILE_NAME = /^[A-Za-z0-9_][\w.-]*$/

/** `authini.inc`, parsed. A user whose entry is not understood gets no nodes rather than all. Never throws. */
export function parseAuthIni(text: string, file = 'authini.inc'): Parsed<IniMap> {
  const inc = parsePhpInc(text, file)
  const warnings = [...inc.warnings]
  const written = inc.value.get('ININAME')
  if (inc.broken || written === null || typeof written === 'string') {
    const whatToDo = 'users get no nodes: write $ININAME[\'user\'] = "file.ini";'
    if (!inc.broken)
      warnings.push(describeProblem({ file, line: null, reason: '$ININAME is not understood', whatToDo }))
    return { value: { files: new Map(), unclear: true }, warnings, broken: inc.broken }
  }
  const files = new Map<string, string | null>()
  for (const [user, name] of written ?? []) {
    const usable = name !== null && FILE_NAME.test(name)
    files.set(user, usable ? name : null)
    if (usable) continue
    const reason = `the file of user ${quoteName(user)} is no plain file name`
    const whatToDo = 'this user gets no nodes: write the name of a file that stands beside authini.inc'
    warnings.push(describeProblem({ file, line: null, reason, whatToDo }))
  }
  return { value: { files, unclear: false }, warnings, broken: false }
}

/** Who may what, and from which file his nodes come. Anonymous visitors have no permission, whatever the files say. */
export class Rights {
  readonly #permissions: Permissions
  readonly #inis: IniMap

  constructor(permissions: Permissions, inis: IniMap) {
    this.#permissions = permissions
    this.#inis = inis
  }

  can(user: string | null, permission: string): boolean {
    return user !== null && this.#permissions.get(permission)?.has(user) === true
  }

  permissionsOf(user: string | null): ReadonlySet<string> {
    return new Set([...this.#permissions.keys()].filter((permission) => this.can(user, permission)))
  }

  /** All permissions that the file names, granted to anybody or not. */
  get names(): readonly string[] {
    return [...this.#permissions.keys()]
  }

  iniFor(user: string | null): IniChoice {
    if (user === null) return { kind: 'anonymous' }
    if (this.#inis.unclear) return { kind: 'unusable' }
    const file = this.#inis.files.get(user)
    if (file === undefined) return { kind: 'unmapped' }
    return file === null ? { kind: 'unusable' } : { kind: 'mapped', file }
  }

  /** Every file that some user is mapped to. */
  get iniFiles(): ReadonlySet<string> {
    return new Set([...this.#inis.files.values()].filter((file) => file !== null))
  }
}
