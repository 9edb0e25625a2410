/**
 * One message on its way out: text for viewers that gather several into one, bytes for sockets. Encoded once, when somebody
 * needs it, and then the same for all; nobody may change the bytes.
 */
export class Encoded {
  readonly text: string
  #bytes: Buffer | null = null

  constructor(text: string) {
    this.text = text
  }

  get bytes(): Buffer {
    return (this.#bytes ??= Buffer.from(this.text))
  }
}
