import type { Clock, Timer } from '../env/clock.ts'
import { AmiClosedError } from './closeReason.ts'
import type { AmiCloseReason } from './closeReason.ts'
import { joined } from './message.ts'
import type { AmiMessage } from './message.ts'

export interface RequestQueueOptions {
  readonly clock: Clock
  /** How many requests may be on the wire at once. */
  readonly maxInFlight: number
  readonly write: (bytes: Uint8Array) => void
  /** An answer is overdue. The session must end: Asterisk answers in order, and comes to nothing that waits behind it. */
  readonly onDeadline: (action: string, deadlineMs: number) => void
  /** Something to ask behind a question whose answer may be over or not: all that comes before the answer to this is that of the other. */
  readonly behind: () => QueuedRequest
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
  /** Are these blocks all of the answer? What it repeats of others can have empty lines in it. Default: the first one is. */
  readonly ends?: (pieces: readonly AmiMessage[]) => boolean
}

export interface QueuedRequest extends Turn {
  readonly action: string
  /** Nobody else may be able to guess it. */
  readonly actionId: string
  readonly bytes: Uint8Array
  /** From the moment it is written, in ms. */
  readonly deadlineMs: number
}

interface Entry extends QueuedRequest {
  readonly resolve: (message: AmiMessage) => void
  readonly reject: (error: Error) => void
  /** What has come of the answer so far. */
  readonly pieces: AmiMessage[]
  /** The next question's answer ends this one. */
  endsByNext: boolean
  timer: Timer
  overdue: boolean
}

function unasked() {
  return { pieces: [], endsByNext: false, timer: undefined, overdue: false }
}

/**
 * What is on the wire is answered in order, as Asterisk answers (manager.c: one thread per session). Only a Response with the ActionID of the
 * oldest request is its answer: app_rpt repeats what linked nodes send, line breaks and all (app_rpt.c handle_link_data), so a block may be
 * anybody's words. Every Asterisk and app_rpt gives the ActionID back in all that is asked here, but chan_voter in its empty answer.
 *
 * What waits has two classes: fifty nodes' polls on a slow Asterisk would keep a command waiting until nobody wants it any more.
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
      line.push({ ...request, resolve, reject, ...unasked() })
      this.#send()
    })
  }

  /** Is an answer with this ActionID to come? */
  awaits(actionId: string): boolean {
    return this.#onWire.some((entry) => entry.actionId === actionId)
  }

  /**
   * Hands a block to the request it answers.
   * @returns `ignored` when it is part of no answer; `out-of-step` when it answers a request before an older one was answered
   */
  answer(message: AmiMessage): 'taken' | 'ignored' | 'out-of-step' {
    const id = message.kind === 'response' ? message.actionId : undefined
    const place = id === undefined ? -1 : this.#onWire.findIndex(({ actionId }) => actionId === id)
    const older = this.#onWire.slice(0, Math.max(0, place))
    if (!older.every(({ endsByNext }) => endsByNext)) return 'out-of-step'
    for (const { pieces } of older) this.#settle(joined(pieces))
    const head = this.#onWire[0]
    if (!head) return 'ignored'
    if (place < 0 && head.pieces.length === 0) {
      // A VoterStatus may have been answered by it (chan_voter.c); anywhere else it is a stray line end.
      if (message.isEmpty && head.action.toLowerCase() === 'voterstatus') this.#askBehind(head)
      return 'ignored'
    }
    head.pieces.push(message)
    if (head.ends?.(head.pieces) === false) this.#askBehind(head)
    else this.#settle(joined(head.pieces))
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

  #settle(answer: AmiMessage): void {
    const entry = this.#onWire.shift()
    this.#options.clock.clearTimeout(entry?.timer)
    entry?.resolve(answer)
  }

  #askBehind(entry: Entry): void {
    if (!entry.endsByNext) this.#write({ ...this.#options.behind(), resolve: nobodyWaits, reject: nobodyWaits, ...unasked() })
    entry.endsByNext = true
  }

  #send(): void {
    const { maxInFlight } = this.#options
    while (this.#onWire.length < maxInFlight) {
      const entry = this.#urgent.shift() ?? this.#waiting.shift()
      if (!entry) return
      if (entry.go?.() === false) {
        entry.reject(new AmiWithdrawnError(`${entry.action} was given up before its turn.`))
        continue
      }
      this.#write(entry)
    }
  }

  #write(entry: Entry): void {
    const { clock, write, onDeadline } = this.#options
    this.#onWire.push(entry)
    entry.timer = clock.setTimeout(() => {
      entry.overdue = true
      onDeadline(entry.action, entry.deadlineMs)
    }, entry.deadlineMs)
    write(entry.bytes)
  }
}

function nobodyWaits(): void {
  // What matters is when it was answered.
}
