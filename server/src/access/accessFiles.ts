import { join, resolve } from 'node:path'
import { Accounts } from './accounts.ts'
import { parseHtpasswd } from './htpasswd.ts'
import type { Htpasswd } from './htpasswd.ts'
import { NodeLists } from './nodeLists.ts'
import type { LoadNodes } from './nodeLists.ts'
import { readText } from './readText.ts'
import type { ReadText } from './readText.ts'
import { NO_INIS, NO_PERMISSIONS, parseAuthIni, parseAuthUsers, Rights } from './rights.ts'
import type { IniMap, Permissions } from './rights.ts'
import { WatchedFile } from './watchedFile.ts'

/** Paths and names, as Supermon-NG lays its `user_files` out. */
export interface AccessPaths {
  readonly htpasswd: string
  readonly authusers: string
  readonly authini: string
  /** Names for `loadNodes`: everybody's nodes, and those of users who signed in and have no file of their own. */
  readonly generalIni: string
  readonly unmappedIni: string
}

const UNMAPPED = 'nolog.ini'

/**
 * @param folder holds them all
 * @param config the nodes' file that counts for everybody
 */
export function accessPaths(folder: string, config: string): AccessPaths {
  return {
    htpasswd: join(folder, '.htpasswd'),
    authusers: join(folder, 'authusers.inc'),
    authini: join(folder, 'authini.inc'),
    // With its folder: a name without one is a user's file.
    generalIni: resolve(config),
    unmappedIni: join(folder, UNMAPPED),
  }
}

/** Where the ini file is that `authini.inc` names so: without a folder it stands among the others. */
export function userIni(folder: string, name: string): string {
  return name.includes('/') ? name : join(folder, name)
}

export interface AccessFilesOptions {
  readonly paths: AccessPaths
  readonly loadNodes: LoadNodes
  /** `read`: visitors may watch. `none`: they see nothing. */
  readonly anonymous: 'read' | 'none'
  readonly read?: ReadText
}

export interface ReloadReport {
  /** Somebody may do something now that he might not before, or the other way round. */
  readonly changed: boolean
  /** All that is odd at present, one line each, without secrets. */
  readonly warnings: readonly string[]
  /** Those of them that were not there at the last reload: these belong into the log. */
  readonly news: readonly string[]
}

const NOTHING: ReadonlySet<string> = new Set()

/** What the operator's files say about accounts, rights and nodes. Before the first reload: nobody may do anything. */
export class AccessFiles {
  readonly #paths: AccessPaths
  readonly #anonymous: 'read' | 'none'
  readonly #htpasswd: WatchedFile<Htpasswd>
  readonly #authusers: WatchedFile<Permissions>
  readonly #authini: WatchedFile<IniMap>
  readonly #lists: NodeLists
  #accounts = new Accounts(new Map())
  #rights = new Rights(NO_PERMISSIONS, NO_INIS)
  #warnings: ReadonlySet<string> = new Set()
  #running: { readonly settledOnly: boolean; readonly report: Promise<ReloadReport> } | null = null

  constructor(options: AccessFilesOptions) {
    const { paths, read = readText } = options
    this.#paths = paths
    this.#anonymous = options.anonymous
    this.#lists = new NodeLists(options.loadNodes)
    this.#htpasswd = new WatchedFile({
      path: paths.htpasswd,
      read,
      parse: parseHtpasswd,
      empty: new Map(),
      vanished: 'empty',
      missing: { reason: 'there is no such file', whatToDo: 'nobody can sign in: make one with htpasswd -B -c' },
    })
    this.#authusers = new WatchedFile({
      path: paths.authusers,
      read,
      parse: parseAuthUsers,
      empty: NO_PERMISSIONS,
      vanished: 'empty',
      missing: { reason: 'there is no such file', whatToDo: 'nobody may control a node: docs/configuration.md (Accounts) shows one' },
    })
    this.#authini = new WatchedFile({
      path: paths.authini,
      read,
      parse: parseAuthIni,
      empty: NO_INIS,
      vanished: 'keep',
      missing: null,
    })
  }

  get accounts(): Accounts {
    return this.#accounts
  }

  get rights(): Rights {
    return this.#rights
  }

  /**
   * Reads again what changed. Calls that overlap share one reading. Never throws.
   *
   * @param settledOnly leaves alone what somebody may just be writing, see {@link WatchedFile.refresh}
   */
  reload(settledOnly = false): Promise<ReloadReport> {
    const before = this.#running
    if (before !== null && (settledOnly || !before.settledOnly)) return before.report
    const report = (before?.report ?? Promise.resolve()).then(() => this.#reload(settledOnly))
    const running = { settledOnly, report }
    this.#running = running
    void report.finally(() => {
      if (this.#running === running) this.#running = null
    })
    return report
  }

  /**
   * The nodes a user may know of. Source: Supermon-NG's choice of an ini file (visitors: the general one; users: their
   * own, else that for the unmapped, else the general one). Unlike there, a user whose own file is missing gets
   * nothing, not everything.
   */
  nodesFor(user: string | null): ReadonlySet<string> {
    const choice = this.#rights.iniFor(user)
    switch (choice.kind) {
      case 'anonymous':
        return this.#anonymous === 'read' ? this.#known(this.#paths.generalIni) : NOTHING
      case 'unmapped': {
        const exists = this.#lists.of(this.#paths.unmappedIni) !== 'missing'
        return this.#known(exists ? this.#paths.unmappedIni : this.#paths.generalIni)
      }
      case 'mapped':
        return this.#known(choice.file)
      case 'unusable':
        return NOTHING
    }
  }

  #known(file: string): ReadonlySet<string> {
    const list = this.#lists.of(file)
    return typeof list === 'string' ? NOTHING : list
  }

  async #reload(settledOnly: boolean): Promise<ReloadReport> {
    const accountsChanged = await this.#htpasswd.refresh(settledOnly)
    const permissionsChanged = await this.#authusers.refresh(settledOnly)
    const mapChanged = await this.#authini.refresh(settledOnly)
    const rights = new Rights(this.#authusers.value, this.#authini.value)
    const files = new Set([this.#paths.generalIni, this.#paths.unmappedIni, ...rights.iniFiles])
    const listsChanged = await this.#lists.refresh(files, this.#paths.unmappedIni, settledOnly)
    if (accountsChanged) this.#accounts = new Accounts(this.#htpasswd.value)
    this.#rights = rights

    const sources = [this.#htpasswd, this.#authusers, this.#authini, this.#lists]
    const warnings = new Set(sources.flatMap((source) => source.warnings))
    const news = [...warnings].filter((warning) => !this.#warnings.has(warning))
    this.#warnings = warnings
    return {
      changed: accountsChanged || permissionsChanged || mapChanged || listsChanged,
      warnings: [...warnings],
      news,
    }
  }
}
