import { open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Identity } from '../../../protocol/nodeState.ts'
import type { Clock } from '../env/clock.ts'
import { decodeText } from '../env/decodeText.ts'
import { lookEvery } from '../env/looks.ts'
import { plainLine } from '../env/printable.ts'
import { describeProblem } from './errors.ts'

export interface AstDbOptions {
  /** Paths of node lists, the one that wins first: usually privatenodes.txt, then astdb.txt. */
  readonly files: readonly string[]
  /** Further lines in the same format that count last, e.g. the demo's. Default none. */
  readonly builtIn?: string
  /** Called with one line when a file is missing or not readable, once until that changes. Default: nobody is told. */
  readonly warn?: (message: string) => void
}

/** The files are looked at this often, ms: what was written is in force after two looks, 30 s at the latest. */
const LOOK_MS = 15_000

/** One file of names, for whoever wonders where they are. */
export interface NameList {
  /** Without its folder. */
  readonly file: string
  readonly entries: number
  /** When what was read of it was written, epoch ms; null = nothing was read. */
  readonly writtenAt: number | null
}

/** One file as it was read last. */
interface Source {
  readonly path: string
  /** Time, size and inode of what was read last; '' = nothing was. */
  stamp: string
  writtenAt: number | null
  /** Those of the last look. */
  seen: string
  table: Table
  warned: boolean
}

/**
 * Names of nodes out of `id|callsign|description|location` files (AllStarLink's astdb.txt, Supermon-NG's
 * privatenodes.txt). Empty until the first {@link AstDb.refresh} has ended. Holds no file open, and no timer but between
 * {@link AstDb.watch} and its end. A file that cannot be read is empty, or keeps what it had.
 */
export class AstDb {
  readonly #options: AstDbOptions
  readonly #sources: readonly Source[]
  readonly #builtIn: Table
  readonly #listeners = new Set<() => void>()
  #refreshing: Promise<boolean> | null = null

  constructor(options: AstDbOptions) {
    this.#options = options
    this.#sources = options.files.map((path) => ({ path, stamp: '', writtenAt: null, seen: '', table: EMPTY_TABLE, warned: false }))
    this.#builtIn = options.builtIn === undefined ? EMPTY_TABLE : new Table(options.builtIn)
  }

  /** The files, the one that wins first. */
  get lists(): readonly NameList[] {
    return this.#sources.map(({ path, table, writtenAt }) => ({ file: basename(path), entries: table.size, writtenAt }))
  }

  /** How many ids are known, an id in two files counted twice. */
  get size(): number {
    return this.#sources.reduce((sum, source) => sum + source.table.size, this.#builtIn.size)
  }

  /** The identity of a node; null when no file has it. Empty fields are null. Costs a map look-up and one line's split. */
  lookup(id: string): Identity | null {
    for (const source of this.#sources) {
      const found = source.table.lookup(id)
      if (found !== null) return found
    }
    return this.#builtIn.lookup(id)
  }

