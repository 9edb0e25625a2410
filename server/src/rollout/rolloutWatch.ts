/** The rollout as its file was last understood, and whoever wants to hear of another one. */
import { readText } from '../access/readText.ts'
import { SaidOnce } from '../access/saidOnce.ts'
import { WatchedFile } from '../access/watchedFile.ts'
import { EVERYBODY, NOBODY, parseRollout, revisionOf } from '../config/rolloutFile.ts'
import type { Rollout } from '../config/rolloutFile.ts'
import type { Clock } from '../env/clock.ts'
import { lookEvery } from '../env/looks.ts'

/** The rollout as of now. */
export interface RolloutSource {
  readonly rollout: Rollout
  /** Calls `listener` when it is another one than before; history alone makes none. Returns the way out. */
  onChange(listener: () => void): () => void
}

/** Where nobody rolls anything out. */
export const NO_ROLLOUT: RolloutSource = { rollout: EVERYBODY, onChange: () => () => undefined }

export interface RolloutWatchOptions {
  readonly path: string
  /** Did somebody name this file? One that is only looked for may be missing. */
  readonly named: boolean
  /** One line each, each said once. */
  readonly warn: (message: string) => void
}

/** How often the file is looked at, ms. It counts at the first look: the rollout command writes it in one go. */
const LOOK_MS = 2_000

export class RolloutWatch implements RolloutSource {
  readonly #options: RolloutWatchOptions
  readonly #file: WatchedFile<Rollout>
  readonly #listeners = new Set<() => void>()
  /** Was it ever read, or known not to be there? */
  #known = false
  readonly #warnings: SaidOnce
  #refreshing: Promise<void> = Promise.resolve()

  constructor(options: RolloutWatchOptions) {
    this.#options = options
    this.#warnings = new SaidOnce(options.warn)
    this.#file = new WatchedFile<Rollout>({
      path: options.path,
      read: async (path, stamp) => {
        const news = await readText(path, stamp)
        this.#known ||= news.kind === 'text' || news.kind === 'missing'
        return news
      },
      parse: parseRollout,
      empty: EVERYBODY,
      // Whoever loses the file that says "off" must not turn everything on.
      vanished: 'keep',
      missing: options.named ? { reason: 'there is no such file, so everybody holds sockets', whatToDo: 'check --rollout, or make it with: rollout set 100' } : null,
    })
  }

  get rollout(): Rollout {
    return this.#known ? this.#file.value : NOBODY
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  /** Reads the file again if it changed. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#refresh())
    return this.#refreshing
  }

  /** Looks for changes until what is returned is called. */
  watch(clock: Clock): () => void {
    return lookEvery(clock, LOOK_MS, () => this.refresh())
  }

  async #refresh(): Promise<void> {
    const before = this.rollout
    await this.#file.refresh()
    this.#warnings.tell(this.#file.warnings)
    // A file that is understood at last is news, also if it says the same.
    if (this.rollout === before || (before !== NOBODY && revisionOf(this.rollout) === revisionOf(before))) return
    for (const listener of [...this.#listeners]) listener()
  }
}
