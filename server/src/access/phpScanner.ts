/** One word of the PHP that Supermon's `.inc` files are written in. */
export interface PhpToken {
  /** `text` is a string whose value is known; `mark` one of `= => ( ) [ ] , ; { }`. */
  readonly kind: 'variable' | 'text' | 'word' | 'mark' | 'other'
  /** A variable's name without `$`; a string's value; else as written. */
  readonly text: string
  /** Counted from 1. */
  readonly line: number
}

export interface PhpScan {
  readonly tokens: readonly PhpToken[]
  /** Line of a text or comment that never ends; null when all of them do. */
  readonly unclosed: number | null
  /** Was there a `<?php` at all? Without one PHP prints the file and runs none of it. */
  readonly opened: boolean
}

const OPEN = /<\?(?:php(?!\w)|=|(?!\w))/gi
const BLANK = /\s+/y
const LINE_COMMENT = /(?:\/\/|#)(?:(?!\?>)[^\r\n])*/y
const VARIABLE = /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)/y
const WORD = /[\w\u0080-\uffff\\.]+/y
const ARROW = /=>/y
const SINGLE = /'([^'\\]*(?:\\[^][^'\\]*)*)'/y
const DOUBLE = /"([^"\\]*(?:\\[^][^"\\]*)*)"/y

/**
 * Cuts a PHP file into words, comments and the text outside `<?php … ?>` left out. It runs nothing. Never throws.
 * Source: the language reference of PHP 8, as far as assignments of texts and arrays need it.
 */
export function scanPhp(source: string): PhpScan {
  const opened = source.search(OPEN) !== -1
  const tokens: PhpToken[] = []
  let at = opened ? skipProse(source, 0) : 0
  let line = 1 + breaks(source.slice(0, at))

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match !== null) at += match[0].length
    return match
  }

  while (at < source.length) {
    const start = at
    const here = line
    if (take(BLANK) === null && take(LINE_COMMENT) === null) {
      let match
      if (source.startsWith('/*', at)) {
        const end = source.indexOf('*/', at + 2)
        if (end === -1) return { tokens, unclosed: here, opened }
        at = end + 2
      } else if (source.startsWith('?>', at)) {
        // The closing tag ends a statement, as `;` does.
        tokens.push({ kind: 'mark', text: ';', line: here })
        at = skipProse(source, at + 2)
      } else if ((match = take(VARIABLE)) !== null) {
        tokens.push({ kind: 'variable', text: match[1] ?? '', line: here })
      } else if ((match = take(SINGLE)) !== null) {
        tokens.push({ kind: 'text', text: (match[1] ?? '').replace(/\\([\\'])/g, '$1'), line: here })
      } else if ((match = take(DOUBLE)) !== null) {
        tokens.push(doubleQuoted(match[1] ?? '', here))
      } else if (source.startsWith('"', at) || source.startsWith("'", at)) {
        return { tokens, unclosed: here, opened }
      } else if ((match = take(WORD)) !== null) {
        tokens.push({ kind: 'word', text: match[0], line: here })
      } else if (take(ARROW) !== null) {
        tokens.push({ kind: 'mark', text: '=>', line: here })
      } else {
        const char = source.charAt(at)
        tokens.push({ kind: '=()[],;{}'.includes(char) ? 'mark' : 'other', text: char, line: here })
        at += 1
      }
    }
    line += breaks(source.slice(start, at))
  }
  return { tokens, unclosed: null, opened }
}

/** Where the code goes on: behind the next opening tag, or at the end. */
function skipProse(source: string, from: number): number {
  OPEN.lastIndex = from
  return OPEN.exec(source) === null ? source.length : OPEN.lastIndex
}

function breaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  f: '\f',
  e: '\u001b',
  '\\': '\\',
  $: '$',
  '"': '"',
}

/** `"…"`. With a variable or a numeric escape inside, its value is not known here. */
function doubleQuoted(inner: string, line: number): PhpToken {
  const bare = inner.replace(/\\[^0-7xu]/g, '  ')
  if (/\\|\$[A-Za-z_{\u0080-\uffff]|\{\$/.test(bare)) return { kind: 'other', text: inner, line }
  return { kind: 'text', line, text: inner.replace(/\\([^])/g, (whole, char: string) => ESCAPES[char] ?? whole) }
}
