/**
 * How long a key-up takes from the radio to the screen, by the server's clock as this page estimates it. That estimate takes the
 * fastest message for one that took no time: each figure is short by the quickest way through this network.
 */
import type { NodeState } from '../../../../protocol/nodeState.ts'
import type { LiveClient } from '../liveClient.ts'
import type { NodeUpdate } from '../watchedNode.ts'

export interface KeyUpOptions {
  readonly client: LiveClient
  readonly afterPaint: (fn: () => void) => void
  /** @param ms from key-up to screen */
  readonly onKeyUp: (ms: number) => void
}

export class KeyUps {
  readonly #options: KeyUpOptions
  readonly #watched = new Map<string, { shown: NodeState | null; readonly off: () => void }>()

  constructor(options: KeyUpOptions) {
    this.#options = options
  }

  /** Watches these, and nothing else. */
  follow(nodes: readonly string[]): void {
    const { sockets } = this.#options.client
    const wanted = new Set(nodes)
    for (const [node, { off }] of this.#watched) {
      if (wanted.has(node)) continue
      off()
      this.#watched.delete(node)
    }
    for (const node of nodes) {
      if (this.#watched.has(node)) continue
      const off = sockets.onNodeMessage(node, (update) => { this.#onUpdate(update) })
      this.#watched.set(node, { shown: sockets.currentState(node), off })
    }
  }

  stop(): void {
    for (const { off } of this.#watched.values()) off()
    this.#watched.clear()
  }

  #onUpdate(update: NodeUpdate): void {
    const watched = this.#watched.get(update.node)
    if (watched === undefined) return
    const { shown } = watched
    watched.shown = update.state
    const { client, afterPaint, onKeyUp } = this.#options
    const at = shown === null || !client.env.page.visible() ? null : keyedAt(shown, update)
    if (at === null) return
    afterPaint(() => {
      if (client.env.page.visible()) onKeyUp(Math.max(0, client.sockets.serverNow() - at))
    })
  }
}

/** Server time of the key-up that this update brings, ms; null = it brings none, or does not say when. */
function keyedAt(shown: NodeState, { state, at, source }: NodeUpdate): number | null {
  const keyed = Object.entries(state.links).filter(([name, link]) => link.keyed === true && shown.links[name]?.keyed === false)
  const own = shown.rx === false && state.rx === true
  if (source === 'socket') return keyed.length > 0 || own ? at : null
  const times = [...keyed.map(([, link]) => link.lastKeyedAt), own ? state.lastKeyedAt : null].filter((time) => time !== null)
  return times.length > 0 ? Math.min(...times) : null
}
