/** A radio for a node's receiver: chan_usrp takes its audio as UDP frames, 20 ms of it in each. */
import { createSocket } from 'node:dgram'

const FRAME_MS = 20
/** 160 samples of 16 bits. */
const AUDIO = 320
const HEAD = 32

export class Radio {
  readonly #socket = createSocket('udp4')
  readonly #port: number
  #count = 0
  #timer: NodeJS.Timeout | null = null

  /** @param port UDP, on this machine */
  constructor(port: number) {
    this.#port = port
  }

  /** Talks from now on. @returns when its first frame was sent, by `performance.now()` */
  key(): number {
    clearInterval(this.#timer ?? undefined)
    this.#timer = setInterval(() => { this.#send(true) }, FRAME_MS)
    this.#send(true)
    return performance.now()
  }

  /** @returns when the frame that ends it was sent */
  unkey(): number {
    clearInterval(this.#timer ?? undefined)
    this.#timer = null
    this.#send(false)
    return performance.now()
  }

  close(): void {
    clearInterval(this.#timer ?? undefined)
    this.#socket.close()
  }

  /** chan_usrp: the word USRP, a number that counts, and in the fourth word whether somebody talks. */
  #send(on: boolean): void {
    const frame = Buffer.alloc(on ? HEAD + AUDIO : HEAD)
    frame.write('USRP', 'latin1')
    frame.writeUInt32BE(this.#count++, 4)
    frame.writeUInt32BE(on ? 1 : 0, 12)
    this.#socket.send(frame, this.#port, '127.0.0.1')
  }
}
