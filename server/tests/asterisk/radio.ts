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
    this.#timer = setInterval(() => { this.#send() }, FRAME_MS)
    this.#send()
    return performance.now()
  }

  /** Stops. For chan_usrp an over has ended when no audio has come for some 80 ms. @returns when that began */
  unkey(): number {
    clearInterval(this.#timer ?? undefined)
    this.#timer = null
    return performance.now()
  }

  /** One over of that length, ms: the radio's time is the real one, as Asterisk's is. */
  async over(ms: number): Promise<void> {
    this.key()
    await new Promise((resolve) => setTimeout(resolve, ms))
    this.unkey()
  }

  close(): void {
    clearInterval(this.#timer ?? undefined)
    this.#socket.close()
  }

  /** chan_usrp: the word USRP, a number that counts, and audio, here silence. */
  #send(): void {
    const frame = Buffer.alloc(HEAD + AUDIO)
    frame.write('USRP', 'latin1')
    frame.writeUInt32BE(this.#count++, 4)
    frame.writeUInt32BE(1, 12)
    this.#socket.send(frame, this.#port, '127.0.0.1')
  }
}
