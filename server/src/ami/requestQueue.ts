import type { Clock, Timer } from '../env/clock.ts'
import type { AmiMessage } from './message.ts'

export interface RequestQueueOptions {
  readonly clock: Clock
  /** How many requests may be on the wire at once. */
  readonly maxInFlight: number
  readonly write: (bytes: Uint8Array) => void
  /** An answer is overdue. The session must end: that answer, when it comes, would be taken for the next request's. */
  readonly onDeadline: (action: string, deadlineMs: number) => void
}

export interface QueuedRequest {
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
}

/**
 * Strict first in, first out, as Asterisk answers (manager.c: one thread per session). A reply goes to the oldest
 * request on the wire; its ActionID, where it has one, must agree.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions
  readonly #waiting: Entry[] = []
  readonly #onWire: Entry[] = []

  constructor(options: RequestQueueOptions) {
    this.#options = options
  }

  /** Requests without an answer, on the wire or waiting for their turn. */
  get size(): number {
    return this.#waiting.length + this.#onWire.length
  }

  add(request: QueuedRequest): Promise<AmiMessage> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...request, resolve, reject, timer: undefined })
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

  /** Rejects everything and leaves no timer. */
  failAll(error: Error): void {
    const all = [...this.#onWire.splice(0), ...this.#waiting.splice(0)]
    for (const entry of all) this.#options.clock.clearTimeout(entry.timer)
    for (const entry of all) entry.reject(error)
  }

  #send(): void {
    const { clock, maxInFlight, write, onDeadline } = this.#options
    while (this.#onWire.length < maxInFlight) {
      const entry = this.#waiting.shift()
      if (!entry) return
      this.#onWire.push(entry)
      entry.timer = clock.setTimeout(() => {
        onDeadline(entry.action, entry.deadlineMs)
      }, entry.deadlineMs)
      write(entry.bytes)
    }
  }
}
