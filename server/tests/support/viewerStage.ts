/** One node, and viewers of it whose sockets are paper: what each was sent can be read, and how much it has not taken yet is the test's to say. */
import { EMPTY_LINK } from '../../../protocol/nodeState.ts'
import { NodeFeed } from '../../src/feed/nodeFeed.ts'
import { v2 } from '../../src/gateway/dialects.ts'
import type { Guest } from '../../src/gateway/doorkeeper.ts'
import type { Encoded } from '../../src/gateway/encoded.ts'
import type { House } from '../../src/gateway/house.ts'
import { Hub } from '../../src/gateway/hub.ts'
import type { Dialect } from '../../src/gateway/hub.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import type { Limits } from '../../src/gateway/limits.ts'
import { Viewer } from '../../src/gateway/viewer.ts'
import type { Wire } from '../../src/gateway/wire.ts'
import { ManualClock } from './manualClock.ts'

const NODE = '546051'

class Paper implements Wire {
  readonly sent: Encoded[] = []
  backlog = 0
  closed: { code: number; reason: string } | null = null
  send(message: Encoded) { this.sent.push(message) }
  buffered() { return this.backlog }
  close(code: number, reason: string) { this.closed = { code, reason } }
  get texts() { return this.sent.map(({ text }) => text) }
  get frames() { return this.texts.map((text) => JSON.parse(text) as Record<string, unknown>) }
  get types() { return this.frames.map(({ type }) => type) }
  get last() { return this.frames.at(-1) }
}

export const everybody: Guest = { mayWatch: () => true, maySeePeers: () => false, signedIn: false, stays: () => undefined }

interface Seat {
  readonly dialect?: Dialect
  /** null = on the shared socket. */
  readonly node?: string | null
  readonly held?: { readonly epoch: string; readonly seq: number } | null
  readonly guest?: Guest
}

export class ViewerStage {
  readonly clock = new ManualClock()
  readonly feed = new NodeFeed(NODE, 'e1', this.clock.now())
  readonly hub = new Hub(this.feed, () => this.clock.now())
  /** How many watch the node. */
  watching = 0
  house: House = {
    clock: this.clock,
    version: '1',
    beatMs: 20_000,
    limits: { ...DEFAULT_LIMITS, nodesPerViewer: 2 },
    isHere: () => true,
    enter: (node) => {
      if (node !== NODE) return null
      this.watching += 1
      return { hub: this.hub, leave: () => { this.watching -= 1 } }
    },
  }

  /** For whoever comes from now on. */
  limit(limits: Partial<Limits>): void {
    this.house = { ...this.house, limits: { ...this.house.limits, ...limits } }
  }

  /** Somebody comes. */
  seat({ dialect = v2, node = NODE, held = null, guest = everybody }: Seat = {}) {
    const wire = new Paper()
    const viewer = new Viewer({ house: this.house, wire, dialect, guest, node, held })
    return { wire, viewer, say: (frame: unknown) => { viewer.receive(JSON.stringify(frame)) } }
  }

  /** A link of the node talks or stops, 100 ms from now. */
  key(keyed: boolean): void {
    this.clock.advance(100)
    this.feed.update({ ...this.feed.state, links: { '48752': { ...EMPTY_LINK, keyed } } }, this.clock.now())
  }
}

/** Until what is collected for one message is sent. */
export function moment(): Promise<void> {
  return new Promise((resolve) => { queueMicrotask(resolve) })
}
