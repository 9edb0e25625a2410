/**
 * One connected viewer: what it may say and what it is told. Knows hubs and a wire, no socket library, so that the
 * simulation runs the same code.
 */
import { CLOSE } from '../../../protocol/closeCodes.ts'
import type { ClientFrame } from '../../../protocol/clientFrames.ts'
import type { Position, ServerFrame } from '../../../protocol/frames.ts'
import type { Audience } from './audience.ts'
import { legacyAnswer, readFrame } from './clientMessage.ts'
import { v2 } from './dialects.ts'
import type { Guest } from './doorkeeper.ts'
import { Encoded } from './encoded.ts'
import type { House } from './house.ts'
import type { Dialect, Subscriber } from './hub.ts'
import type { LimitName } from './limits.ts'
import { Outbox } from './outbox.ts'
import { Attention, Pace } from './pace.ts'
import type { Wire } from './wire.ts'

const NOT_HERE = 'this node is not on this server'
/** One text for a node that is nobody's and for one that is not his: nobody is to tell them apart (K-3). */
const NO_SUCH_NODE = 'This node is not on this server.'
const FULL = 'too many viewers are watching this node'

interface Watch {
  readonly hub: Audience
  readonly subscriber: Subscriber & { seesPeers: boolean }
  leave(): void
}

export class Viewer {
  readonly #house: House
  readonly #wire: Wire
  readonly #outbox: Outbox
  readonly #dialect: Dialect
  readonly #guest: Guest
  readonly #watches = new Map<string, Watch>()
  /** May this viewer choose nodes, or is it bound to the one in its path? */
  readonly #fixed: boolean
  readonly #attention: Attention
  readonly #snapshots: Pace
  /** Since when it watches nothing, ms by the clock that nobody sets; null = it watches something. */
  #idleSince: number | null
  #gone = false

  /**
   * @param node the node of the viewer's path; null = it chooses by `subscribe`
   * @param held what it says it holds of that node
   */
  constructor(options: { house: House; wire: Wire; dialect: Dialect; guest: Guest; node: string | null; held: Position | null }) {
    this.#house = options.house
    this.#wire = options.wire
    this.#dialect = options.dialect
    this.#guest = options.guest
    this.#fixed = options.node !== null
    const { clock, limits } = options.house
    const now = clock.now()
    this.#attention = new Attention(new Pace(limits.messageBurst, limits.messagesPerSecond, now))
    this.#snapshots = new Pace(limits.snapshotBurst, limits.snapshotsPerSecond, now)
    this.#idleSince = clock.monotonic()
    this.#outbox = new Outbox(options.wire, clock, this.#isV2 && !this.#fixed)
    if (options.node === null) this.#hello()
    else this.#open(options.node, options.held)
  }

