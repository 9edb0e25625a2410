/** Asterisk's .conf files, as far as telling nodes and AMI users needs them. Facts: docs.asterisk.org "Asterisk Configuration Files", main/config.c. */
import { ConfigError, describeProblem, quoteName } from '../config/errors.ts'
import { confLines } from './confLines.ts'

export interface ConfEntry {
  readonly key: string
  readonly value: string
  readonly file: string
  readonly line: number
}

export interface ConfSection {
  readonly name: string
  /** `[name](!)`: only there to be inherited from. */
  readonly template: boolean
  readonly file: string
  readonly line: number
  /** Inherited ones first, in the order in which they count: the last of a key wins. */
  readonly entries: readonly ConfEntry[]
}

export interface AsteriskConf {
  readonly sections: readonly ConfSection[]
  /** One line each, `file:line: what is odd; what to do`. Never a value. */
  readonly warnings: readonly string[]
}

/** Where files come from. */
export interface ConfSource {
  /** Paths that a file name stands for, wildcards and all, in order; none = there is no such file. */
  readonly find: (name: string) => Promise<readonly string[]>
  /** @throws ConfigError when it cannot be read */
  readonly read: (path: string) => Promise<string>
}

/** What must not be there to be included; the second is the word of Asterisk 1.4, on which ASL2 and HamVOIP stand. */
const OPTIONAL = ['tryinclude', 'includeifexists']

/** Asterisk's own limit for files that include files. */
const DEEPEST = 10
/** Far above any real installation; keeps a circle of wildcards from filling the memory. */
const MOST_FILES = 500
const MOST_CHARACTERS = 16 * 1024 * 1024
/** Settings in all, inherited ones too: a section that inherits from itself again and again doubles each time. */
const MOST_ENTRIES = 100_000

/**
 * Reads a file and all that it includes. Programs named by `#exec` are never run.
 *
 * @param name of the file, relative to the source's folder or absolute
 * @returns null when there is no such file
 * @throws ConfigError always and only: a file cannot be read, or Asterisk itself would not load it for its brackets
 */
export async function readAsteriskConf(name: string, source: ConfSource): Promise<AsteriskConf | null> {
  const [path] = await source.find(name)
  if (path === undefined) return null
  const reader = new Reader(source)
  await reader.file(path, 1, null)
  return { sections: reader.sections, warnings: reader.warnings }
}

/** The value that counts; null = the section does not say. Names of settings are case-insensitive. */
export function settingOf(section: ConfSection, key: string): string | null {
  return settingsOf(section, key).at(-1) ?? null
}

export function settingsOf(section: ConfSection, key: string): string[] {
  return section.entries.filter((entry) => entry.key.toLowerCase() === key).map(({ value }) => value)
}

interface OpenSection extends ConfSection {
  template: boolean
  readonly entries: ConfEntry[]
}

class Reader {
  readonly sections: OpenSection[] = []
  readonly warnings: string[] = []
  readonly #source: ConfSource
  /** Where an included file begins; whoever includes it goes on in its own (config_text_file_load). */
  #newest: OpenSection | null = null
  #inherited = 0
  #files = 0
  #characters = 0

  constructor(source: ConfSource) {
    this.#source = source
  }

  /**
   * @param open the section in which it begins
   * @returns the one in which it ends
   */
  async file(path: string, depth: number, open: OpenSection | null): Promise<OpenSection | null> {
    let current = open
    this.#files += 1
    const text = await this.#source.read(path)
    this.#characters += text.length
    const { lines, openComment } = confLines(text)
    if (openComment !== null) this.#warn(path, openComment, 'this block comment is not closed', 'end it with --;')
    for (const { text: content, line } of lines) {
      if (content.startsWith('[')) current = this.#header(content, path, line)
      else if (content.startsWith('#')) await this.#directive(content, path, line, depth)
      else this.#entry(content, current, path, line)
    }
    return current
  }

