/**
 * Keeps one voter true by asking: chan_voter tells of no receiver by itself. One question at a time, whoever wants the
 * answer. Receivers change 50 times a second; people are told 5 times, and only while one of them hears something.
 */
import { isOverdue } from '../ami/closeReason.ts'
import type { AmiMessage } from '../ami/message.ts'
import { parseVoterStatus } from '../ami/voterStatus.ts'
import type { VoterReason } from '../../../protocol/voter.ts'
import type { Clock, Timer } from '../env/clock.ts'
import type { Misses } from './misses.ts'
import { NOT_WATCHED } from './nodeFeed.ts'
import type { NodeFeed } from './nodeFeed.ts'
import { VOTER_HANGS } from './reachReason.ts'
import type { VoterFeed } from './voterFeed.ts'

/** From the beginning of one question to that of the next, ms. */
export const VOTER_PACE = {
  /** The node receives, or a receiver hears something. */
  busyMs: 200,
  quietMs: 1_000,
  /** There may be a voter here one day. */
  noVoterMs: 10_000,
  /** After each answer, however slow it was: others want to ask the same Asterisk. */
  restMs: 50,
  /** Who asks once within this time of an answer is given that one: crowds cost Asterisk no more than one. */
  freshMs: 400,
} as const

const NO_VOTER: VoterReason = {
  code: 'no-voter',
  message: 'Asterisk has no voter with this number: check the sections of voter.conf and the rxchannel in rpt.conf.',
}
const NOT_LOADED: VoterReason = {
  code: 'voter-not-loaded',
  message: 'This Asterisk has no voter: chan_voter is not loaded. Load it in modules.conf.',
}
const NOT_UNDERSTOOD: VoterReason = { code: 'other', message: 'Asterisk gave no data about the voter.' }

export interface VoterPollOptions {
  readonly clock: Clock
  readonly feed: VoterFeed
  readonly node: NodeFeed
  /** Asks Asterisk; null = nobody has the node. May reject when Asterisk is away. */
  ask(): Promise<AmiMessage> | null
  /** The questions over which Asterisk hung, although it had answered for the node. Others clear them when it may be another Asterisk. */
  misses(): Misses | null
}

export class VoterPoll {
  readonly #options: VoterPollOptions
  #stopListening: (() => void) | null = null
  #timer: Timer
  /** When the newest question was asked and answered, ms. */
  #askedAt = Number.NEGATIVE_INFINITY
  #answeredAt = Number.NEGATIVE_INFINITY
  #asking: Promise<void> | null = null

  constructor(options: VoterPollOptions) {
    this.#options = options
  }

  /** Somebody watches from now on. Repeats do nothing. */
  start(): void {
    if (this.#stopListening !== null) return
    const { node, clock, feed } = this.#options
    let before = node.state
    this.#stopListening = node.listen(({ state }) => {
      const news = state.reach !== before.reach || (state.rx === true && before.rx !== true)
      before = state
      this.#follow(news)
    })
    if (!this.#isFresh) feed.lost('unknown', NOT_WATCHED, clock.now())
    this.#follow(true)
  }

  /** Nobody watches any more: Asterisk is left alone, and what is known grows old. */
  stop(): void {
    this.#stopListening?.()
    this.#stopListening = null
    this.#options.clock.clearTimeout(this.#timer)
  }

  /** Resolves when the feed holds an answer of just now, or says why it has none. Never rejects. */
  async look(): Promise<void> {
    if (!this.#isUp) this.#mirrorReach()
    else if (this.#restMs > 0) this.#tellRest()
    else if (!this.#isFresh) await (this.#asking ?? this.#ask())
  }

  get #isUp(): boolean {
    return this.#options.node.state.reach === 'up'
  }

  get #isFresh(): boolean {
    return Math.abs(this.#options.clock.now() - this.#answeredAt) < VOTER_PACE.freshMs
  }

  get #restMs(): number {
    return this.#options.misses()?.restMs(this.#options.clock.monotonic()) ?? 0
  }

  #tellRest(): void {
    this.#options.feed.lost('down', VOTER_HANGS, this.#options.clock.now())
  }

  /** @param news the node is back, or has keyed up */
  #follow(news: boolean): void {
    if (!this.#isUp) {
      this.#mirrorReach()
    } else if (news) {
      if (this.#restMs > 0) this.#tellRest()
      this.#askSoon(0)
    }
  }

  /** While Asterisk does not answer for the node, it does not for its voter, for the same reason. */
  #mirrorReach(): void {
    const { feed, node, clock } = this.#options
    clock.clearTimeout(this.#timer)
    const { reach, reachReason } = node.state
    if (reach !== 'up') feed.lost(reach, reachReason, clock.now())
  }

  /** @param ms from the beginning of the last question, or from now if that was longer ago; never more than 5 a second */
  #askSoon(ms: number): void {
    const { clock } = this.#options
    if (this.#stopListening === null || this.#asking !== null || !this.#isUp) return
    clock.clearTimeout(this.#timer)
    const since = clock.now() - this.#askedAt
    // A clock that was set back must not hold anything up.
    const wait = since < 0 ? ms : Math.max(ms, VOTER_PACE.busyMs) - since
    this.#timer = clock.setTimeout(() => void this.#ask(), Math.max(0, wait, this.#restMs))
  }

  #ask(): Promise<void> {
    const { clock } = this.#options
    clock.clearTimeout(this.#timer)
    this.#askedAt = clock.now()
    this.#asking = this.#askOnce().then((pace) => {
      this.#asking = null
      this.#askSoon(Math.max(pace, clock.now() - this.#askedAt + VOTER_PACE.restMs))
    })
    return this.#asking
  }

  /** @returns the pace from now on */
  async #askOnce(): Promise<number> {
    const { feed, node, clock } = this.#options
    const message = await Promise.resolve(this.#options.ask()).catch((error: unknown) => {
      if (isOverdue(error)) this.#options.misses()?.add(clock.monotonic())
      return null
    })
    if (message === null || !this.#isUp) {
      // The session is gone. The node says so itself, and says when it is back.
      this.#mirrorReach()
      return VOTER_PACE.quietMs
    }
    const now = clock.now()
    this.#answeredAt = now
    this.#options.misses()?.clear()
    const answer = parseVoterStatus(message)
    if (answer.ok) {
      const instance = answer.value.instances.find((each) => each.node === feed.node)
      if (instance === undefined) feed.missing(NO_VOTER, now)
      else feed.told(instance, node.state.rx, now)
      return instance === undefined ? VOTER_PACE.noVoterMs : this.#pace()
    }
    if (answer.code === 'unknown-action') feed.missing(NOT_LOADED, now)
    else feed.lost('down', NOT_UNDERSTOOD, now)
    return VOTER_PACE.noVoterMs
  }

  #pace(): number {
    const { node, feed } = this.#options
    const hears = Object.values(feed.state.receivers).some(({ rssi }) => rssi !== null && rssi > 0)
    return node.state.rx === true || hears ? VOTER_PACE.busyMs : VOTER_PACE.quietMs
  }
}