  get #isV2(): boolean {
    return this.#dialect === v2
  }

  /** One message from the viewer, whatever it says; null = it was no text. */
  receive(data: string | null): void {
    if (!this.hears()) return
    if (!this.#isV2) {
      const answer = data === null ? null : legacyAnswer(data, (node) => this.#watches.has(node))
      if (answer !== null) this.tell(new Encoded(answer))
      return
    }
    const fits = data !== null && data.length <= this.#house.limits.messageBytes
    const frame = fits ? readFrame(data) : null
    if (frame === null) this.#error('bad-frame', 'This message was not understood; see docs/protocol.md.')
    else this.#handle(frame)
  }

  /** Counts one message, of whatever kind: is it to be worked through? Who is too fast is told once, then not heard, then sent away. */
  hears(): boolean {
    if (this.#gone) return false
    const { clock, limits } = this.#house
    const heard = this.#attention.hear(clock.now(), this.#outbox.buffered <= limits.lagBytes)
    if (heard === 'enough') this.#refuse('messagesPerSecond', 'this viewer sends too many messages')
    if (heard === 'told' && this.#isV2) {
      this.#error('too-fast', `Messages beyond ${limits.messagesPerSecond} a second are not read; send fewer.`)
    }
    return heard === 'heard'
  }

  /** It has taken what it was sent: what it is owed comes now. */
  drained(): void {
    for (const { hub, subscriber } of [...this.#watches.values()]) hub.drained(subscriber)
  }

  /** Has it watched nothing for too long? */
  get isIdle(): boolean {
    const { clock, limits } = this.#house
    return this.#idleSince !== null && clock.monotonic() - this.#idleSince >= limits.idleSeconds * 1000
  }

  /** Says something if the viewer has heard nothing for a while; call now and then. */
  beat(): void {
    if (!this.#isV2 || this.#outbox.silentMs < this.#house.beatMs) return
    const now = this.#house.clock.now()
    const [only] = this.#watches.values()
    if (this.#fixed && only !== undefined) {
      this.#outbox.send(only.hub.beat(now, only.subscriber))
      return
    }
    const nodes = Object.fromEntries(
      [...this.#watches].map(([node, { hub, subscriber }]) => {
        const { epoch, seq } = hub.placeFor(subscriber)
        return [node, { epoch, seq }]
      }),
    )
    this.#frame({ type: 'beat', at: now, nodes })
  }

  /** Rights or nodes may have changed: what this viewer may no longer see, or is gone, it does not see any more. */
  recheck(): void {
    for (const [node, { hub, subscriber }] of [...this.#watches]) {
      const may = this.#guest.mayWatch(node)
      const here = this.#house.isHere(hub)
      if (may && here) {
        this.#reconsiderPeers(node, hub, subscriber)
        continue
      }
      if (this.#fixed) {
        if (may) this.close(CLOSE.noSuchNode, NOT_HERE)
        else this.#turnAway()
        return
      }
      this.#unwatch(node)
      if (may) this.#error('no-such-node', 'This node is not on this server any more.', node)
      else this.#deny(node)
    }
    this.#guest.stays()
  }

  /** Asks the viewer to come back later, not all at once. */
  goaway(reason: string, spreadMs: number, code: number = CLOSE.serviceRestart): void {
    if (this.#isV2) this.#frame({ type: 'goaway', at: this.#house.clock.now(), reason, spreadMs })
    this.close(code, reason)
  }

  /** Sends one message, in the words that it speaks. It may be shared by many viewers. */
  tell(message: Encoded): void {
    this.#outbox.send(message)
  }

  close(code: number, reason: string): void {
    this.left()
    this.#outbox.flush()
    this.#wire.close(code, reason)
  }

  /** The connection is gone. */
  left(): void {
    this.#gone = true
    for (const node of [...this.#watches.keys()]) this.#unwatch(node)
  }

  #reconsiderPeers(node: string, hub: Audience, subscriber: Watch['subscriber']): void {
    const sees = this.#guest.maySeePeers(node)
    if (sees === subscriber.seesPeers) return
    subscriber.seesPeers = sees
    hub.snapshot(subscriber)
  }

  #refuse(limit: LimitName, reason: string): void {
    this.#house.meter?.refused(limit, CLOSE.tooMany)
    this.close(CLOSE.tooMany, reason)
  }

  /** A stranger is asked to sign in; to somebody who did, a node that is not his is no node. */
  #turnAway(): void {
    if (this.#guest.signedIn) this.close(CLOSE.noSuchNode, NOT_HERE)
    else this.close(CLOSE.unauthorized, 'sign in to see this node')
  }

  /** The same on a connection of many nodes. */
  #deny(node: string): void {
    if (this.#guest.signedIn) this.#error('no-such-node', NO_SUCH_NODE, node)
    else this.#error('not-allowed', 'You may not see this node; sign in with an account that may.', node)
  }

  /** Its own node's connection. Who is refused is not greeted: a page takes the first word for a connection that stands. */
  #open(node: string, held: Position | null): void {
    if (!this.#guest.mayWatch(node)) {
      this.#turnAway()
      return
    }
    const watch = this.#join(node)
    if (watch === 'not-here') this.close(CLOSE.noSuchNode, NOT_HERE)
    else if (watch === 'full') this.#refuse('viewersPerNode', FULL)
    else {
      this.#hello()
      this.#begin(watch, held)
    }
  }

  #hello(): void {
    if (!this.#isV2) return
    const { clock, version, beatMs, limits } = this.#house
    this.#frame({
      type: 'hello',
      at: clock.now(),
      beatMs,
      server: { name: 'supermon-live', version },
      limits: { messageBytes: limits.messageBytes, nodes: this.#fixed ? 1 : limits.nodesPerViewer },
      features: this.#fixed ? ['resume'] : ['resume', 'batch'],
    })
  }

  #handle(frame: ClientFrame): void {
    switch (frame.type) {
      case 'ping':
        this.#frame({ type: 'pong', at: this.#house.clock.now(), ...(frame.id === undefined ? {} : { id: frame.id }) })
        return
      case 'resync': {
        const watch = this.#watches.get(frame.node)
        if (watch) watch.hub.snapshot(watch.subscriber)
        else this.#error('not-subscribed', 'You are not watching this node; subscribe first.', frame.node)
        return
      }
      case 'subscribe': {
        // A node that is named often is meant once; its last place counts.
        const wanted = new Map(frame.nodes.map(({ node, epoch, seq }) => [node, epoch !== undefined && seq !== undefined ? { epoch, seq } : null]))
        for (const [node, held] of wanted) this.#subscribe(node, held)
        return
      }
      case 'unsubscribe':
        if (this.#fixed) this.#error('fixed-node', 'This connection is for one node; close it instead.')
        else for (const node of frame.nodes) this.#unwatch(node)
    }
  }

  #subscribe(node: string, held: Position | null): void {
    const { limits, meter } = this.#house
    if (this.#fixed) {
      this.#error('fixed-node', 'This connection is for one node; open <base>/ws to choose.', node)
    } else if (!this.#watches.has(node) && this.#watches.size >= limits.nodesPerViewer) {
      meter?.refused('nodesPerViewer', 0)
      this.#error('too-many-nodes', `One connection may watch at most ${limits.nodesPerViewer} nodes.`, node)
    } else if (!this.#guest.mayWatch(node)) {
      this.#deny(node)
    } else {
      const watch = this.#join(node)
      if (watch === 'not-here') this.#error('no-such-node', NO_SUCH_NODE, node)
      else if (watch === 'full') {
        meter?.refused('viewersPerNode', 0)
        this.#error('too-many-viewers', 'Too many viewers are watching this node.', node)
      } else this.#begin(watch, held)
    }
  }

  /** Its watch of a node, which is told nothing before it begins. */
  #join(node: string): Watch | 'not-here' | 'full' {
    const before = this.#watches.get(node)
    if (before !== undefined && this.#house.isHere(before.hub)) return before
    this.#unwatch(node)
    const entered = this.#house.enter(node)
    if (entered === null) return 'not-here'
    const { hub } = entered
    if (hub.size >= this.#house.limits.viewersPerNode) {
      entered.leave()
      return 'full'
    }
    const subscriber: Watch['subscriber'] = {
      dialect: this.#dialect,
      seesPeers: this.#guest.maySeePeers(node),
      send: (message) => { this.#outbox.send(message) },
      buffered: () => this.#outbox.buffered,
      takeSnapshot: () => this.#snapshots.take(this.#house.clock.now()),
      close: (code, reason) => { this.close(code, reason) },
    }
    hub.join(subscriber)
    const watch: Watch = { hub, subscriber, leave: () => { entered.leave() } }
    this.#watches.set(node, watch)
    this.#idleSince = null
    return watch
  }

  /** The node's state, unless the viewer holds it already. */
  #begin({ hub, subscriber }: Watch, held: Position | null): void {
    hub.greet(subscriber, () => {
      const { node, epoch, seq } = hub.placeFor(subscriber)
      const current = this.#isV2 && held !== null && held.epoch === epoch && held.seq === seq
      if (current) this.#frame({ type: 'current', node, epoch, seq, at: this.#house.clock.now() })
      else hub.snapshot(subscriber)
    })
  }

  #unwatch(node: string): void {
    const watch = this.#watches.get(node)
    if (watch === undefined) return
    this.#watches.delete(node)
    if (this.#watches.size === 0) this.#idleSince = this.#house.clock.monotonic()
    watch.hub.leave(watch.subscriber)
    watch.leave()
  }

  #error(code: string, message: string, node?: string): void {
    this.#frame({ type: 'error', at: this.#house.clock.now(), code, message, ...(node === undefined ? {} : { node }) })
  }

  #frame(frame: ServerFrame): void {
    this.tell(new Encoded(JSON.stringify(frame)))
  }
}
