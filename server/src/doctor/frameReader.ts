/** Reads a server's WebSocket frames (RFC 6455): texts in one piece or several, and the close. Pings may go unanswered for as long as a look takes. */

const TEXT = 1
const CONTINUATION = 0
const CLOSE = 8

/** No state of a node is longer, bytes. */
const LONGEST = 16 * 1024 * 1024

export class FrameReader {
  #bytes = Buffer.alloc(0)
  #text: Buffer[] = []
  readonly #onText: (text: string) => void
  readonly #onEnd: (code: number, reason: string) => void

  /** @param onEnd the other side closes, with a code or 1005 = none; or sends what nobody could read, 1002 */
  constructor(onText: (text: string) => void, onEnd: (code: number, reason: string) => void) {
    this.#onText = onText
    this.#onEnd = onEnd
  }

  push(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    while (this.#one());
  }

  /** Takes one frame off the bytes. @returns false when there is no whole one */
  #one(): boolean {
    const bytes = this.#bytes
    if (bytes.length < 2) return false
    const code = (bytes[1] ?? 0) & 127
    const at = code === 126 ? 4 : code === 127 ? 10 : 2
    if (bytes.length < at) return false
    const length = code === 126 ? bytes.readUInt16BE(2) : code === 127 ? Number(bytes.readBigUInt64BE(2)) : code
    if (length > LONGEST) {
      this.#onEnd(1002, '')
      return false
    }
    if (bytes.length < at + length) return false
    this.#bytes = bytes.subarray(at + length)
    this.#take((bytes[0] ?? 0) & 15, ((bytes[0] ?? 0) & 128) !== 0, bytes.subarray(at, at + length))
    return true
  }

  #take(kind: number, last: boolean, payload: Buffer): void {
    if (kind === CLOSE) this.#onEnd(payload.length < 2 ? 1005 : payload.readUInt16BE(0), payload.subarray(2).toString())
    if (kind !== TEXT && kind !== CONTINUATION) return
    this.#text.push(payload)
    if (!last) return
    this.#onText(Buffer.concat(this.#text).toString())
    this.#text = []
  }
}
