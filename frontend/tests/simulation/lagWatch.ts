/** I-12 and I-14: no green dot over no data, nor over old ones, and no age where nobody vouches for one. */
import type { ConnectionState } from '../../src/services/connectionState.ts'
import { linkOf, LONGEST_SILENCE } from './scene.ts'
import type { Fail, Scene } from './scene.ts'
import type { Place } from './truth.ts'

/** A hello, a subscribe and a snapshot go their ways; what is lost is asked for again. */
const LIVE_WITHOUT_DATA = 8_000
/** A gap is noticed by the next beat at the latest; then a resync, lost once. */
const LONGEST_LAG = LONGEST_SILENCE + 14_000

export class LagWatch {
  readonly #scene: Scene
  readonly #fail: Fail
  /** Live over a sound connection, and shown is nothing, or something old; since. */
  readonly #behind = new Map<string, number>()

  constructor(scene: Scene, fail: Fail) {
    this.#scene = scene
    this.#fail = fail
  }

  /** What is shown moved on, or deadlines start afresh. */
  forget(node?: string): void {
    if (node === undefined) this.#behind.clear()
    else this.#behind.delete(node)
  }

  check(node: string, state: ConnectionState, shown: Place | null): void {
    const { time, page, server } = this.#scene
    if (state.status !== 'live') {
      this.#behind.delete(node)
      return
    }
    const link = linkOf(this.#scene, node)
    if (link?.socket.protocol === '' && this.#scene.client().sockets.isAgeKnown(node))
      this.#fail('I-14', `${node}: live by a server that does not vouch, and its age is said to be known`)
    const feed = server.life?.feeds.get(node)
    const same = shown !== null && shown.life === server.life?.number && shown.seq === feed?.seq
    if (same || link === undefined || feed === undefined || !page.visible || !this.#scene.network().isSound(link)) {
      this.#behind.delete(node)
      return
    }
    // A relay that moves it once more keeps that to itself, too.
    const since = Math.max(this.#behind.get(node) ?? time.now, link.movedAt ?? 0)
    this.#behind.set(node, since)
    // A pong may have put a beat off, and only a beat tells of what a relay kept to itself.
    const longest = shown === null ? LIVE_WITHOUT_DATA : link.movedAt !== null ? LONGEST_LAG + LONGEST_SILENCE : LONGEST_LAG
    if (time.now - since <= longest) return
    const held = shown === null ? 'nothing' : `life ${shown.life} seq ${shown.seq}`
    this.#fail('I-12', `${node}: live for ${time.now - since} ms, and shown is ${held}`)
    this.#behind.set(node, time.now)
  }
}
