/**
 * The gateway of the simulation: the real feed, hubs and viewers, in one life after another. A life has its own epoch and
 * builds everything anew, as a restarted process would.
 */
import type { Guest } from '../../../server/src/gateway/doorkeeper.ts'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { keyedAt, toStatusRow } from '../../../protocol/statusRow.ts'
import { NodeFeed } from '../../../server/src/feed/nodeFeed.ts'
import type { Dialect } from '../../../server/src/gateway/hub.ts'
import type { Limits } from '../../../server/src/gateway/limits.ts'
import { epochFor, hidePeers } from '../../../server/src/gateway/peers.ts'
import { Hub } from '../../../server/src/gateway/hub.ts'
import { Viewer } from '../../../server/src/gateway/viewer.ts'
import type { House } from '../../../server/src/gateway/house.ts'
import type { Wire } from '../../../server/src/gateway/wire.ts'
import type { Clock } from '../../../server/src/env/clock.ts'
import type { Position } from '../../../protocol/frames.ts'
import type { Rng } from './rng.ts'
import { firstState, happen } from './truth.ts'
import type { Truth } from './truth.ts'
import type { VirtualAccess } from './virtualAccess.ts'
import type { VirtualTime } from './virtualTime.ts'

const SWEEP_MS = 5_000

/** Our gateway, with what it speaks to those who ask for no subprotocol; or an unmodified Supermon-NG, which knows none. */
export type ServerKind = 'plan' | 'bilingual' | 'supermon-ng'

export interface ServerOptions {
  readonly kind: ServerKind
  /** Those it has. */
  readonly nodes: readonly string[]
  readonly access: VirtualAccess
  readonly limits: Limits
  readonly time: VirtualTime
  readonly truth: Truth
  readonly rng: Rng
}

/** One run of the gateway process. */
export class Life {
  readonly number: number
  readonly feeds = new Map<string, NodeFeed>()
  /** With the nodes that each is told of. */
  readonly viewers = new Map<Viewer, Set<string>>()
  /** Watches begun and not ended. */
  entered = 0
  #over = false
  readonly #hubs = new Map<string, Hub>()
  readonly #options: ServerOptions
  readonly #house: Omit<House, 'enter'>

  constructor(number: number, options: ServerOptions) {
    this.number = number
    this.#options = options
    const { time, truth } = options
    for (const node of options.nodes) {
      const feed = new NodeFeed(node, `epoch-${number}`, time.now, firstState(node, number))
      truth.note(node, number, 0, feed.state)
      feed.listen(({ seq, state }) => {
        truth.note(node, number, seq, state)
      })
      this.feeds.set(node, feed)
    }
    const clock: Clock = {
      now: () => time.now,
      monotonic: () => time.now,
      setTimeout: (fn, ms) => time.schedule('world', ms, fn),
      clearTimeout: (timer) => {
        time.cancel(timer)
      },
    }
    this.#house = { clock, version: '0', beatMs: 20_000, limits: options.limits, isHere: () => true }
    this.#arm()
  }

  get seats(): number {
    return [...this.#hubs.values()].reduce((sum, hub) => sum + hub.size, 0)
  }

  connect(seat: { wire: Wire; dialect: Dialect; guest: Guest; node: string | null; held: Position | null }): Viewer {
    this.#options.time.dirty = true
    const told = new Set<string>()
    const viewer = new Viewer({ house: { ...this.#house, enter: (node) => this.#enter(node, told) }, ...seat })
    this.viewers.set(viewer, told)
    return viewer
  }

  left(viewer: Viewer): void {
    viewer.left()
    this.viewers.delete(viewer)
  }

  /** Something happens on the air of `node`. */
  happen(node: string): void {
    const feed = this.feeds.get(node)
    if (feed === undefined) return
    const { time, rng } = this.#options
    // A viewer of many nodes gathers what comes in one moment, and writes it in a microtask.
    time.dirty = true
    feed.update(happen(feed.state, this.number, feed.seq + 1, time.now, rng), time.now)
  }

  /** @param session whose question it is */
  statusAnswer(nodes: readonly string[], session: number): object {
    const { time, access, kind } = this.#options
    const { now } = time
    const data: Record<string, unknown> = {}
    for (const node of nodes) {
      const feed = this.feeds.get(node)
      if (feed === undefined || !access.mayWatch(session, node)) continue
      const seesPeers = access.maySeePeers(session)
      const state = seesPeers ? feed.state : hidePeers(feed.state)
      const ours = { epoch: epochFor(feed.epoch, seesPeers), seq: feed.seq, keyed_at: keyedAt(state) }
      data[node] = { ...toStatusRow(node, state, now), ...(kind === 'supermon-ng' ? {} : ours) }
    }
    const answer = { success: true, data, timestamp: new Date(now).toISOString() }
    return kind === 'supermon-ng' ? answer : { ...answer, at: now }
  }

  /** Rights may have changed. */
  recheck(): void {
    this.#options.time.dirty = true
    for (const viewer of [...this.viewers.keys()]) viewer.recheck()
  }

  /** The process is gone, with all it held. */
  end(): void {
    this.#over = true
    for (const viewer of [...this.viewers.keys()]) this.left(viewer)
  }

  /** As the gateway's: a hub lives as long as somebody is in it. */
  #enter(node: string, told: Set<string>): { hub: Hub; leave(): void } | null {
    const feed = this.feeds.get(node)
    if (feed === undefined) return null
    const hub = this.#hubs.get(node) ?? new Hub(feed, () => this.#options.time.now, { limits: this.#options.limits })
    this.#hubs.set(node, hub)
    this.entered += 1
    told.add(node)
    return {
      hub,
      leave: () => {
        this.entered -= 1
        told.delete(node)
        if (hub.size > 0) return
        hub.dispose()
        if (this.#hubs.get(node) === hub) this.#hubs.delete(node)
      },
    }
  }

  #arm(): void {
    this.#options.time.schedule('world', SWEEP_MS, () => {
      if (this.#over) return
      this.#options.time.dirty = true
      for (const viewer of [...this.viewers.keys()]) {
        viewer.recheck()
        if (viewer.isIdle) viewer.close(CLOSE.idle, 'this connection watches nothing')
        else viewer.beat()
      }
      for (const hub of this.#hubs.values()) hub.sweep()
      this.#arm()
    })
  }
}

export class VirtualServer {
  /** The life that runs now; null = the server is down. */
  life: Life | null
  readonly lives: Life[] = []
  readonly #options: ServerOptions

  constructor(options: ServerOptions) {
    this.#options = options
    this.life = this.#begin()
  }

  stop(): void {
    this.life?.end()
    this.life = null
  }

  start(): Life {
    this.life ??= this.#begin()
    return this.life
  }

  #begin(): Life {
    const life = new Life(this.lives.length + 1, this.#options)
    this.lives.push(life)
    // Asterisk usually answers at once.
    if (this.#options.rng.chance(0.7)) for (const node of this.#options.nodes) life.happen(node)
    return life
  }
}
