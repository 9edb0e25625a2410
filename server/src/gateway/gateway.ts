/** All viewers of this process: upgrades in, hubs and heartbeats, and the way out. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { ServerFrame } from '../../../protocol/frames.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { FlagNews } from '../../../protocol/rollout.ts'
import type { NameOfNode } from '../../../protocol/statusRow.ts'
import { addressKey } from '../env/addressKey.ts'
import type { Clock, Random, Timer } from '../env/clock.ts'
import { Proxies } from '../env/visitor.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import type { VoterFeed } from '../feed/voterFeed.ts'
import { Admission } from './admission.ts'
import type { Audience } from './audience.ts'
import { Departure } from './departure.ts'
import { plan, supermonNg, v2 } from './dialects.ts'
import { openDoor } from './doorkeeper.ts'
import type { Doorkeeper, Guest, TurnedAway } from './doorkeeper.ts'
import { Encoded } from './encoded.ts'
import { Handshakes } from './handshakes.ts'
import type { Refusal } from './handshakes.ts'
import type { House } from './house.ts'
import { Hub } from './hub.ts'
import { Hubs } from './hubs.ts'
import type { Source } from './hubs.ts'
import { DEFAULT_LIMITS, paceLimit } from './limits.ts'
import type { Limits } from './limits.ts'
import { noMeter } from './meter.ts'
import type { Meter } from './meter.ts'
import { originAllowed } from './origin.ts'
import { Pulse } from './pulse.ts'
import { seatOf, wireOf } from './seat.ts'
import type { Arrival, Seat } from './seat.ts'
import { offers, readTarget, refuseUpgrade } from './upgradeRequest.ts'
import type { Target } from './upgradeRequest.ts'
import { Viewer } from './viewer.ts'
import { VoterHub } from './voterHub.ts'

export interface GatewayOptions {
  readonly source: Source<NodeFeed>
  /** Left out, no node has a voter. */
  readonly voters?: Source<VoterFeed>
  readonly clock: Clock
  readonly version: string
  /** For viewers that ask for no subprotocol. */
  readonly legacyDialect: 'plan' | 'supermon-ng'
  /** What those call nodes behind the adjacent ones. Default: by their number. */
  readonly names?: NameOfNode
  readonly beatMs?: number
  /** How often every viewer is looked at, ms. Default 5 s, which is also how long a right that is gone may last. */
  readonly sweepMs?: number
  /** Default: everybody may watch everything. */
  readonly doorkeeper?: Doorkeeper
  /** What differs from the defaults. */
  readonly limits?: Partial<Limits>
  /** Default: those on this machine are believed. */
  readonly proxies?: Proxies
  /** Pages of these origins may connect, besides those that come from here; `*` = all. */
  readonly origins?: readonly string[]
  readonly meter?: Meter
  /** Default: everybody may hold a socket. */
  readonly rollout?: FlagNews
  /** Over how long viewers are sent away once nobody may, ms. Default 6 s. */
  readonly departureMs?: number
  /** In which order that happens. Default: always the same. */
  readonly random?: Random
  /** See {@link HubOptions.timer}. */
  readonly changeTimer?: (() => () => number) | undefined
}

const SWEEP_MS = 5_000
/** With the two seconds that a change of the rollout's file takes to be seen: well within 10 s. */
const DEPARTURE_MS = 6_000
/** Over how long viewers that stay ask for another flag, ms. */
const FLAG_SPREAD_MS = 6_000

const FLAG_OFF: Refusal = { limit: 'rollout', code: CLOSE.flagOff, reason: 'flag-off' }

export class Gateway implements House {
  readonly clock: Clock
  readonly version: string
  readonly beatMs: number
  readonly limits: Limits
  readonly meter: Meter
  readonly #legacy
  readonly #doorkeeper: Doorkeeper
  readonly #admission: Admission
  readonly #proxies: Proxies
  readonly #origins: readonly string[]
  readonly #offChange: () => void
  readonly #hubs: Hubs<NodeFeed, Hub>
  /** null = there are no voters. */
  readonly #voterHubs: Hubs<VoterFeed, VoterHub> | null
  readonly #seats = new Set<Seat>()
  readonly #handshakes: Handshakes
  readonly #sweepMs: number
  readonly #pulse: Pulse
  readonly #departure: Departure<Seat>
  readonly #departureMs: number
  #rollout: FlagNews
  #timer: Timer
  #closing = false