  #header(content: string, file: string, line: number): OpenSection {
    const end = content.indexOf(']')
    if (end < 0) throw broken(file, line, 'this section header has no closing bracket', 'write [name]')
    const name = content.slice(1, end).trim()
    const rest = content.slice(end + 1).trim()
    const close = rest.indexOf(')')
    if (rest.startsWith('(') && close < 0) throw broken(file, line, 'what this section inherits has no closing parenthesis', 'write [name](template)')
    const words = rest.startsWith('(') ? rest.slice(1, close).split(',').map((word) => word.trim()).filter((word) => word !== '') : []
    const section = this.#opened(name, words, file, line)
    this.#newest = section
    for (const word of words) {
      if (word === '!') section.template = true
      else if (!word.startsWith('+')) this.#inherit(section, word, file, line)
    }
    return section
  }

  /** The section that a header begins, or goes on with. */
  #opened(name: string, words: readonly string[], file: string, line: number): OpenSection {
    const before = words.some((word) => word.startsWith('+')) ? this.#find(name) : undefined
    if (before !== undefined) return before
    if (words.some((word) => word.startsWith('+'))) {
      this.#warn(file, line, `${quoteName(name)} is added to, but does not exist yet`, 'it counts as a new one: take the (+) away')
    }
    const section: OpenSection = { name, template: false, file, line, entries: [] }
    this.sections.push(section)
    return section
  }

  #inherit(section: OpenSection, base: string, file: string, line: number): void {
    const found = this.#find(base)
    if (found === undefined) this.#warn(file, line, `there is no ${quoteName(base)} to inherit from further up`, 'correct the name')
    else if (this.#inherited + found.entries.length > MOST_ENTRIES) this.#warn(file, line, 'sections inherit too much from each other', 'look for a loop')
    else {
      this.#inherited += found.entries.length
      // Copied: a section may name itself.
      for (const entry of found.entries.slice()) section.entries.push(entry)
    }
  }

  #find(name: string): OpenSection | undefined {
    return this.sections.find((section) => section.name.toLowerCase() === name.toLowerCase())
  }

  async #directive(content: string, file: string, line: number, depth: number): Promise<void> {
    const [word = ''] = content.slice(1).split(/\s/, 1)
    const argument = unquote(content.slice(1 + word.length).trim())
    const kind = word.toLowerCase()
    if (kind === 'exec') this.#warn(file, line, '#exec is not run here', 'what that program would add is left out: write it into a file and #include it')
    else if (kind !== 'include' && !OPTIONAL.includes(kind)) this.#warn(file, line, 'this directive is not known', 'it is ignored')
    else if (argument === '') this.#warn(file, line, `#${kind} names no file`, 'it is ignored: name one')
    else await this.#include(argument, OPTIONAL.includes(kind), file, line, depth)
  }

  async #include(name: string, optional: boolean, file: string, line: number, depth: number): Promise<void> {
    const paths = await this.#source.find(name)
    if (paths.length === 0 && !optional) this.#warn(file, line, `${quoteName(name)} is included, but does not exist`, 'add it, or write #tryinclude')
    // Files of one wildcard go on from each other.
    let open = this.#newest
    for (const path of paths) {
      if (depth >= DEEPEST || this.#files >= MOST_FILES || this.#characters >= MOST_CHARACTERS) {
        this.#warn(file, line, `${quoteName(name)} is left out: files include each other too deeply, or there are too many`, 'look for a loop')
        return
      }
      open = await this.file(path, depth + 1, open)
    }
  }

  #entry(content: string, section: OpenSection | null, file: string, line: number): void {
    // A leading backslash lets a key begin with what else would mean something.
    const text = content.startsWith('\\') ? content.slice(1) : content
    const equals = text.indexOf('=')
    const key = text.slice(0, Math.max(equals, 0)).trim()
    if (equals < 0 || key === '') return
    if (section === null) {
      this.#warn(file, line, 'this line comes before any section', 'it is ignored: move it below a [name]')
      return
    }
    const value = text.slice(equals + 1).replace(/^>/, '').trim()
    if (key.endsWith('+')) this.#append(section, { key: key.slice(0, -1).trim(), value, file, line })
    else section.entries.push({ key, value, file, line })
  }

  /** `key += more`: what stands there already, and more. */
  #append(section: OpenSection, entry: ConfEntry): void {
    const before = section.entries.filter(({ key }) => key === entry.key).at(-1)?.value ?? ''
    section.entries.push({ ...entry, value: before + entry.value })
  }

  #warn(file: string, line: number, reason: string, whatToDo: string): void {
    this.warnings.push(describeProblem({ file, line, reason, whatToDo }))
  }
}

function unquote(name: string): string {
  return /^(?:".*"|<.*>)$/.test(name) ? name.slice(1, -1) : name
}

function broken(file: string, line: number, reason: string, whatToDo: string): ConfigError {
  return new ConfigError({ code: 'syntax', file, line, reason: `${reason}, and Asterisk does not load the file as it is`, whatToDo })
}
