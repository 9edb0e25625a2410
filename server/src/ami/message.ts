/**
 * One `Name: value` line. At most one blank after the colon is dropped; all other blanks are kept (Conn columns need
 * them).
 */
export interface AmiHeader {
  readonly name: string
  readonly value: string
}

/**
 * `response` and `event` by whichever of the two keys stands first in the block (an OriginateResponse *event* also has
 * a `Response:` line, and app_rpt before 3.5.0 writes `ActionID:` before `Response:`). `other` has neither:
 * RptLocalNodes, and the empty block.
 */
export type AmiMessageKind = 'response' | 'event' | 'other'

export interface AmiBlock {
  readonly text: string
  readonly follows: boolean
}

/** One message of Asterisk, split into lines and no further. Reading it never throws. */
export class AmiMessage {
  readonly kind: AmiMessageKind
  /** In the order of the wire, repeats included. */
  readonly headers: readonly AmiHeader[]
  /** Lines without a name: RptLocalNodes' XML, the bare `<NONE>` of RptStat. */
  readonly text: readonly string[]
  /**
   * Command output, from either form: `Output:` lines (Asterisk 14 on) or the text of `Response: Follows` (before).
   * Empty for any other message.
   */
  readonly output: readonly string[]
  /** All of it as it came, for values that may go on behind a line break. */
  readonly raw: string

  constructor(headers: readonly AmiHeader[], text: readonly string[], output: readonly string[], raw = '') {
    this.headers = headers
    this.text = text
    this.output = output
    this.raw = raw
    this.kind = kindOf(headers)
  }

  /** The lone empty line: Asterisk's answer to a VoterStatus that matched nothing (chan_voter.c). */
  get isEmpty(): boolean {
    return this.headers.length === 0 && this.text.length === 0
  }

  /**
   * `Success`, `Error`, `Goodbye`, `Follows`, on Asterisk 1.4 also `Pong` and `Events On`; undefined without the line.
   */
  get response(): string | undefined {
    return this.get('Response')?.trim()
  }

  get event(): string | undefined {
    return this.get('Event')?.trim()
  }

  get actionId(): string | undefined {
    return this.get('ActionID')?.trim()
  }

  /** First value of that name, in whatever case. */
  get(name: string): string | undefined {
    const key = name.toLowerCase()
    return this.headers.find((header) => sameName(header.name, key))?.value
  }

  /** All values of that name, in order. */
  getAll(name: string): readonly string[] {
    const key = name.toLowerCase()
    return this.headers.filter((header) => sameName(header.name, key)).map((header) => header.value)
  }
}

/** A framer's block as a message. Takes any text, never throws. */
export function parseMessage(block: AmiBlock): AmiMessage {
  return block.follows ? parseFollows(block.text) : parsePlain(block.text)
}

/** An answer that empty lines have cut into these, as one. None = an empty answer. */
export function joined(pieces: readonly AmiMessage[]): AmiMessage {
  const [first] = pieces
  if (first !== undefined && pieces.length === 1) return first
  return parsePlain(pieces.map(({ raw }) => raw).join('\r\n\r\n'))
}

function parsePlain(block: string): AmiMessage {
  const headers: AmiHeader[] = []
  const text: string[] = []
  for (const line of block === '' ? [] : block.split('\r\n')) {
    const header = parseHeader(line)
    if (header) headers.push(header)
    else text.push(line)
  }
  const output = headers.filter((header) => sameName(header.name, 'output')).map((header) => header.value)
  return new AmiMessage(headers, text, output, block)
}

const FOLLOWS_HEADERS = new Set(['response', 'privilege', 'actionid'])

/**
 * Asterisk 1.4 action_command: `Response`, `Privilege`, `ActionID` each ended by CRLF, then raw text in bare LF that
 * may look like anything, a header included. So only those three names count, once each, and only before the text
 * starts.
 */
function parseFollows(block: string): AmiMessage {
  const headers: AmiHeader[] = []
  const seen = new Set<string>()
  let at = 0
  while (at < block.length) {
    const end = block.indexOf('\r\n', at)
    if (end < 0) break
    const line = block.slice(at, end)
    const header = line.includes('\n') ? null : parseHeader(line)
    const key = header?.name.toLowerCase() ?? ''
    if (!header || !FOLLOWS_HEADERS.has(key) || seen.has(key)) break
    seen.add(key)
    headers.push(header)
    at = end + 2
  }
  const output = block.slice(at).split(/\r?\n/)
  if (output.at(-1) === '') output.pop()
  return new AmiMessage(headers, [], output, block)
}

function parseHeader(line: string): AmiHeader | null {
  const colon = line.indexOf(':')
  if (colon < 1 || line.startsWith(' ') || line.startsWith('\t')) return null
  const from = line[colon + 1] === ' ' ? colon + 2 : colon + 1
  // The stray LF that old app_rpt leaves at the end of an event's times goes with the line end.
  return { name: line.slice(0, colon), value: line.slice(from).replace(/[\r\n]{1,8}$/, '') }
}

function kindOf(headers: readonly AmiHeader[]): AmiMessageKind {
  for (const { name } of headers) {
    if (sameName(name, 'response')) return 'response'
    if (sameName(name, 'event')) return 'event'
  }
  return 'other'
}

function sameName(name: string, lowerKey: string): boolean {
  return name.length === lowerKey.length && name.toLowerCase() === lowerKey
}
