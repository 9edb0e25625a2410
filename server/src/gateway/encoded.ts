/**
 * One message on its way out: text for viewers that gather several into one, a WebSocket frame for sockets. Encoded once, when
 * somebody needs it, and then the same for all; nobody may change the bytes.
 */
export class Encoded {
  readonly text: string
  #frame: Buffer | null = null

  constructor(text: string) {
    this.text = text
  }

  /** The whole frame, header included. */
  get frame(): Buffer {
    return (this.#frame ??= textFrame(this.text))
  }

  /** Bytes of the text. */
  get size(): number {
    return this.frame.length - headOf(this.frame)
  }
}

/** FIN and the opcode of text (RFC 6455, 5.2). */
const FINAL_TEXT = 0x81
/** Lengths up to here stand in the header's second byte; up to the next in two more, beyond it in eight more. */
const SHORT = 125
const MIDDLE = 0xffff

/** Bytes of the header that a frame begins with. */
const headOf = (frame: Buffer) => (frame[1] === 126 ? 4 : frame[1] === 127 ? 10 : 2)

/** A text message as one unfragmented, unmasked frame, as servers send it. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length <= SHORT ? 2 : length <= MIDDLE ? 4 : 10
  const frame = Buffer.allocUnsafeSlow(head + length)
  frame[0] = FINAL_TEXT
  if (length <= SHORT) frame[1] = length
  else if (length <= MIDDLE) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, head)
  return frame
}
