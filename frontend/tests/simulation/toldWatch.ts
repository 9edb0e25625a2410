/** I-5, of what the server goes on telling: a connection is told of the nodes that hang on it, and of no others for long. */
import type { Link } from './link.ts'
import type { Fail, Scene } from './scene.ts'

/** To say so takes one way, over the slowest, and one turn of this watch. */
export const LETTING_GO = 2_250

export class ToldWatch {
  readonly #scene: Scene
  readonly #fail: Fail
  readonly #isWatched: (node: string) => boolean
  /** Told although nobody asks, by connection and node; since. */
  #since = new Map<string, number>()

  constructor(scene: Scene, fail: Fail, isWatched: (node: string) => boolean) {
    this.#scene = scene
    this.#fail = fail
    this.#isWatched = isWatched
  }

  /** Deadlines start afresh. */
  forget(): void {
    this.#since.clear()
  }

  check(): void {
    const { now } = this.#scene.time
    const since = new Map<string, number>()
    for (const { link, node } of this.#unasked()) {
      // What was not read is said again when the next news come of it, whenever that is.
      if (link.unheard) continue
      const key = `${link.socket.id} ${node}`
      const began = this.#since.get(key) ?? now
      const late = now - began > LETTING_GO
      if (late) this.#fail('I-5', `${node}: let go ${now - began} ms ago, and told still over the socket of ${link.endpoint}`)
      since.set(key, late ? now : began)
    }
    this.#since = since
  }

  /** All that was let go was let go long ago, and there were news of it since. */
  end(): void {
    for (const { link, node } of this.#unasked()) this.#fail('I-5', `${node}: told over the socket of ${link.endpoint} whatever comes of it`)
  }

  *#unasked(): Iterable<{ link: Link; node: string }> {
    const network = this.#scene.network()
    for (const link of network.links) {
      if (link.viewer === null || !network.isSound(link)) continue
      for (const node of link.life?.viewers.get(link.viewer) ?? []) {
        if (!this.#isWatched(node) || this.#scene.endpointOf(node) !== link.endpoint) yield { link, node }
      }
    }
  }
}
