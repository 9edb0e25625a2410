/**
 * Users' own ini files, as Supermon-NG's `authini.inc` names them: what they configure, the gateway has as well. Who may
 * see it is not decided here.
 */
import { userIni } from './access/accessFiles.ts'
import type { NodeConfig } from './config/allmonIni.ts'
import { loadConfig } from './config/loadConfig.ts'

/** One reading of all files. */
interface Round {
  readonly settledOnly: boolean
  /** What counts, by file. */
  readonly held: Map<string, readonly NodeConfig[]>
  /** What was found. */
  readonly seen: Map<string, readonly NodeConfig[]>
}

export class UserInis {
  readonly #folder: string
  readonly #general: string
  /** Of files that were understood once. */
  #held: ReadonlyMap<string, readonly NodeConfig[]> = new Map()
  /** What the last round found. */
  #seen: ReadonlyMap<string, readonly NodeConfig[]> = new Map()
  #reading: Round | null = null

  /**
   * @param folder where files without a path are
   * @param general everybody's file: loaded with the others, and held by somebody else
   */
  constructor(folder: string, general: string) {
    this.#folder = folder
    this.#general = general
  }

  /** Of all files, each node once: the file that was asked for first wins. */
  get nodes(): readonly NodeConfig[] {
    return firstOfEach([...this.#held.values()].flat())
  }

  /**
   * The ids that a file configures. What it said before stays while it is broken or gone.
   * @throws ConfigError (as a rejection)
   */
  load = async (file: string): Promise<readonly string[]> => {
    const reading = file === this.#general ? null : this.#reading
    const held = this.#held.get(file)
    if (held !== undefined) reading?.held.set(file, held)
    const { nodes } = await loadConfig(userIni(this.#folder, file))
    reading?.seen.set(file, nodes)
    const settled = reading?.settledOnly !== true || held === undefined || stampOf(this.#seen.get(file) ?? []) === stampOf(nodes)
    if (settled) reading?.held.set(file, nodes)
    return nodes.map(({ id }) => id)
  }

  /**
   * Files that `read` does not load are in use no more.
   *
   * @param settledOnly what replaces what a file said counts when two rounds in a row found it: files are written in pieces
   * @returns whether there are other nodes now, or other ways to them
   */
  async round(read: () => Promise<unknown>, settledOnly: boolean): Promise<boolean> {
    const before = stampOf(this.nodes)
    const reading: Round = { settledOnly, held: new Map(), seen: new Map() }
    this.#reading = reading
    await read()
    this.#reading = null
    this.#held = reading.held
    this.#seen = reading.seen
    return stampOf(this.nodes) !== before
  }
}

/** Each id once. */
export function firstOfEach(nodes: readonly NodeConfig[]): readonly NodeConfig[] {
  const byId = new Map<string, NodeConfig>()
  for (const node of nodes) if (!byId.has(node.id)) byId.set(node.id, node)
  return [...byId.values()]
}

/** A new password counts as another way. Never leaves this file. */
function stampOf(nodes: readonly NodeConfig[]): string {
  return JSON.stringify(nodes.map((node) => ({ ...node, secret: node.secret.reveal() })))
}
