import { describeProblem } from '../config/errors.ts'
import type { Parsed } from './parsed.ts'
import type { ReadText } from './readText.ts'

export interface WatchedFileOptions<T> {
  readonly path: string
  readonly read: ReadText
  readonly parse: (text: string, path: string) => Parsed<T>
  /** Before the first reading, and where there is no file. Grants nothing that the file would have to grant. */
  readonly empty: T
  /**
   * What a file that vanishes while we run leaves behind. `empty` where the file grants something: whoever takes it
   * away takes the grants away. `keep` where it restricts something: its absence must not widen anything.
   */
  readonly vanished: 'empty' | 'keep'
  /** What the operator should know when there is no file; null = that is quite all right. */
  readonly missing: { readonly reason: string; readonly whatToDo: string } | null
}

/** A file as it was last understood. A new content that is broken leaves the old one in force, and a warning. */
export class WatchedFile<T> {
  readonly #options: WatchedFileOptions<T>
  #value: T
  #warnings: readonly string[] = []
  #stamp: string | null = null
  /** What the last look found that is not taken over yet: the stamp of a text, or another kind of news. */
  #seen: string | null = null
  /** Was there ever a content that was not broken? */
  #good = false

  constructor(options: WatchedFileOptions<T>) {
    this.#options = options
    this.#value = options.empty
  }

  get value(): T {
    return this.#value
  }

  get warnings(): readonly string[] {
    return this.#warnings
  }

  /**
   * Reads the file again if it changed. True when `value` is another one now. Never throws.
   *
   * @param settledOnly takes over only what two looks in a row found: editors empty a file before they fill it, and half a list
   *   of accounts would sign out the other half
   */
  async refresh(settledOnly = false): Promise<boolean> {
    const { path, read, parse, empty, vanished, missing } = this.#options
    const news = await read(path, this.#stamp)
    const found = news.kind === 'text' ? news.stamp : news.kind
    const settled = !settledOnly || news.kind === 'same' || found === this.#seen
    this.#seen = found
    if (!settled) return false
    const before = this.#value
    switch (news.kind) {
      case 'same':
        return false
      case 'unreadable':
        this.#stamp = null
        this.#warnings = [this.#problem(news.reason, 'give the user that runs the gateway a readable file')]
        break
      case 'missing':
        this.#stamp = null
        if (this.#good && vanished === 'keep') {
          this.#warnings = [this.#problem('the file is gone', 'put it back, or restart the gateway without it')]
          break
        }
        this.#good = false
        this.#value = empty
        this.#warnings = missing === null ? [] : [this.#problem(missing.reason, missing.whatToDo)]
        break
      case 'text': {
        const parsed = parse(news.text, path)
        this.#stamp = news.stamp
        this.#warnings = parsed.warnings
        if (!parsed.broken || !this.#good) this.#value = parsed.value
        if (parsed.broken) this.#warnings = [...parsed.warnings, this.#problem('the file is broken', 'correct it')]
        else this.#good = true
      }
    }
    return this.#value !== before
  }

  #problem(reason: string, whatToDo: string): string {
    const kept = this.#good ? '; until then what it said before counts' : ''
    return describeProblem({ file: this.#options.path, line: null, reason, whatToDo: whatToDo + kept })
  }
}
