/** Longest line of a request with its line end, bytes; most headers (manager.h `AST_MAX_MANHEADERS`). */
const LONGEST_LINE = 1_024
const MOST_HEADERS = 128

/** One action as a client sent it. */
export interface AmiRequest {
  /** Value of the first header of that name, as sent but for blanks after the colon; '' when there is none. */
  get(name: string): string
  /** Why Asterisk refuses to look at it, if it does. */
  readonly malformed: string | null
}

/** Cuts the bytes of a client into actions. Bytes are kept one to one (Latin-1): Asterisk knows no encoding. */
export class RequestReader {
  #rest = ''
  #lines: string[] = []
  #count = 0
  #tooLong = false
  /** Inside a line that is too long: the rest of it is thrown away. */
  #skipping = false

  /** The actions that are complete with these bytes. Lines may end in CRLF or LF alone. */
  push(bytes: Buffer): AmiRequest[] {
    const done: AmiRequest[] = []
    this.#rest += bytes.toString('latin1')
    for (;;) {
      const end = this.#rest.indexOf('\n')
      if (end === -1) break
      const line = this.#rest.slice(0, end).replace(/\r$/, '')
      const long = this.#skipping || end + 1 > LONGEST_LINE
      this.#rest = this.#rest.slice(end + 1)
      this.#skipping = false
      if (long) this.#tooLong = true
      else if (line === '') done.push(this.#finish())
      else {
        this.#count += 1
        if (this.#count <= MOST_HEADERS) this.#lines.push(line)
      }
    }
    if (this.#rest.length >= LONGEST_LINE) {
      this.#skipping = true
      this.#rest = ''
    }
    return done
  }

  #finish(): AmiRequest {
    const lines = this.#lines
    const malformed = this.#tooLong
      ? 'Failed to parse message: line too long'
      : this.#count > MOST_HEADERS
        ? 'Too many lines in message or allocation failure'
        : null
    this.#lines = []
    this.#count = 0
    this.#tooLong = false
    return { malformed, get: (name) => header(lines, name) }
  }
}

/** manager.c `__astman_get_header`: the name must stand at the very start of the line. */
function header(lines: readonly string[], name: string): string {
  const wanted = `${name.toLowerCase()}:`
  for (const line of lines) {
    if (line.slice(0, wanted.length).toLowerCase() === wanted) return line.slice(wanted.length).replace(/^[ \t]+/, '')
  }
  return ''
}
