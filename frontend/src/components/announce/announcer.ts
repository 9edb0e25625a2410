import type { LiveClient } from '../../services/liveClient.ts'
import type { Told } from '../words.ts'
import { newsOf, sentenceOf } from './happenings.ts'
import type { Happening, Kind } from './happenings.ts'

/** Happenings of one moment come as several messages; this long they are waited for, ms. */
const GATHER = 250
/** Between two sentences, ms. */
const PACE = 1_000
/**
 * The same talker of the same node is not told again for so long, ms: a pause for breath is no news. Nor is a link that a command has made,
 * after what came of that.
 */
const AGAIN = 5_000
/** Who keyed up longer ago is not worth a sentence any more, ms. */
const TALK_WORTH = 5_000
/** So long a sentence stands to be found, ms: an old one would be wrong. */
const STANDS = 10_000

/** What is told first when there is much to tell. */
const ORDER: readonly Kind[] = ['lost', 'asterisk-down', 'again', 'connected', 'asterisk-up', 'unlinked', 'linked', 'talk']
/** What each makes untold, while that waits. */
const CONTRARY: Partial<Record<Kind, readonly Kind[]>> = {
  lost: ['again', 'connected'], again: ['lost'], 'asterisk-down': ['asterisk-up'], 'asterisk-up': ['asterisk-down'], linked: ['unlinked'],
  unlinked: ['linked'],
}

interface Waiting {
  readonly happening: Happening
  readonly at: number
}

interface Given extends Told {
  /** Could it be heard when it came? */
  readonly heard: boolean
}

/**
 * Makes sentences of what happens, for a live region: one a second at most, many happenings in one, nothing twice. What nobody
 * could hear waits; what is over before it was told is not told.
 */
export class Announcer {
  readonly #env: LiveClient['env']
  readonly #show: (sentence: Told | null) => void
  readonly #isHeard: () => boolean
  /** By what would be the same news. */
  readonly #waiting = new Map<string, Waiting>()
  /** Sentences that others have made, by their words. */
  readonly #sentences = new Map<string, Given>()
  /** When each news was told last. */
  readonly #told = new Map<string, number>()
  #lastAt = Number.NEGATIVE_INFINITY
  #timer: unknown
  #clearing: unknown

  /**
   * @param show shows a sentence after those that it shows already; null = none any more
   * @param isHeard would it be read out now?
   */
  constructor(env: LiveClient['env'], show: (sentence: Told | null) => void, isHeard: () => boolean) {
    this.#env = env
    this.#show = show
    this.#isHeard = isHeard
  }

  tell(happening: Happening): void {
    const now = this.#env.now()
    const contraries = CONTRARY[happening.kind]?.map((contrary) => keyOf(happening, contrary)) ?? []
    for (const contrary of contraries) this.#told.delete(contrary)
    if (contraries.some((contrary) => this.#waiting.delete(contrary))) return
    const key = keyOf(happening)
    if (now - (this.#told.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN) return
    this.#waiting.set(key, { happening, at: this.#waiting.get(key)?.at ?? now })
    this.#arm(now, GATHER)
  }

  /** A sentence as it is. */
  say(sentence: Told): void {
    const key = sentence.head + sentence.text
    if (key === '') return
    const heard = this.#isHeard()
    // Nobody knows when a sentence is over: of those that nobody hears, the last one is true.
    if (!heard) for (const [each, given] of this.#sentences) if (!given.heard) this.#sentences.delete(each)
    this.#sentences.set(key, { ...sentence, heard })
    this.#arm(this.#env.now(), GATHER)
  }

  /** Another language is spoken: what stands, and what others have said, is in the one before. */
  clear(): void {
    this.#env.clearTimeout(this.#clearing)
    this.#sentences.clear()
    this.#show(null)
  }

  dispose(): void {
    this.#env.clearTimeout(this.#timer)
    this.#env.clearTimeout(this.#clearing)
    this.#waiting.clear()
    this.#sentences.clear()
  }

  #arm(now: number, wait: number): void {
    if (this.#timer !== undefined) return
    const at = Math.max(now + wait, this.#lastAt + PACE)
    this.#timer = this.#env.setTimeout(() => {
      this.#timer = undefined
      this.#speak(this.#env.now())
    }, at - now)
  }

  #speak(now: number): void {
    const sentence = this.#next(now)
    if (sentence !== null) {
      this.#lastAt = now
      this.#show(sentence)
      this.#env.clearTimeout(this.#clearing)
      this.#clearing = this.#env.setTimeout(() => { this.#show(null) }, STANDS)
    }
    if (this.#waiting.size > 0 || this.#sentences.size > 0) this.#arm(now, PACE)
  }

  #next(now: number): Told | null {
    for (const [key, { happening, at }] of this.#waiting) {
      if (happening.kind === 'talk' && now - at > TALK_WORTH) this.#waiting.delete(key)
    }
    if (!this.#isHeard()) return null
    const waiting = [...this.#waiting.values()].map(({ happening }) => happening)
    const kind = ORDER.find((each) => waiting.some((happening) => happening.kind === each))
    const urgent = kind !== undefined && kind !== 'talk' && kind !== 'linked' && kind !== 'unlinked'
    const [given] = this.#sentences.values()
    if (given !== undefined && !urgent) {
      this.#sentences.delete(given.head + given.text)
      if (given.news !== undefined) this.#tellOf(given.news, now)
      return given
    }
    const [first, ...others] = waiting.filter((happening) => happening.kind === kind)
    if (first === undefined) return null
    for (const happening of [first, ...others]) this.#tellOf(keyOf(happening), now)
    return { head: '', text: sentenceOf(first, others) }
  }

  #tellOf(key: string, now: number): void {
    this.#waiting.delete(key)
    for (const [each, at] of this.#told) if (now - at >= AGAIN) this.#told.delete(each)
    this.#told.set(key, now)
  }
}

const keyOf = (happening: Happening, kind: Kind = happening.kind) => newsOf(kind, happening.node, 'who' in happening ? happening.who : null)
