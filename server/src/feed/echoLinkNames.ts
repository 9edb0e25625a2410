/**
 * The names of one Asterisk's EchoLink links, asked for one by one and behind everything else. A name that cannot be
 * had is a name that is missing, and nothing more. All its times are by the clock that nobody sets.
 */
import type { Identity } from '../../../protocol/nodeState.ts'
import { AmiClosedError } from '../ami/closeReason.ts'
import { echoLinkCommand, echoLinkNumber, readEchoLinkReply } from '../ami/echolink.ts'
import type { EchoLinkStation } from '../ami/echolink.ts'
import type { AmiMessage } from '../ami/message.ts'
import type { ReadFailure } from '../ami/read.ts'
import type { Clock, Timer } from '../env/clock.ts'
import { NAMELESS } from './names.ts'

export const ECHOLINK = {
  /** An answer counts for this long, ms; that there is no such station, too. */
  keepMs: 600_000,
  /** A station that is being called has no name until it answers: asked for again after this, ms. */
  calledMs: 1_000,
  /** The same by how long it has been called: some answer, and never say their name. */
  calledShare: 0.1,
  /** From the start of one question to the start of the next, ms. */
  gapMs: 250,
  /** Somebody else waits for an answer: try again after this, ms. */
  yieldMs: 50,
  /** Answers that are kept. */
  maxKept: 2_000,
} as const

export interface EchoLinkNamesOptions {
  readonly clock: Clock
  /** Runs a CLI line on this Asterisk. Rejects with AmiClosedError when there is no session, or it ends meanwhile. */
  command(line: string): Promise<AmiMessage>
  /** Does nobody wait for an answer of this Asterisk? Only then a name is asked for. */
  idle(): boolean
  /** Links that have no name yet and those named from here, in any order, repeats allowed. */
  wanted(): Iterable<string>
  /** This link got a name, or another one. */
  onName(link: string): void
  /** One sentence for the operator, once for each kind of trouble. */
  warn(message: string): void
}

interface Answer {
  readonly station: EchoLinkStation | null
  readonly askedAt: number
  /** How long it counts, ms. */
  readonly keepMs: number
}

export class EchoLinkNames {
  readonly #options: EchoLinkNamesOptions
  /** By link name, the oldest answer first. */
  readonly #answers = new Map<string, Answer>()
  /** Links whose station is being called, and since when that is known. */
  readonly #called = new Map<string, number>()
  readonly #warned = new Set<string>()
  #timer: Timer = undefined
  #asking = false
  #askedAt = Number.NEGATIVE_INFINITY
  /** This session cannot tell: no EchoLink, or no right to ask. */
  #off = false
  /** Asterisk hung over a question: none before this time, in no session. */
  #restUntil = Number.NEGATIVE_INFINITY
  #disposed = false

  constructor(options: EchoLinkNamesOptions) {
    this.#options = options
  }

  /** What is known of an EchoLink link; null = nothing (yet). A name once known stays until there is another. */
  lookup(link: string): Identity | null {
    const station = this.#answers.get(link)?.station ?? null
    if (station === null) return null
    return { ...NAMELESS, callsign: station.callsign, description: `[EchoLink ${station.number}]` }
  }

