import type { Clock, Timer } from '../env/clock.ts'
import { AmiClosedError, endedOverQuestion } from './closeReason.ts'
import type { AmiCloseReason } from './closeReason.ts'
import { joined } from './message.ts'
import type { AmiMessage } from './message.ts'

export interface RequestQueueOptions {
  readonly clock: Clock
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
  /** From the moment it is written, ms. */
  readonly deadlineMs: number
}

interface Entry extends QueuedRequest {
  readonly resolve: (message: AmiMessage) => void
  readonly reject: (error: Error) => void
  /** What has come of the answer so far. */
  readonly pieces: AmiMessage[]
}

/**
 * One question is on the wire at a time, as Asterisk answers in order (manager.c: one thread per session) and app_rpt loses the second
 * of two `rpt cmd` for one node. Only a Response with its ActionID is its answer: app_rpt repeats what linked nodes send, line breaks and all
 * (app_rpt.c handle_link_data), so a block may be anybody's words. Every Asterisk and app_rpt gives the ActionID back in all that is asked here,
 * but chan_voter in its empty answer.
 *
 * What waits has two classes: fifty nodes' polls on a slow Asterisk would keep a command waiting until nobody wants it any more.
 */
export class RequestQueue {
  readonly #options: RequestQueueOptions
  readonly #urgent: Entry[] = []
  readonly #waiting: Entry[] = []
  /** The question on the wire. */
  #asked: Entry | null = null
  /** What was asked behind it, also after that one was answered. */
  #behind: QueuedRequest | null = null
  /** For the next answer, from the moment of the last question. */
  #timer: Timer = undefined

  constructor(options: RequestQueueOptions) {
    this.#options = options
  }

  /** Requests without an answer, on the wire or waiting for their turn. */
  get size(): number {
    return this.#urgent.length + this.#waiting.length + [this.#asked, this.#behind].filter((request) => request !== null).length
  }

  /** The action that Asterisk is at; null = nothing is on the wire. */
  get asking(): string | null {
    return (this.#asked ?? this.#behind)?.action ?? null
  }

  add(request: QueuedRequest): Promise<AmiMessage> {
    return new Promise((resolve, reject) => {
      const line = request.urgent === true ? this.#urgent : this.#waiting
      line.push({ ...request, resolve, reject, pieces: [] })
      this.#send()
    })
  }

  /** Is an answer with this ActionID to come? */
  awaits(actionId: string): boolean {
    return actionId === this.#asked?.actionId || actionId === this.#behind?.actionId
  }

  /**
   * Hands a block to the request it answers.
   * @returns the events that are no part of an answer: this one, or those that turn out to have come behind an answer without a last line
   */
  answer(message: AmiMessage): readonly AmiMessage[] {
    const id = message.kind === 'response' ? message.actionId : undefined
    const asked = this.#asked
    if (id !== undefined && id === this.#behind?.actionId) {
      this.#behind = null
      this.#settle()
      return eventsOf(asked?.pieces ?? [])
    }
    if (asked === null) return eventsOf([message])
    if (id !== asked.actionId && asked.pieces.length === 0) {
      // A VoterStatus may have been answered by it (chan_voter.c); anywhere else it is a stray line end.
      if (message.isEmpty && asked.action.toLowerCase() === 'voterstatus') this.#askBehind()
      return eventsOf([message])
    }
    asked.pieces.push(message)
    if (asked.ends?.(asked.pieces) === false) this.#askBehind()
    else this.#settle()
    return []
  }

  /** Rejects everything with AmiClosedError and leaves no timer. */
  failAll(reason: AmiCloseReason): void {
    const asked = this.#asked
    const all = [...(asked === null ? [] : [asked]), ...this.#urgent.splice(0), ...this.#waiting.splice(0)]
    this.#asked = this.#behind = null
    this.#options.clock.clearTimeout(this.#timer)
    for (const entry of all) entry.reject(new AmiClosedError(reason, entry === asked && endedOverQuestion(reason)))
  }

  /** What has come of the answer is all of it. */
  #settle(): void {
    const asked = this.#asked
    this.#asked = null
    asked?.resolve(joined(asked.pieces))
    if (this.#behind !== null) return
    this.#options.clock.clearTimeout(this.#timer)
    this.#send()
  }

  #askBehind(): void {
    if (this.#behind !== null) return
    this.#behind = this.#options.behind()
    // The question was heard, and an Asterisk that is slow takes as long again.
    this.#write(this.#behind)
  }

  #send(): void {
    while (this.asking === null) {
      const entry = this.#urgent.shift() ?? this.#waiting.shift()
      if (!entry) return
      if (entry.go?.() === false) {
        entry.reject(new AmiWithdrawnError(`${entry.action} was given up before its turn.`))
        continue
      }
      this.#asked = entry
      this.#write(entry)
    }
  }

  #write({ action, bytes, deadlineMs }: QueuedRequest): void {
    const { clock, write, onDeadline } = this.#options
    clock.clearTimeout(this.#timer)
    this.#timer = clock.setTimeout(() => {
      onDeadline(this.asking ?? action, deadlineMs)
    }, deadlineMs)
    write(bytes)
  }
}

function eventsOf(messages: readonly AmiMessage[]): AmiMessage[] {
  return messages.filter(({ kind }) => kind === 'event')
}