  constructor(options: GatewayOptions) {
    this.clock = options.clock
    this.version = options.version
    this.beatMs = options.beatMs ?? 20_000
    this.#sweepMs = options.sweepMs ?? SWEEP_MS
    this.#pulse = new Pulse(this.#sweepMs)
    this.#legacy = (options.legacyDialect === 'plan' ? plan : supermonNg)(options.names)
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.meter = options.meter ?? noMeter
    const now = () => this.clock.now()
    const audience = { limits: this.limits, meter: this.meter, timer: options.changeTimer }
    this.#hubs = new Hubs(options.source, (feed) => new Hub(feed, now, audience))
    this.#voterHubs = options.voters === undefined ? null : new Hubs(options.voters, (feed) => new VoterHub(feed, now, audience))
    this.#doorkeeper = options.doorkeeper ?? openDoor
    this.#handshakes = new Handshakes(this.limits.messageBytes, this.meter)
    this.#admission = new Admission(this.limits, this.clock)
    this.#proxies = options.proxies ?? new Proxies()
    this.#origins = options.origins ?? []
    this.#rollout = options.rollout ?? { enabled: true, revision: '' }
    this.#departureMs = options.departureMs ?? DEPARTURE_MS
    this.#departure = new Departure(this.clock, options.random ?? (() => 0), ({ viewer }) => { viewer.goaway(FLAG_OFF.reason, 0, FLAG_OFF.code) })
    this.#offChange = this.#doorkeeper.onChange(() => { this.recheck() })
    this.#arm()
  }

  get viewers(): number {
    return this.#seats.size
  }

  enter(node: string): { readonly hub: Audience; leave(): void } | null {
    return this.#hubs.enter(node)
  }

  isHere(hub: Audience): boolean {
    return this.#hubs.isHere(hub)
  }

