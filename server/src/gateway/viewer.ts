/**
 * One connected viewer: what it may say and what it is told. Knows hubs and a wire, no socket library, so that the
 * simulation runs the same code.
 */
import * as v from 'valibot'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { clientFrameSchema, MAX_BATCH, MAX_CLIENT_MESSAGE } from '../../../protocol/frames.ts'
import type { ClientFrame, Position, ServerFrame } from '../../../protocol/frames.ts'
import type { Clock } from '../env/clock.ts'
import type { Audience } from './audience.ts'
import { v2 } from './dialects.ts'
import type { Guest } from './doorkeeper.ts'
import type { Dialect, Subscriber } from './hub.ts'
import type { LimitName, Limits } from './limits.ts'
import type { Meter } from './meter.ts'
import { Pace } from './pace.ts'
import type { Wire } from './wire.ts'

/** What a viewer needs of the gateway behind it. */
export interface House {
  readonly clock: Clock
  readonly version: string
  readonly beatMs: number
  /** Watches a node, or its voter: the hub, and the way out; null when there is no such node here. */
  enter(node: string): { readonly hub: Audience; leave(): void } | null
  /** Is that hub's node still here, with the same feed? The configuration changes while viewers stay. */
  isHere(hub: Audience): boolean
  readonly limits: Limits
  readonly meter?: Meter
}

const NOT_HERE = 'this node is not on this server'
/** Beyond the pace, so many messages are dropped before their sender is sent away. */
const DROPPED = 200
/** What goes out together, at most: a client reads a batch of so many frames, and so long a message, with room to spare. */
const MOMENT_FRAMES = MAX_BATCH / 2
const MOMENT_CHARS = 256 * 1024
const FULL = 'too many watch this node; try again later'
const NOT_ALLOWED = 'You may not see this node; sign in with an account that may.'

interface Watch {
  readonly hub: Audience
  readonly subscriber: Subscriber & { seesPeers: boolean }
  leave(): void
}

export class Viewer {
  readonly #house: House
  readonly #wire: Wire
  readonly #dialect: Dialect
  readonly #guest: Guest
  readonly #watches = new Map<string, Watch>()
  /** May this viewer choose nodes, or is it bound to the one in its path? */
  readonly #fixed: boolean
  readonly #pace: Pace
  #dropped = 0
  #sentAt: number
  /** Since when it watches nothing, ms; null = it watches something. */
  #idleSince: number | null
  #gone = false
  /** Frames of this moment that wait to go out together; null = this viewer takes them one by one. */
  readonly #moment: string[] | null
  #momentChars = 0

  /**
   * @param node the node of the viewer's path; null = it chooses by `subscribe`
   * @param held what it says it holds of that node
   */
  constructor(options: {
    house: House
    wire: Wire
    dialect: Dialect
    guest: Guest
    node: string | null
    held: Position | null
  }) {
    this.#house = options.house
    this.#wire = options.wire
    this.#dialect = options.dialect
    this.#guest = options.guest
    this.#fixed = options.node !== null
    const { clock, limits } = options.house
    this.#pace = new Pace(limits.messageBurst, limits.messagesPerSecond, clock.now())
    this.#sentAt = clock.now()
    this.#idleSince = clock.now()
    this.#moment = this.#isV2 && !this.#fixed ? [] : null
    if (this.#isV2) this.#hello()
    if (options.node === null) return
    if (!this.#guest.mayWatch(options.node)) {
      this.#turnAway()
      return
    }
    const outcome = this.#watch(options.node, options.held)
    if (outcome === 'not-here') this.close(CLOSE.noSuchNode, NOT_HERE)
    else if (outcome === 'full') this.#refuse('viewersPerNode', FULL)
  }

  get #isV2(): boolean {
    return this.#dialect === v2
  }

