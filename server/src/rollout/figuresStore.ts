/** Keeps figures over a restart, in a file of their own. What cannot be kept goes on in memory, and is said once. */
import { describeProblem } from '../config/errors.ts'
import type { Clock } from '../env/clock.ts'
import { lookEvery } from '../env/looks.ts'
import { obstacleOf } from '../env/obstacle.ts'
import { Figures } from './figures.ts'
import { codeOf, keepAside, replaceFile, textOf } from '../env/wholeFile.ts'

export interface FiguresStoreOptions {
  readonly path: string
  readonly clock: Clock
  /** One line. */
  readonly warn: (message: string) => void
}

/** At most so often something is written, ms. */
const SAVE_MS = 60_000

export class FiguresStore {
  readonly figures: Figures
  readonly #options: FiguresStoreOptions
  readonly #stop: () => void
  readonly #mayWrite: boolean
  /** Changes that are on disk. */
  #saved: number
  #warned = false
  #saving: Promise<void> = Promise.resolve()

  private constructor(options: FiguresStoreOptions, figures: Figures, mayWrite: boolean) {
    this.#options = options
    this.figures = figures
    this.#saved = figures.changes
    this.#mayWrite = mayWrite
    this.#stop = lookEvery(options.clock, SAVE_MS, () => (this.#saving = this.#save()))
  }

  /** Never rejects: a file that cannot be used is no reason not to start. */
  static async open(options: FiguresStoreOptions): Promise<FiguresStore> {
    const { path, warn } = options
    const say = (reason: string, whatToDo: string) => { warn(describeProblem({ file: path, line: null, reason, whatToDo })) }
    let text: string | null
    try {
      text = await textOf(path)
    } catch (error) {
      say(`the figures cannot be read (${codeOf(error)}), and are kept in memory only`, 'give the user that runs the gateway a file of its own with --figures')
      return new FiguresStore(options, new Figures(), false)
    }
    if (text === null) return new FiguresStore(options, new Figures(), true)
    try {
      return new FiguresStore(options, Figures.parse(text), true)
    } catch {
      return new FiguresStore(options, new Figures(), await putAside(path, say))
    }
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#stop()
    // Two at once would write into each other's file.
    await this.#saving
    await this.#save()
  }

  async #save(): Promise<void> {
    const { path, warn } = this.#options
    const { changes } = this.figures
    if (!this.#mayWrite || changes === this.#saved) return
    try {
      await replaceFile(path, this.figures.text)
      this.#saved = changes
      this.#warned = false
    } catch (error) {
      if (this.#warned) return
      this.#warned = true
      const reason = `the figures cannot be written (${codeOf(error)}), and are kept in memory only`
      warn(describeProblem({ file: path, line: null, reason, whatToDo: obstacleOf(error).remedy ?? 'name a file where the gateway may write, with --figures' }))
    }
  }
}

/** What nobody understands may be understood by somebody yet. @returns whether it is in safety, so that its place may be written to */
async function putAside(path: string, say: (reason: string, whatToDo: string) => void): Promise<boolean> {
  const reason = 'the figures cannot be understood and begin anew'
  try {
    say(reason, `what there was is in ${await keepAside(path, '.broken')}`)
    return true
  } catch (error) {
    say(`${reason}, in memory only, as they cannot be put aside (${codeOf(error)})`, 'move that file away and restart the gateway')
    return false
  }
}
