/** Keeps figures over a restart, in a file of their own. What cannot be kept goes on in memory, and is said once. */
import { rename } from 'node:fs/promises'
import { describeProblem } from '../config/errors.ts'
import { obstacleOf } from '../config/obstacle.ts'
import type { Clock } from '../env/clock.ts'
import { lookEvery } from '../env/looks.ts'
import { Figures } from './figures.ts'
import { codeOf, replaceFile, textOf } from '../env/wholeFile.ts'

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

  private constructor(options: FiguresStoreOptions, figures: Figures, mayWrite: boolean) {
    this.#options = options
    this.figures = figures
    this.#saved = figures.changes
    this.#mayWrite = mayWrite
    this.#stop = lookEvery(options.clock, SAVE_MS, () => this.#save())
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
      const aside = `${path}.broken`
      await rename(path, aside).catch(() => undefined)
      say('the figures cannot be understood and begin anew', `what there was is in ${aside}`)
      return new FiguresStore(options, new Figures(), true)
    }
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#stop()
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
