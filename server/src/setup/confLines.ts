/** One line of an Asterisk configuration without its comments and the blanks around it. */
export interface ConfLine {
  readonly text: string
  /** Counted from 1. */
  readonly line: number
}

export interface ConfLines {
  readonly lines: readonly ConfLine[]
  /** Where the block comment begins that the file does not end; null = there is none. */
  readonly openComment: number | null
}

/**
 * Takes the comments out of a file, as Asterisk does (main/config.c, config_text_file_load): `;` to the end of the line, `;--` to `--;`
 * over many lines and nested, `\;` is a semicolon. A rule like `;-----` is an ordinary comment.
 */
export function confLines(text: string): ConfLines {
  const lines: ConfLine[] = []
  const open: number[] = []
  text.replace(/^\uFEFF/, '').split('\n').forEach((raw, index) => {
    const kept = withoutComments(raw, index + 1, open).trim()
    if (kept !== '') lines.push({ text: kept, line: index + 1 })
  })
  return { lines, openComment: open[0] ?? null }
}

/** @param open lines of the block comments that are open before this line; is left as they are behind it */
function withoutComments(raw: string, line: number, open: number[]): string {
  let kept = ''
  let from = 0
  for (let at = raw.indexOf(';'); at >= 0; at = raw.indexOf(';', at + 1)) {
    const before = raw.slice(from, at)
    if (at > from && raw[at - 1] === '\\') {
      if (open.length === 0) kept += `${before.slice(0, -1)};`
      from = at + 1
    } else if (raw.startsWith('--', at + 1) && raw[at + 3] !== '-') {
      if (open.length === 0) kept += before
      open.push(line)
      from = at + 3
      at += 2
    } else if (open.length > 0) {
      if (before.endsWith('--')) open.pop()
      from = at + 1
    } else {
      return kept + before
    }
  }
  return open.length === 0 ? kept + raw.slice(from) : kept
}
