import { inspect } from 'node:util'

/** What a secret looks like to everybody who did not ask for it by name. */
const MASK = '[secret]'

/**
 * A text that must not leak. Printing, logging, JSON and template strings give `[secret]`; only {@link Secret.reveal}
 * gives the text. The text lives in a private field, so object spread, structured clones and key listings lack it too.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The text itself. Call it where the text is used and nowhere earlier. */
  reveal(): string {
    return this.#text
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  /** Same text? For telling whether a re-read file changed something. */
  equals(other: Secret): boolean {
    return this.#text === other.#text
  }

  toString(): string {
    return MASK
  }

  toJSON(): string {
    return MASK
  }

  [Symbol.toPrimitive](): string {
    return MASK
  }

  [inspect.custom](): string {
    return MASK
  }
}
