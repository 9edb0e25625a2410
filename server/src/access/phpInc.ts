import { describeProblem, quoteName } from '../config/errors.ts'
import type { Parsed } from './parsed.ts'
import { scanPhp } from './phpScanner.ts'
import type { PhpToken } from './phpScanner.ts'

/** A PHP array, its keys as texts. null = this entry was set in a way that is not understood. */
export type PhpArray = ReadonlyMap<string, string | null>

/** null = the variable was touched in a way that is not understood here, so nobody knows what PHP would make of it. */
export type PhpValue = string | PhpArray | null

/** Variable name without `$` → its value at the end of the file. */
export type PhpVariables = ReadonlyMap<string, PhpValue>

type Live = string | Map<string, string | null> | null

/** What may start a statement that this reader skips: it changes no variable that the statement does not name. */
const HARMLESS = new Set([
  'define',
  'const',
  'echo',
  'print',
  'declare',
  'ini_set',
  'error_reporting',
  'unset',
  'global',
])
/** With one of these the file is a program, and what it leaves behind cannot be read off its assignments. */
const PROGRAM = new Set(
  (
    'if else elseif for foreach while do switch match function fn class return exit die goto try ' +
    'include include_once require require_once eval extract parse_str'
  ).split(' '),
)

/**
 * Reads the assignments of a Supermon `.inc` file: `$NAME = "text";`, `$NAME = array("a", 'b');`, `$NAME = ["a"];`,
 * `$NAME['key'] = "text";`, `$NAME[] = "text";`, also with `'key' => 'text'` inside arrays. As in PHP, the last
 * assignment counts. Nothing is run. Never throws.
 *
 * A statement of another form costs a warning, and every variable named in it becomes null until it is assigned anew.
 * A file that branches, includes or breaks off is `broken`: what it means is not in its assignments alone.
 *
 * @param file its name, for messages
 */
export function parsePhpInc(text: string, file: string): Parsed<PhpVariables> {
  const variables = new Map<string, Live>()
  const warnings: string[] = []
  const warn = (line: number | null, reason: string, whatToDo: string): void => {
    warnings.push(describeProblem({ file, line, reason, whatToDo }))
  }
  const broken = (line: number | null, reason: string, whatToDo: string): Parsed<PhpVariables> => {
    warn(line, reason, whatToDo)
    return { value: new Map(), warnings, broken: true }
  }

  const { tokens, unclosed, opened } = scanPhp(text.replace(/^\uFEFF/, ''))
  if (text.includes('\0')) return broken(null, 'this is no text file', 'give the path of a Supermon .inc file')
  if (unclosed !== null) return broken(unclosed, 'a text or comment that starts here never ends', 'close it')
  if (!opened && tokens.length > 0) warn(1, 'the file does not start with <?php', 'put <?php into its first line')

  let statement: PhpToken[] = []
  for (const token of tokens) {
    if (token.kind === 'mark' && (token.text === '{' || token.text === '}')) {
      return broken(token.line, 'the file contains program code', ONLY_ASSIGNMENTS)
    }
    if (token.kind !== 'mark' || token.text !== ';') {
      statement.push(token)
      continue
    }
    const first = statement[0]
    if (first !== undefined) {
      const code = statement.find((part) => part.kind === 'word' && PROGRAM.has(part.text.toLowerCase()))
      if (code !== undefined || (first.kind !== 'variable' && !HARMLESS.has(first.text.toLowerCase()))) {
        return broken((code ?? first).line, 'the file contains program code', ONLY_ASSIGNMENTS)
      }
      const result = assign(statement, variables)
      if (result !== 'understood') {
        // Of an entry that is not understood, the array itself is still known.
        const touched = result === 'entry' ? statement.slice(1) : statement
        for (const part of touched) if (part.kind === 'variable') variables.set(part.text, null)
        const name = first.kind === 'variable' ? `$${first.text}` : first.text
        warn(first.line, `the statement with ${quoteName(name)} is not understood`, ONLY_ASSIGNMENTS)
      }
    }
    statement = []
  }
  const rest = statement[0]
  if (rest !== undefined) return broken(rest.line, 'the statement that starts here never ends', 'end it with ;')
  return { value: variables, warnings, broken: false }
}

const ONLY_ASSIGNMENTS = 'write assignments only, as in $NAME = array("user1", "user2");'

/** `entry`: which entry of an array is set is understood, and what it is set to is not. */
type Result = 'understood' | 'entry' | 'not-understood'

/** Carries out one assignment. What is not understood changes nothing, an entry becomes null. */
function assign(statement: readonly PhpToken[], variables: Map<string, Live>): Result {
  const words = new Words(statement)
  const name = words.take('variable')
  if (name === null) return 'not-understood'
  let key: string | null = null
  const element = words.mark('[')
  if (element && !words.mark(']')) {
    key = words.scalar()
    if (key === null || !words.mark(']')) return 'not-understood'
  }
  if (!words.mark('=')) return 'not-understood'
  const read = words.value()
  const value = words.done ? read : null

  if (!element) {
    if (value === null) return 'not-understood'
    variables.set(name, value)
    return 'understood'
  }
  const array = variables.has(name) ? variables.get(name) : new Map<string, string | null>()
  if (!(array instanceof Map)) return 'not-understood'
  const entry = typeof value === 'string' ? value : null
  if (entry === null && key === null) return 'not-understood'
  array.set(key ?? nextIndex(array), entry)
  variables.set(name, array)
  return entry === null ? 'entry' : 'understood'
}

/** PHP's rule: one more than the highest whole number among the keys. */
function nextIndex(array: ReadonlyMap<string, unknown>): string {
  let next = 0
  for (const key of array.keys()) if (/^\d{1,15}$/.test(key)) next = Math.max(next, Number(key) + 1)
  return String(next)
}

/** One statement, read from left to right. */
class Words {
  readonly #tokens: readonly PhpToken[]
  #at = 0

  constructor(tokens: readonly PhpToken[]) {
    this.#tokens = tokens
  }

  get done(): boolean {
    return this.#at === this.#tokens.length
  }

  take(kind: PhpToken['kind']): string | null {
    const token = this.#tokens[this.#at]
    if (token?.kind !== kind) return null
    this.#at += 1
    return token.text
  }

  mark(text: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'mark' || token.text !== text) return false
    this.#at += 1
    return true
  }

  /** A text or a whole number; null for anything else. */
  scalar(): string | null {
    const text = this.take('text')
    if (text !== null) return text
    const token = this.#tokens[this.#at]
    return token !== undefined && /^(?:0|[1-9]\d{0,14})$/.test(token.text) ? this.take('word') : null
  }

  value(): string | Map<string, string | null> | null {
    if (this.mark('[')) return this.#items(']')
    const word = this.#tokens[this.#at]
    if (word?.kind !== 'word' || word.text.toLowerCase() !== 'array') return this.scalar()
    this.#at += 1
    return this.mark('(') ? this.#items(')') : null
  }

  #items(end: ')' | ']'): Map<string, string | null> | null {
    const items = new Map<string, string | null>()
    let next = 0
    while (!this.mark(end)) {
      let value = this.scalar()
      let key: string | null = null
      if (value !== null && this.mark('=>')) {
        key = value
        value = this.scalar()
      }
      if (value === null) return null
      if (key !== null && /^\d{1,15}$/.test(key)) next = Math.max(next, Number(key) + 1)
      items.set(key ?? String(next++), value)
      if (!this.mark(',') && !this.#ahead(end)) return null
    }
    return items
  }

  #ahead(text: string): boolean {
    const token = this.#tokens[this.#at]
    return token?.kind === 'mark' && token.text === text
  }
}
