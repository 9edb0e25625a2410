import { ConfigError } from './errors.ts'

export interface IniEntry {
  readonly key: string
  readonly value: string
  /** Was any part of the value quoted? Quoted words are never switches. */
  readonly quoted: boolean
  /** A comment began right behind the value, with no blank between: most likely a `;` that belongs to the value. */
  readonly cut: boolean
  /** Counted from 1. */
  readonly line: number
}

export interface IniSection {
  readonly name: string
  readonly line: number
  readonly entries: readonly IniEntry[]
}

export interface IniDocument {
  /** Entries before the first section header. */
  readonly top: readonly IniEntry[]
  /** In the order of the file, repeated names included. */
  readonly sections: readonly IniSection[]
  /** Lines that are neither a comment, a section nor `key=value`. Their text may hold anything, so only the number is kept. */
  readonly strayLines: readonly number[]
}

/**
 * Reads INI text the way PHP's `parse_ini_file` does with sections and its default scanner, as far as allmon.ini uses it:
 * `;` starts a comment outside quotes, a value may be in "double" quotes (with \" and \\) or 'single' ones (taken as they
 * are), quoted and plain parts join. Lenient where PHP gives up: `#` comment lines, `( ) ! & | ^ ~ { }` in plain values.
 * Words like `yes` stay text: see {@link isOn}.
 *
 * @param text with or without byte order mark; lines end with LF, CRLF or CR
 * @param file for messages only
 * @throws ConfigError `syntax`: a section without `]`, or a quote that its line does not close
 */
export function parseIni(text: string, file: string): IniDocument {
  const top: IniEntry[] = []
  const sections: IniSection[] = []
  const strayLines: number[] = []
  let entries = top
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)

  lines.forEach((raw, index) => {
    const line = index + 1
    const content = raw.trim()
    if (content === '' || content.startsWith(';') || content.startsWith('#')) return
    if (content.startsWith('[')) {
      const end = content.indexOf(']')
      if (end < 0) throw syntax(file, line, 'this section header has no closing bracket', 'write [name]')
      entries = []
      sections.push({ name: unquote(content.slice(1, end).trim()), line, entries })
      return
    }
    const equals = content.indexOf('=')
    if (equals < 1) {
      strayLines.push(line)
      return
    }
    const value = parseValue(content.slice(equals + 1).trim())
    if (value === null) {
      throw syntax(
        file,
        line,
        'a quoted value is not closed on its line',
        'add the missing quote, or write \\" for a quote inside',
      )
    }
    entries.push({ key: content.slice(0, equals).trim(), ...value, line })
  })
  return { top, sections, strayLines }
}

/** PHP's switch words; a quoted `"yes"` and a plain `1` count as well, because people write both. */
export function isOn(value: string): boolean {
  return /^(?:1|yes|on|true)$/i.test(value.trim())
}

/** `passwd=none` or `url=null`: words that PHP's scanner turns into the empty text when they are not quoted. */
export function isEmptyWord(entry: IniEntry): boolean {
  return !entry.quoted && /^(?:no|off|none|false|null)$/i.test(entry.value)
}

function unquote(name: string): string {
  return /^(["']).*\1$/.test(name) && name.length >= 2 ? name.slice(1, -1) : name
}

type Value = Pick<IniEntry, 'value' | 'quoted' | 'cut'>

/** null when a quote stays open. A quote inside a plain word is a plain character unless it opens and closes a part. */
function parseValue(source: string): Value | null {
  const single = source.startsWith("'") ? source.indexOf("'", 1) : -1
  if (single > 0) {
    const tail = source.slice(single + 1).split(';', 1)[0] ?? ''
    return { value: source.slice(1, single) + tail.trimEnd(), quoted: true, cut: false }
  }
  let value = ''
  let quoted = false
  let open = false
  let at = 0
  while (at < source.length && source[at] !== ';') {
    const end = source[at] === '"' && !open ? closingQuote(source, at) : at
    if (end > at) {
      value += source.slice(at + 1, end).replace(/\\(["'\\])/g, '$1')
      quoted = true
      at = end + 1
      const rest = source.slice(at).trimStart()
      if (rest === '' || rest.startsWith(';')) return { value, quoted, cut: false }
    } else {
      if (end < 0) open = true
      if (open && value === '') return null
      value += source[at]
      at += 1
    }
  }
  const cut = at < source.length && at > 0 && !/\s/.test(source[at - 1] ?? '')
  return { value: value.trimEnd(), quoted, cut }
}

/** Where the quoted part that begins at `start` ends; -1 = it does not, and then no later quote of the line does either. */
function closingQuote(source: string, start: number): number {
  for (let at = start + 1; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1
    else if (source[at] === '"') return at
  }
  return -1
}

function syntax(file: string, line: number, reason: string, whatToDo: string): ConfigError {
  return new ConfigError({ code: 'syntax', file, line, reason, whatToDo })
}
