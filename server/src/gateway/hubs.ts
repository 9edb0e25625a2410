import type { Audience } from './audience.ts'

/** Where feeds come from: the feed room, as far as the gateway needs it. */
export interface Source<F> {
  /** The node's feed; null when there is no such node. */
  feed(node: string): F | null
  /** Somebody watches the node from now on. Returns the way out. */
  watch(node: string): () => void
}

/** One hub for each that is watched: made for the first who comes, gone with the last. */
export class Hubs<F, H extends Audience & { readonly feed: F }> {
  readonly #source: Source<F>
  readonly #make: (feed: F) => H
  readonly #hubs = new Map<string, H>()

  constructor(source: Source<F>, make: (feed: F) => H) {
    this.#source = source
    this.#make = make
  }

  /** Watches a node: its hub, and the way out; null when there is no such node here. */
  enter(node: string): { readonly hub: H; leave(): void } | null {
    const feed = this.#source.feed(node)
    if (feed === null) return null
    let hub = this.#hubs.get(node)
    if (hub?.feed !== feed) {
      hub?.dispose()
      hub = this.#make(feed)
      this.#hubs.set(node, hub)
    }
    const entered = hub
    const unwatch = this.#source.watch(node)
    return {
      hub: entered,
      leave: () => {
        unwatch()
        if (entered.size > 0) return
        entered.dispose()
        if (this.#hubs.get(node) === entered) this.#hubs.delete(node)
      },
    }
  }

  /** Is that hub's node still here, with the same feed? The configuration changes while viewers stay. */
  isHere({ feed }: Audience): boolean {
    return this.#source.feed(feed.node) === feed
  }

  sweep(): void {
    for (const hub of this.#hubs.values()) hub.sweep()
  }
}