  /** There may be something to ask for. Costs a walk over the wanted links; asks later, never within this call. */
  look(): void {
    this.#forgetCalls()
    if (this.#asking || this.#timer !== undefined) return
    if (this.#next() === null) {
      this.#askForCalled()
      return
    }
    this.#askIn(Math.max(0, this.#askedAt + ECHOLINK.gapMs - this.#options.clock.monotonic()))
  }

  /** Asterisk was connected to anew: EchoLink may have been loaded, or the right to ask given. */
  newSession(): void {
    this.#off = false
  }

  dispose(): void {
    this.#disposed = true
    this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** No poll may come for a while once a station that is being called has answered. */
  #askForCalled(): void {
    if (this.#disposed || this.#off) return
    for (const link of this.#options.wanted()) {
      if (!this.#called.has(link)) continue
      this.#askIn(ECHOLINK.calledMs)
      return
    }
  }

  /** The next call of a station that is called no more is another one. */
  #forgetCalls(): void {
    if (this.#called.size === 0) return
    const wanted = new Set(this.#options.wanted())
    for (const link of this.#called.keys()) {
      if (wanted.has(link)) continue
      this.#called.delete(link)
      const answer = this.#answers.get(link)
      if (answer !== undefined) this.#answers.set(link, { ...answer, keepMs: ECHOLINK.calledMs })
    }
  }

  #askIn(ms: number): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined
      void this.#ask()
    }, ms)
  }

  async #ask(): Promise<void> {
    const next = this.#next()
    if (next === null) {
      this.#askForCalled()
      return
    }
    if (!this.#options.idle()) {
      this.#askIn(ECHOLINK.yieldMs)
      return
    }
    this.#asking = true
    this.#askedAt = this.#options.clock.monotonic()
    const { link, number } = next
    const message = await this.#options.command(echoLinkCommand(number)).catch((error: unknown) => {
      this.#lost(error)
      return null
    })
    this.#asking = false
    // Without a session nothing is asked; the polls of the next one come back here.
    if (message === null || this.#disposed) return
    const read = readEchoLinkReply(message, number)
    if (!read.ok) this.#refused(read)
    // A station that left the directory keeps the name it had.
    const isCalled = !read.ok && read.code === 'not-ready'
    if (!this.#off) this.#keep(link, (read.ok ? read.value : null) ?? this.#answers.get(link)?.station ?? null, isCalled ? this.#calledMs(link) : ECHOLINK.keepMs)
    if (!isCalled) this.#called.delete(link)
    this.look()
  }

  /** How long it counts that a station is still being called, ms. */
  #calledMs(link: string): number {
    const now = this.#options.clock.monotonic()
    const since = this.#called.get(link) ?? now
    this.#called.set(link, since)
    return Math.min(ECHOLINK.keepMs, Math.max(ECHOLINK.calledMs, (now - since) * ECHOLINK.calledShare))
  }

  #keep(link: string, station: EchoLinkStation | null, keepMs: number): void {
    const before = this.#answers.get(link)?.station
    this.#answers.delete(link)
    this.#answers.set(link, { station, askedAt: this.#options.clock.monotonic(), keepMs })
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > ECHOLINK.maxKept && oldest !== undefined) this.#answers.delete(oldest)
    if (station !== null && station.callsign !== before?.callsign) this.#options.onName(link)
  }

  #refused({ code, message }: ReadFailure): void {
    switch (code) {
      case 'unknown-action':
        this.#off = true
        this.#warnOnce(
          code,
          'EchoLink links have no names: chan_echolink is not loaded in this Asterisk. Load it if it should be.',
        )
        return
      case 'permission-denied':
        this.#off = true
        this.#warnOnce(
          code,
          'EchoLink links have no names: the AMI user may not ask. Add "command" to its write= line in manager.conf.',
        )
        return
      case 'not-ready':
        return
      case 'no-such-node':
      case 'refused':
      case 'not-understood':
        this.#warnOnce(code, `An EchoLink link has no name: ${message}`)
        return
    }
  }

  /** The session is over; what was asked is asked again in the next one, unless the question itself was too much. */
  #lost(error: unknown): void {
    if (!(error instanceof AmiClosedError) || error.reason.code !== 'no-answer') return
    this.#restUntil = this.#options.clock.monotonic() + ECHOLINK.keepMs
    this.#warnOnce('no-answer', 'Asterisk hung over the name of an EchoLink station: it is asked for none for 10 minutes.')
  }

  #warnOnce(code: string, message: string): void {
    if (this.#warned.has(code)) return
    this.#warned.add(code)
    this.#options.warn(message)
  }

  #next(): { readonly link: string; readonly number: string } | null {
    const now = this.#options.clock.monotonic()
    if (this.#disposed || this.#off || now < this.#restUntil) return null
    let next: { readonly link: string; readonly number: string } | null = null
    let oldest = Number.POSITIVE_INFINITY
    for (const link of this.#options.wanted()) {
      const number = echoLinkNumber(link)
      if (number === null || this.#isFresh(link, now)) continue
      // Whose turn it is longest: those that are called want an answer a second, and four of them would leave none to others.
      const askedAt = this.#answers.get(link)?.askedAt ?? Number.NEGATIVE_INFINITY
      if (next !== null && askedAt >= oldest) continue
      next = { link, number }
      oldest = askedAt
    }
    return next
  }

  #isFresh(link: string, now: number): boolean {
    const answer = this.#answers.get(link)
    return answer !== undefined && now - answer.askedAt < answer.keepMs
  }
}
