/** What is wrong with files is said when it begins, and not at every look; once it was right, it is said again. */
export class SaidOnce {
  readonly #say: (warning: string) => void
  #said: readonly string[] = []

  constructor(say: (warning: string) => void) {
    this.#say = say
  }

  /** @param warnings all that hold now */
  tell(warnings: readonly string[]): void {
    for (const warning of warnings) if (!this.#said.includes(warning)) this.#say(warning)
    this.#said = warnings
  }
}
