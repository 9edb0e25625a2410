import type { Socket } from 'node:net'
import type { Random } from '../env/clock.ts'

/** Longest piece when writes are cut, bytes. */
const LONGEST_PIECE = 24

/** Bytes on their way to a client: straight into the socket, or cut at random and one piece per turn of the loop. */
export class ByteQueue {
  readonly #socket: Socket
  readonly #random: Random
  readonly #pieces: Buffer[] = []
  readonly #waiting: (() => void)[] = []
  #turn: NodeJS.Immediate | null = null
  #ending = false

  constructor(socket: Socket, random: Random) {
    this.#socket = socket
    this.#random = random
  }

  write(bytes: Buffer, cut: boolean): void {
    if (bytes.length === 0 || this.#ending || this.#socket.destroyed) return
    if (!cut && this.#pieces.length === 0) {
      this.#socket.write(bytes)
      return
    }
    let from = 0
    while (from < bytes.length) {
      const to = cut ? from + 1 + Math.floor(this.#random() * LONGEST_PIECE) : bytes.length
      this.#pieces.push(bytes.subarray(from, to))
      from = to
    }
    this.#turn ??= setImmediate(this.#next)
  }

  /** Closes after the last byte. */
  end(): void {
    this.#ending = true
    if (this.#pieces.length === 0) this.#socket.destroySoon()
  }

  /** Settles when no cut piece is left. Bytes in the socket are out of our hands. */
  flushed(): Promise<void> {
    if (this.#pieces.length === 0) return Promise.resolve()
    return new Promise((settle) => this.#waiting.push(settle))
  }

  drop(): void {
    if (this.#turn !== null) clearImmediate(this.#turn)
    this.#turn = null
    this.#pieces.length = 0
    this.#settle()
  }

  readonly #next = (): void => {
    this.#turn = null
    const piece = this.#pieces.shift()
    if (piece !== undefined && !this.#socket.destroyed) this.#socket.write(piece)
    if (this.#pieces.length > 0) {
      this.#turn = setImmediate(this.#next)
      return
    }
    if (this.#ending) this.#socket.destroySoon()
    this.#settle()
  }

  #settle(): void {
    for (const settle of this.#waiting.splice(0)) settle()
  }
}
