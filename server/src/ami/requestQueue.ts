import type { Clock, Timer } from '../env/clock.ts'
import { AmiClosedError } from './closeReason.ts'
import type { AmiCloseReason } from './closeReason.ts'
import type { AmiMessage } from './message.ts'

export interface RequestQueueOptions {
  readonly clock: Clock
  /** How many requests may be on the wire at once. */
  readonly maxInFlight: number
  readonly write: (bytes: Uint8Array) => void
  /** An answer is overdue. The session must end: that answer, when it comes, would be taken for the next request's. */
  readonly onDeadline: (action: string, deadlineMs: number) => void
}

/** A request that was given up while it waited for its turn: not a byte of it went out. */
export class AmiWithdrawnError extends Error {
  override readonly name = 'AmiWithdrawnError'
}

/** How a request takes its turn. */
export interface Turn {
  /** Before all that are not: somebody waits for it. Among themselves, first come, first served. */
  readonly urgent?: boolean
  /** Asked in the moment in which it would be written; false = it is not sent, and rejects with AmiWithdrawnError. */
  readonly go?: () => boolean
}

export interface QueuedRequest extends Turn {
  readonly action: string
  readonly actionId: string
  readonly bytes: Uint8Array
  /** From the moment it is written, in ms. */
  readonly deadlineMs: number
}

interface Entry extends QueuedRequest {
  readonly resolve: (message: AmiMessage) => void
  readonly reject: (error: Error) => void
  timer: Timer
  overdue: boolean
}

/**
 * What is on the wire is answered in order, as Asterisk answers (manager.c: one thread per session). A reply goes to the
 * oldest request there; its ActionID, where it has one, must agree. What waits has two classes: fifty nodes' polls on a
 * slow Asterisk would keep a command waiting until nobody wants it any more.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions
  readonly #urgent: Entry[] = []
  readonly #waiting: Entry[] = []
  readonly #onWire: Entry[] = []

  constructor(options: RequestQueueOptions) {
    this.#options = options
  }

  /** Requests without an answer, on the wire or waiting for their turn. */
  get size(): number {
    return this.#urgent.length + this.#waiting.length + this.#onWire.length
  }

  /** The action that Asterisk is at; null = nothing is on the wire. */
  get asking(): string | null {
    return this.#onWire[0]?.action ?? null
  }

  add(request: QueuedRequest): Promise<AmiMessage> {
    return new Promise((resolve, reject) => {
      const line = request.urgent === true ? this.#urgent : this.#waiting
      line.push({ ...request, resolve, reject, timer: undefined, overdue: false })
      this.#send()
    })
  }

  /**
   * Hands a reply to the request it answers.
   * @returns `out-of-step` when there is no such request, `ignored` for an empty block that nobody waits for
   */
  answer(message: AmiMessage): 'taken' | 'ignored' | 'out-of-step' {
    const head = this.#onWire[0]
    // Only a VoterStatus is answered by an empty block (chan_voter.c); anywhere else it is a stray line end.
    if (message.isEmpty && head?.action.toLowerCase() !== 'voterstatus') return 'ignored'
    if (!head) return 'out-of-step'
    const id = message.actionId
    if (id !== undefined && id !== head.actionId) return 'out-of-step'
    this.#onWire.shift()
    this.#options.clock.clearTimeout(head.timer)
    head.resolve(message)
    this.#send()
    return 'taken'
  }

  /** Rejects everything with AmiClosedError and leaves no timer. */
  failAll(reason: AmiCloseReason): void {
    const asked = reason.unanswered === true ? this.#onWire[0] : undefined
    const all = [...this.#onWire.splice(0), ...this.#urgent.splice(0), ...this.#waiting.splice(0)]
    for (const entry of all) this.#options.clock.clearTimeout(entry.timer)
    for (const entry of all) entry.reject(new AmiClosedError(reason, entry.overdue || entry === asked))
  }

  #send(): void {
    const { clock, maxInFlight, write, onDeadline } = this.#options
    while (this.#onWire.length < maxInFlight) {
      const entry = this.#urgent.shift() ?? this.#waiting.shift()
      if (!entry) return
      if (entry.go?.() === false) {
        entry.reject(new AmiWithdrawnError(`${entry.action} was given up before its turn.`))
        continue
      }
      this.#onWire.push(entry)
      entry.timer = clock.setTimeout(() => {
        entry.overdue = true
        onDeadline(entry.action, entry.deadlineMs)
      }, entry.deadlineMs)
      write(entry.bytes)
    }
  }
}
