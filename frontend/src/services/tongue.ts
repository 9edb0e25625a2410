import { SUBPROTOCOL } from '../../../protocol/frames.ts'

/**
 * Which dialect the server of this page speaks. A browser fails a connection whose offered subprotocol the server does not
 * choose, and an unmodified Supermon-NG chooses none; so it is met without an offer. One page has one server: what one
 * socket or an answer over HTTP learns, all use, and what is known is not doubted for a try that fails, so that a restart costs no
 * second one. Our gateway says so itself where it is met as a Supermon-NG (**N-1** in docs/protocol.md).
 */
export class Tongue {
  /** A socket has opened: this server has them, and is reached. */
  opened = false
  readonly #onSupermonNg: () => void
  #known: 'v2' | 'supermon-ng' | null = null

  /** @param onSupermonNg told when the server turns out to be a Supermon-NG */
  constructor(onSupermonNg: () => void) {
    this.#onSupermonNg = onSupermonNg
  }

  /** null = not known. */
  get known(): 'v2' | 'supermon-ng' | null {
    return this.#known
  }

  /** A server chose our subprotocol. */
  heardV2(): void {
    this.#known = 'v2'
  }

  /** The server said something that only a Supermon-NG says. */
  heardSupermonNg(): void {
    if (this.#known !== null) return
    this.#known = 'supermon-ng'
    this.#onSupermonNg()
  }

  /** The subprotocols to offer in a try. @param bare goes without, where nothing is known: the one before was not understood */
  offer(bare: boolean): string[] {
    return this.#known === 'supermon-ng' || (bare && this.#known === null) ? [] : [SUBPROTOCOL]
  }
}
