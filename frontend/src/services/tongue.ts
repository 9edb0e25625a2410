import { SUBPROTOCOL } from '../../../protocol/frames.ts'

/**
 * Which dialect the server of this page speaks. A browser fails a connection whose offered subprotocol the server does not
 * choose, and an unmodified Supermon-NG chooses none; so it is met without an offer. One page has one server: what one
 * socket learns, all use. Our own dialect, once heard, is never doubted again, so that a restart costs no second try.
 */
export class Tongue {
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

  /** A server without subprotocol sent what only a Supermon-NG sends. */
  heardSupermonNg(): void {
    if (this.#known !== null) return
    this.#known = 'supermon-ng'
    this.#onSupermonNg()
  }

  /** How one socket greets: it offers our dialect, and goes without after a try that was not understood. */
  greeter(): Greeter {
    let bare = false
    return {
      offer: () => (this.#known === 'supermon-ng' || (bare && this.#known === null) ? [] : [SUBPROTOCOL]),
      misunderstood: () => {
        if (this.#known === 'v2') return
        bare = this.#known === 'supermon-ng' ? false : !bare
        this.#known = null
      },
    }
  }
}

export interface Greeter {
  /** The subprotocols to offer in the next try. */
  offer(): string[]
  /** A try ended before the server said a valid word: perhaps it was the wrong greeting. */
  misunderstood(): void
}
