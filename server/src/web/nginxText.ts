/** Changes of an nginx configuration that leave all else as it is, byte for byte. */

const MARK = '# supermon-live web'
const LINE = /\n[ \t]*include snippets\/supermon-live\.conf; # supermon-live web(?: \+\n)?/g

/** Puts the include line into every server block of the http level. What has it already stays as it is. */
export function withInclude(text: string): string {
  const clean = withoutInclude(text)
  let result = ''
  let from = 0
  for (const at of serverBlocks(clean)) {
    // A remark ends with its line: what follows the brace in the same line must not become part of it.
    const rest = /^[ \t\r]*(?:\n|$)/.test(clean.slice(at)) ? '' : ' +\n'
    const indent = `${indentAt(clean, at)}    `
    result += `${clean.slice(from, at)}\n${indent}include snippets/supermon-live.conf; ${MARK}${rest}`
    from = at
  }
  return result + clean.slice(from)
}

function indentAt(text: string, at: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at))?.[0] ?? ''
}

export function withoutInclude(text: string): string {
  return text.replace(LINE, '')
}

export function hasServer(text: string): boolean {
  return serverBlocks(text).length > 0
}

/** Where the content of each `server { … }` begins that stands at the top or in `http { … }`. */
function serverBlocks(text: string): number[] {
  const places: number[] = []
  const open: string[] = []
  let words: string[] = []
  const token = /#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\$\{[^}]*\}|[{};]|[^\s{};"'#][^\s{};]*/gs
  for (const match of text.matchAll(token)) {
    const [word] = match
    if (word.startsWith('#')) continue
    if (word === '{') {
      const name = words.join(' ')
      if (name === 'server' && open.every((outer) => outer === 'http')) places.push(match.index + 1)
      open.push(name)
      words = []
    } else if (word === '}' || word === ';') {
      if (word === '}') open.pop()
      words = []
    } else words.push(word)
  }
  return places
}