  /**
   * One upgrade request.
   * @param path below the base, e.g. `/ws/546051`
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const visitor = this.#proxies.visitorOfRequest(request)
    const waitMs = this.#admission.knock(visitor)
    if (waitMs > 0) {
      // Whoever knocks this often is not worth a handshake.
      this.meter.refused(paceLimit('attemptsPerMinute', visitor.crowd), 429)
      refuseUpgrade(socket, { status: 429, code: 'too-many-attempts', message: 'Too many attempts from your address; wait a little.', waitMs })
      return
    }
    const isV2 = offers(request, SUBPROTOCOL)
    const target = readTarget(path, isV2)
    if (target === null || (target.voter && this.#voterHubs === null)) {
      this.meter.refused('path', 404)
      refuseUpgrade(socket, { status: 404, code: 'no-such-socket', message: 'No socket here; use <base>/ws/<node> or <base>/ws.' })
      return
    }
    const entry = this.#admission.enter(visitor)
    const refusal = entry.ok
      ? this.#refusalOf(target, originAllowed(request.headers.origin, visitor.hosts, this.#origins), isV2)
      : { ...entry, code: CLOSE.tooMany }
    const address = addressKey(visitor.address)
    if (entry.ok) socket.once('close', () => { entry.leave() })
    // All of its places may be held by sockets that a router took away: whoever tries again finds theirs free.
    else if (entry.limit !== 'viewers') this.#pulse.hurry([...this.#seats].filter((seat) => seat.address === address))
    if (refusal !== null) {
      this.#handshakes.shake(request, socket, head, (ws) => { this.#handshakes.refuse(ws, refusal) })
      return
    }
    this.#doorkeeper.greet(request, target).then(
      (guest) => { this.#handshakes.shake(request, socket, head, (ws) => { this.#admit(ws, { stream: socket, address, target }, guest) }) },
      () => { refuseUpgrade(socket, { status: 500, code: 'internal', message: 'The gateway could not check who you are; try again.' }) },
    )
  }

  #refusalOf({ node }: Target, origin: boolean, isV2: boolean): Refusal | null {
    if (isV2 && !this.#rollout.enabled) return FLAG_OFF
    if (!origin) return { limit: 'origin', code: CLOSE.originRefused, reason: 'pages from other sites may not connect here' }
    if (node !== null && !NODE_ID.test(node)) return { limit: 'node', code: CLOSE.badRequest, reason: 'this is not a node number' }
    return null
  }

  #admit(ws: WebSocket, arrival: Arrival, guest: Guest | TurnedAway): void {
    if (this.#closing) this.#handshakes.refuse(ws, { limit: 'stopping', code: CLOSE.serviceRestart, reason: 'the server is stopping' })
    else if ('refusal' in guest) this.#handshakes.refuse(ws, { limit: 'ticket', code: CLOSE.unauthorized, reason: guest.refusal })
    else if (ws.protocol === SUBPROTOCOL && !this.#rollout.enabled) this.#handshakes.refuse(ws, FLAG_OFF)
    else this.#seat(ws, arrival, guest)
  }

  /**
   * The rollout is another one now. Once nobody may hold a socket, those that speak our dialect are sent to polling, one after
   * the other; otherwise they are told, and ask for themselves. The other dialects' clients poll nothing of ours: they stay.
   */
  setRollout(rollout: FlagNews): void {
    if (rollout.revision === this.#rollout.revision) return
    const wasEnabled = this.#rollout.enabled
    this.#rollout = rollout
    const seats = [...this.#seats].filter(({ socket }) => socket.protocol === SUBPROTOCOL)
    if (!rollout.enabled) {
      if (wasEnabled) this.#departure.begin(seats, this.#departureMs)
      return
    }
    this.#departure.stop()
    const frame: ServerFrame = { type: 'flag', at: this.clock.now(), revision: rollout.revision, spreadMs: FLAG_SPREAD_MS }
    const message = new Encoded(JSON.stringify(frame))
    for (const { viewer } of seats) viewer.tell(message)
  }

  /** Rights or nodes may have changed: nobody goes on watching what is not his to watch, or not here any more. */
  recheck(): void {
    for (const { viewer } of [...this.#seats]) viewer.recheck()
  }

  /** Asks all viewers to come back later and waits until they are gone, `graceMs` at most. */
  async close(spreadMs: number, graceMs: number): Promise<void> {
    this.#closing = true
    this.clock.clearTimeout(this.#timer)
    this.#offChange()
    this.#departure.stop()
    for (const { viewer } of [...this.#seats]) viewer.goaway('restart', spreadMs)
    const deadline = this.clock.monotonic() + graceMs
    while (this.#seats.size > 0 && this.clock.monotonic() < deadline) {
      await new Promise<void>((resolve) => { this.clock.setTimeout(resolve, 20) })
    }
    for (const { socket } of [...this.#seats]) socket.terminate()
    this.#handshakes.close()
  }

  #seat(socket: WebSocket, arrival: Arrival, guest: Guest): void {
    const { stream, target } = arrival
    const dialect = socket.protocol === SUBPROTOCOL ? v2 : this.#legacy
    if (dialect !== v2 && target.node === null) {
      const reason = `ask for the subprotocol ${SUBPROTOCOL}, or name a node in the path`
      this.#handshakes.refuse(socket, { limit: 'path', code: CLOSE.badRequest, reason })
      return
    }
    const wire = wireOf(socket, stream, this.meter)
    const viewer = new Viewer({ house: target.voter ? this.#voterHouse() : this, wire, dialect, guest, node: target.node, held: target.held })
    const seat = seatOf(viewer, socket, arrival, this.clock, this.meter)
    this.#seats.add(seat)
    this.meter.came(dialect.name)
    socket.on('close', (code) => {
      this.#seats.delete(seat)
      this.meter.left(dialect.name, wire.closedWith ?? code)
      viewer.left()
    })
  }

  /** The same house, where a node's door leads to its voter. */
  #voterHouse(): House {
    const { clock, version, beatMs, limits, meter } = this
    const hubs = this.#voterHubs
    return {
      clock, version, beatMs, limits, meter,
      enter: (node) => hubs?.enter(node) ?? null,
      isHere: (hub) => hubs?.isHere(hub) === true,
    }
  }

  #arm(): void {
    this.#timer = this.clock.setTimeout(() => {
      this.#sweep()
      this.#arm()
    }, this.#sweepMs)
  }

  #sweep(): void {
    this.#pulse.next()
    for (const seat of [...this.#seats]) {
      if (this.#pulse.isDead(seat)) {
        seat.socket.terminate()
        continue
      }
      // Sessions end without a word: whoever is here is asked again with every sweep.
      seat.viewer.recheck()
      if (seat.viewer.isIdle) {
        this.meter.refused('idleSeconds', CLOSE.idle)
        seat.viewer.close(CLOSE.idle, 'this connection watches nothing')
        continue
      }
      seat.viewer.beat()
      this.#pulse.look(seat)
    }
    this.#hubs.sweep()
    this.#voterHubs?.sweep()
  }
}
