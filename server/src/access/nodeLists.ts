import { ConfigError, describeProblem } from '../config/errors.ts'

/**
 * The nodes that an ini file configures.
 *
 * @param file as the operator named it: the general file, that for unmapped users, or one from `authini.inc`
 * @throws an error with the code `not-found` (`ConfigError`) or `ENOENT` when there is no such file; any other error
 * when
 *   it is broken
 */
export type LoadNodes = (file: string) => Promise<readonly string[]>

/** `missing`: there is no such file. `broken`: there is one, and what it allows is not known. */
export type NodeList = ReadonlySet<string> | 'missing' | 'broken'

/** The nodes of every ini file in use. A list once known stays in force while its file is gone or broken. */
export class NodeLists {
  readonly #load: LoadNodes
  #lists: ReadonlyMap<string, NodeList> = new Map()
  /** Lists that the last look found and that are not taken over yet. */
  #seen: ReadonlyMap<string, NodeList> = new Map()
  #warnings: readonly string[] = []

  constructor(load: LoadNodes) {
    this.#load = load
  }

  get warnings(): readonly string[] {
    return this.#warnings
  }

  /** The list of a file that was named at the last refresh; `missing` for any other. */
  of(file: string): NodeList {
    return this.#lists.get(file) ?? 'missing'
  }

  /**
   * Loads these files, forgets all others. True when a list changed. Never throws.
   *
   * @param optional among them, may be missing without a warning
   * @param settledOnly a list that replaces another is taken over when two looks in a row found it: files are written in pieces
   */
  async refresh(files: ReadonlySet<string>, optional: string, settledOnly = false): Promise<boolean> {
    const lists = new Map<string, NodeList>()
    const seen = new Map<string, NodeList>()
    const warnings: string[] = []
    for (const file of files) {
      const before = this.of(file)
      const loaded = await this.#try(file)
      const kept = typeof loaded.list === 'string' && typeof before !== 'string'
      const settled = !settledOnly || typeof before === 'string' || same(this.#seen.get(file) ?? 'missing', loaded.list)
      seen.set(file, loaded.list)
      lists.set(file, kept || !settled || same(before, loaded.list) ? before : loaded.list)
      if (loaded.warning !== null && (kept || loaded.list === 'broken' || file !== optional)) {
        warnings.push(kept ? `${loaded.warning}; until then the nodes it named before count` : loaded.warning)
      }
    }
    const changed = lists.size !== this.#lists.size || [...lists].some(([file, list]) => this.#lists.get(file) !== list)
    this.#lists = lists
    this.#seen = seen
    this.#warnings = warnings
    return changed
  }

  async #try(file: string): Promise<{ readonly list: NodeList; readonly warning: string | null }> {
    try {
      return { list: new Set(await this.#load(file)), warning: null }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null
      const missing = code === 'not-found' || code === 'ENOENT'
      if (error instanceof ConfigError) return { list: missing ? 'missing' : 'broken', warning: error.message }
      const reason = missing ? 'there is no such file' : 'it cannot be read'
      const warning = describeProblem({ file, line: null, reason, whatToDo: 'nobody gets nodes from it: check it' })
      return { list: missing ? 'missing' : 'broken', warning }
    }
  }
}

function same(a: NodeList, b: NodeList): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b
  return a.size === b.size && [...a].every((node) => b.has(node))
}