  /** One message from the viewer, whatever it is. */
  receive(data: string): void {
    if (this.#gone || !this.#inPace()) return
    const json = data.length > MAX_CLIENT_MESSAGE ? undefined : parse(data)
    if (!this.#isV2) {
      this.#receiveLegacy(json)
      return
    }
    const frame = v.safeParse(clientFrameSchema, json)
    if (!frame.success) {
      this.#error('bad-frame', 'This message is not understood; docs/protocol.md lists what is.')
      return
    }
    this.#handle(frame.output)
  }

  /** Has it watched nothing for too long? */
  get isIdle(): boolean {
    const { clock, limits } = this.#house
    return this.#idleSince !== null && clock.now() - this.#idleSince >= limits.idleSeconds * 1000
  }

  /** Says something if the viewer has heard nothing for a while; call now and then. */
  beat(): void {
    const now = this.#house.clock.now()
    if (!this.#isV2 || now - this.#sentAt < this.#house.beatMs) return
    const [only] = this.#watches.values()
    if (this.#fixed && only !== undefined) {
      this.#send(only.hub.beat(now))
      return
    }
    const nodes = Object.fromEntries(
      [...this.#watches].map(([node, { hub }]) => [node, { epoch: hub.feed.epoch, seq: hub.feed.seq }]),
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
      else this.#error('not-allowed', NOT_ALLOWED, node)
    }
    this.#guest.stays()
  }

  /** Asks the viewer to come back later, not all at once. */
  goaway(reason: string, spreadMs: number): void {
    if (this.#isV2) this.#frame({ type: 'goaway', at: this.#house.clock.now(), reason, spreadMs })
    this.close(CLOSE.serviceRestart, reason)
  }

  close(code: number, reason: string): void {
    this.left()
    this.#flush()
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
    this.#send(hub.snapshot(subscriber))
  }

  #refuse(limit: LimitName, reason: string): void {
    this.#house.meter?.refused(limit, CLOSE.tooMany)
    this.close(CLOSE.tooMany, reason)
  }

  /** Too fast is told once, then ignored, then sent away. */
  #inPace(): boolean {
    const { clock, limits } = this.#house
    if (this.#pace.take(clock.now())) {
      this.#dropped = 0
      return true
    }
    this.#dropped += 1
    if (this.#dropped === 1 && this.#isV2) {
      this.#error('too-fast', `Messages beyond ${limits.messagesPerSecond} a second are not read; send fewer.`)
    } else if (this.#dropped > DROPPED) {
      this.#refuse('messagesPerSecond', 'this viewer sends too many messages')
    }
    return false
  }

  /** A stranger is asked to sign in; to somebody who did, a node that is not his is no node. */
  #turnAway(): void {
    if (this.#guest.signedIn) this.close(CLOSE.noSuchNode, NOT_HERE)
    else this.close(CLOSE.unauthorized, 'sign in to see this node')
  }

  #hello(): void {
    const { clock, version, beatMs, limits } = this.#house
    this.#frame({
      type: 'hello',
      at: clock.now(),
      beatMs,
      server: { name: 'supermon-live', version },
      limits: { messageBytes: MAX_CLIENT_MESSAGE, nodes: this.#fixed ? 1 : limits.nodesPerViewer },
      features: this.#moment === null ? ['resume'] : ['resume', 'batch'],
    })
  }

  #handle(frame: ClientFrame): void {
    switch (frame.type) {
      case 'ping':
        this.#frame({ type: 'pong', at: this.#house.clock.now(), ...(frame.id === undefined ? {} : { id: frame.id }) })
        return
      case 'resync': {
        const watch = this.#watches.get(frame.node)
        if (watch) this.#send(watch.hub.snapshot(watch.subscriber))
        else this.#error('not-subscribed', 'You do not watch this node; subscribe first.', frame.node)
        return
      }
      case 'subscribe':
        for (const { node, epoch, seq } of frame.nodes) {
          this.#subscribe(node, epoch !== undefined && seq !== undefined ? { epoch, seq } : null)
        }
        return
      case 'unsubscribe':
        if (this.#fixed) this.#error('fixed-node', 'This connection is for one node; close it instead.')
        else for (const node of frame.nodes) this.#unwatch(node)
    }
  }

