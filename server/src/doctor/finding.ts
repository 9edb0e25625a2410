import { plainLine } from '../env/printable.ts'

/**
 * - `ok`: as it should be; the sentence may hold a remark;
 * - `wrong`: does not work, or will not for long;
 * - `unknown`: it cannot be seen from here;
 * - `skipped`: there is nothing to look at, or something before it is wrong.
 */
export type State = 'ok' | 'wrong' | 'unknown' | 'skipped'

export interface Finding {
  /** Permanent: what was found, such as `ami-login-refused`; for what is well, the name of the check. */
  readonly id: string
  /** What was looked at, in a few words. */
  readonly title: string
  readonly state: State
  /** One sentence: what is, and why that is wrong. */
  readonly sentence: string
  /** One command that mends it or shows more. */
  readonly fix?: string
}

/** Makes the findings of one thing that is looked at. What others say stands in sentences: root's terminal gets plain text of it. */
export class Report {
  readonly title: string
  readonly #id: string

  constructor(id: string, title: string) {
    this.#id = id
    this.title = plainLine(title)
  }

  ok(sentence: string): Finding {
    return { id: this.#id, title: this.title, state: 'ok', sentence: plainLine(sentence) }
  }

  wrong(what: string, sentence: string, fix: string): Finding {
    return { id: what, title: this.title, state: 'wrong', sentence: plainLine(sentence), fix }
  }

  unknown(sentence: string, fix?: string): Finding {
    return { id: this.#id, title: this.title, state: 'unknown', sentence: plainLine(sentence), ...(fix === undefined ? {} : { fix }) }
  }

  skipped(sentence: string): Finding {
    return { id: this.#id, title: this.title, state: 'skipped', sentence: plainLine(sentence) }
  }
}

/** As it may stand in a command for a shell; what would need quoting is left to whoever types. */
export function word(text: string, otherwise: string): string {
  return /^[0-9A-Za-z_./:@%+-]+$/.test(text) ? text : otherwise
}