  /** Ids whose line holds `text`, upper and lower case the same, those that begin with it first; at most `limit`. */
  search(text: string, limit: number): readonly string[] {
    const wanted = lowered(text)
    const found = new Set<string>()
    const tables = [...this.#sources.map(({ table }) => table), this.#builtIn]
    for (const starting of [true, false]) {
      for (const table of tables) for (const id of table.search(wanted, starting, limit - found.size)) found.add(id)
      if (found.size >= limit) break
    }
    return [...found].slice(0, limit)
  }

  /** Calls `listener` when new content was taken over: names already shown may be others now. Returns the way out. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /**
   * Looks at the files again and again until the returned function is called. A file that changed is read when two
   * looks in a row found the same: a download takes a while, and half a list would take half of the names away.
   * @param clock its timers; `everyMs` between the end of one look and the next
   */
  watch(clock: Clock, everyMs = LOOK_MS): () => void {
    return lookEvery(clock, everyMs, () => this.#refresh(true))
  }

  /** Reads those files whose time or size changed. True when something new was taken over. A file that cannot
   *  be read is a warning: this rejects with nothing but what a listener threw. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refresh(false).finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #refresh(settledOnly: boolean): Promise<boolean> {
    const changed = await Promise.all(this.#sources.map((source) => this.#refreshSource(source, settledOnly)))
    if (!changed.includes(true)) return false
    for (const listener of [...this.#listeners]) listener()
    return true
  }

  async #refreshSource(source: Source, settledOnly: boolean): Promise<boolean> {
    try {
      const found = await stat(source.path)
      if (!found.isFile()) throw new Error('no file')
      const seen = stampOf(found)
      const settled = !settledOnly || seen === source.seen
      source.seen = seen
      const same = seen === source.stamp || !settled
      if (!same) {
        const { stamp, writtenAt, text } = await read(source.path)
        source.table = new Table(text)
        source.stamp = stamp
        source.writtenAt = writtenAt
      }
      source.warned = false
      return !same
    } catch (error) {
      if (!source.warned) this.#options.warn?.(unreadable(source, error))
      source.warned = true
      return false
    }
  }
}

/** Text plus where each id's line begins in it: lines are cut out and split only when asked for. */
class Table {
  readonly #text: string
  readonly #lines = new Map<string, number>()
  /** Made when somebody searches. */
  #lower: string | null = null

  constructor(text: string) {
    this.#text = text
    for (let at = 0; at < text.length;) {
      const next = text.indexOf('\n', at)
      const end = next < 0 ? text.length : next
      const bar = text.indexOf('|', at)
      if (bar >= 0 && bar < end) {
        const id = text.slice(at, bar).trim()
        if (id !== '' && !id.startsWith(';') && !this.#lines.has(id)) this.#lines.set(id, at)
      }
      at = end + 1
    }
  }

  get size(): number {
    return this.#lines.size
  }

  /** @param wanted as {@link lowered}; `starting`: as the beginning of an id, otherwise anywhere in the line */
  search(wanted: string, starting: boolean, limit: number): string[] {
    const found: string[] = []
    if (limit <= 0) return found
    if (starting) {
      for (const id of this.#lines.keys()) {
        if (lowered(id).startsWith(wanted) && found.push(id) >= limit) break
      }
      return found
    }
    this.#lower ??= lowered(this.#text)
    for (let at = this.#lower.indexOf(wanted); at >= 0 && found.length < limit; ) {
      const start = this.#lower.lastIndexOf('\n', at) + 1
      const next = this.#lower.indexOf('\n', at)
      const id = this.#text.slice(start, this.#text.indexOf('|', start)).trim()
      // Only the line that counts for its id: later ones and comments are not in the index.
      if (this.#lines.get(id) === start) found.push(id)
      at = next < 0 ? -1 : this.#lower.indexOf(wanted, next)
    }
    return found
  }

  lookup(id: string): Identity | null {
    const start = this.#lines.get(id)
    if (start === undefined) return null
    const end = this.#text.indexOf('\n', start)
    return parseLine(this.#text.slice(start, end < 0 ? undefined : end))
  }
}

const EMPTY_TABLE = new Table('')

/** In lower case, and as long as it was: places in it are places in the text. İ is the one letter that would grow. */
function lowered(text: string): string {
  return text.replaceAll('İ', 'i').toLowerCase()
}

/** Longest real field has about 60 characters; a broken file must not blow up every frame that carries a name. */
const MAX_FIELD = 200

/** A `|` inside the last field belongs to it. */
function parseLine(line: string): Identity {
  const [, callsign, description, ...rest] = line.split('|')
  return { callsign: field(callsign), description: field(description), location: field(rest.join('|')) }
}

function field(text: string | undefined): string | null {
  const trimmed = plainLine(text?.slice(0, MAX_FIELD * 4) ?? '').slice(0, MAX_FIELD)
  // A copy of its own: a slice would keep the whole file's text alive after the next reload.
  return trimmed === '' ? null : Buffer.from(trimmed).toString()
}

function stampOf(info: { mtimeMs: number; size: number; ino: number }): string {
  return `${info.mtimeMs}/${info.size}/${info.ino}`
}

/** Stamp and content of the same file, even when it is replaced in between. */
async function read(path: string): Promise<{ stamp: string; writtenAt: number; text: string }> {
  const file = await open(path)
  try {
    const info = await file.stat()
    return { stamp: stampOf(info), writtenAt: Math.round(info.mtimeMs), text: decodeText(await file.readFile()) }
  } finally {
    await file.close()
  }
}

function unreadable(source: Source, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no file'
  const reason = code === 'ENOENT' ? 'the node list is missing' : `the node list cannot be read (${code})`
  const whatToDo =
    source.stamp === '' ? 'nodes show without names until it is there' : 'the names read before stay in use'
  return describeProblem({ file: source.path, line: null, reason, whatToDo })
}