  #subscribe(node: string, held: Position | null): void {
    if (this.#fixed) {
      this.#error('fixed-node', 'This connection is for one node; open <base>/ws to choose.', node)
    } else if (!this.#watches.has(node) && this.#watches.size >= this.#house.limits.nodesPerViewer) {
      this.#error('too-many-nodes', `One connection may watch ${this.#house.limits.nodesPerViewer} nodes.`, node)
    } else if (!this.#guest.mayWatch(node)) {
      this.#error('not-allowed', NOT_ALLOWED, node)
    } else {
      const outcome = this.#watch(node, held)
      if (outcome === 'not-here') this.#error('no-such-node', 'This node is not on this server.', node)
      if (outcome === 'full') {
        this.#house.meter?.refused('viewersPerNode', 0)
        this.#error('too-many-viewers', 'Too many watch this node; try again later.', node)
      }
    }
  }

  #watch(node: string, held: Position | null): 'watching' | 'not-here' | 'full' {
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
      send: (data) => { this.#send(data) },
      buffered: () => this.#wire.buffered(),
      close: (code, reason) => { this.close(code, reason) },
    }
    hub.join(subscriber)
    this.#watches.set(node, { hub, subscriber, leave: () => { entered.leave() } })
    this.#idleSince = null
    const { feed } = hub
    const now = this.#house.clock.now()
    if (this.#isV2 && held !== null && held.epoch === feed.epoch && held.seq === feed.seq) {
      this.#frame({ type: 'current', node, epoch: feed.epoch, seq: feed.seq, at: now })
    } else {
      this.#send(hub.snapshot(subscriber))
    }
    return 'watching'
  }

  #unwatch(node: string): void {
    const watch = this.#watches.get(node)
    if (watch === undefined) return
    this.#watches.delete(node)
    if (this.#watches.size === 0) this.#idleSince = this.#house.clock.now()
    watch.hub.leave(watch.subscriber)
    watch.leave()
  }

  /** The plan's `{"type":"ping"}` and Supermon-NG's `{"action":…}`; anything else is met with silence, as there. */
  #receiveLegacy(json: unknown): void {
    if (typeof json !== 'object' || json === null) return
    const { type, action, node } = json as { type?: unknown; action?: unknown; node?: unknown }
    if (type === 'ping') this.#send('{"type":"pong"}')
    else if (action === 'ping') this.#send('{"action":"pong"}')
    else if (action === 'subscribe' && typeof node === 'string' && this.#watches.has(node)) {
      // A client of ours that was misled takes the hint and comes back with its own greeting.
      this.#send(JSON.stringify({ action: 'subscribed', node, v2: true }))
    }
  }

  #error(code: string, message: string, node?: string): void {
    this.#frame({ type: 'error', at: this.#house.clock.now(), code, message, ...(node === undefined ? {} : { node }) })
  }

  #frame(frame: ServerFrame): void {
    this.#send(JSON.stringify(frame))
  }

  #send(data: string): void {
    this.#sentAt = this.#house.clock.now()
    if (this.#moment === null) {
      this.#wire.send(data)
      return
    }
    // One read from Asterisk can change many nodes; what it changed goes out as one message when it is worked through.
    this.#momentChars += data.length
    if (this.#moment.push(data) === 1) queueMicrotask(() => { this.#flush() })
    // A message that is too big for the client would be lost whole; smaller ones also arrive one by one on a slow way.
    else if (this.#moment.length >= MOMENT_FRAMES || this.#momentChars >= MOMENT_CHARS) this.#flush()
  }

  #flush(): void {
    if (this.#moment === null || this.#moment.length === 0) return
    const frames = this.#moment.splice(0)
    this.#momentChars = 0
    const [only] = frames
    if (frames.length === 1 && only !== undefined) this.#wire.send(only)
    else this.#wire.send(`{"type":"batch","at":${this.#house.clock.now()},"frames":[${frames.join(',')}]}`)
  }
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
