import type { CommandCode } from '../../../protocol/commandCodes.ts'
import type { Order } from './order.ts'

/** Who gives an order. */
export interface Asker {
  /** For the log. */
  readonly user: string
  /** The gateway he signed in at, if it is another one: for the log too. */
  readonly front?: string
  /** Two equal orders from one `key` are one order: a double tap. */
  readonly key: string
  /** May he still? Asked again as the command is written. */
  may(): boolean
}

/**
 * - `done`: the node shows it;
 * - `refused`: it will not happen;
 * - `not-confirmed`: the node was asked, and nothing shows it yet;
 * - `not-sent`: nothing was asked of the node.
 */
export interface ControlResult {
  readonly outcome: 'done' | 'refused' | 'not-confirmed' | 'not-sent'
  /** Permanent. */
  readonly code: CommandCode
  /** Why, and what to do, for people. */
  readonly message: string
  /** Asterisk's own words; null = it has said nothing, or was not asked. */
  readonly response: string | null
}

/** An order on its way to its one result. */
export class PendingOrder {
  readonly order: Order
  readonly asker: Asker
  readonly result: Promise<ControlResult>
  /** When the command was written, ms by the clock that nobody sets; null = it was not. */
  sentAt: number | null = null
  /** What is to be said if the time is up now. */
  soFar: () => ControlResult
  #over = false
  readonly #resolve: (result: ControlResult) => void
  readonly #ends: (() => void)[] = []

  constructor(order: Order, asker: Asker, soFar: () => ControlResult) {
    this.order = order
    this.asker = asker
    this.soFar = soFar
    let resolve: (result: ControlResult) => void = () => undefined
    this.result = new Promise((settle) => { resolve = settle })
    this.#resolve = resolve
  }

  get over(): boolean {
    return this.#over
  }

  get sent(): boolean {
    return this.sentAt !== null
  }

  /** The first result counts. */
  settle(result: ControlResult): void {
    if (this.#over) return
    this.#over = true
    for (const end of this.#ends.splice(0)) end()
    this.#resolve(result)
  }

  /** Runs `end` once the order has its result. */
  onEnd(end: () => void): void {
    if (this.#over) end()
    else this.#ends.push(end)
  }
}
