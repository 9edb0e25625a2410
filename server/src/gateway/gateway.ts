/** All viewers of this process: upgrades in, hubs and heartbeats, and the way out. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { MAX_CLIENT_MESSAGE, SUBPROTOCOL } from '../../../protocol/frames.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { NameOfNode } from '../../../protocol/statusRow.ts'
import type { Clock, Timer } from '../env/clock.ts'
import { Proxies } from '../env/visitor.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import { Admission } from './admission.ts'
import { plan, supermonNg, v2 } from './dialects.ts'
import { openDoor } from './doorkeeper.ts'
import type { Doorkeeper, Guest, TurnedAway } from './doorkeeper.ts'
import { Hub } from './hub.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { LimitName, Limits } from './limits.ts'
import { noMeter } from './meter.ts'
import type { Meter } from './meter.ts'
import { originAllowed } from './origin.ts'
import { readTarget, refuseUpgrade } from './upgradeRequest.ts'
import type { Target } from './upgradeRequest.ts'
import { Viewer } from './viewer.ts'
import type { House } from './viewer.ts'

/** Where nodes come from: the feed room, as far as the gateway needs it. */
export interface NodeSource {
  /** The node's feed; null when there is no such node. */
  feed(node: string): NodeFeed | null
  /** Somebody watches the node from now on. Returns the way out. */
  watch(node: string): () => void
}

export interface GatewayOptions {
  readonly source: NodeSource
  readonly clock: Clock
  readonly version: string
  /** For viewers that ask for no subprotocol. */
  readonly legacyDialect: 'plan' | 'supermon-ng'
  /** What those call nodes behind the adjacent ones. Default: by their number. */
  readonly names?: NameOfNode
  readonly beatMs?: number
  /** Default: everybody may watch everything. */
  readonly doorkeeper?: Doorkeeper
  /** What differs from the defaults. */
  readonly limits?: Partial<Limits>
  /** Default: those on this machine are believed. */
  readonly proxies?: Proxies
  /** Pages of these origins may connect, besides those that come from here; `*` = all. */
  readonly origins?: readonly string[]
  readonly meter?: Meter
}

interface Refusal {
  readonly limit: LimitName
  readonly code: number
  readonly reason: string
}

interface Seat {
  readonly viewer: Viewer
  readonly socket: WebSocket
  /** A control-frame ping is out and was not answered yet. */
  waiting: boolean
}

const SWEEP_MS = 5_000
/** Every this many sweeps the peer must show that it lives. */
const PING_SWEEPS = 12

export class Gateway implements House {
  readonly clock: Clock
  readonly version: string
  readonly beatMs: number
  readonly limits: Limits
  readonly meter: Meter
  readonly #source: NodeSource
  readonly #legacy
  readonly #doorkeeper: Doorkeeper
  readonly #admission: Admission
  readonly #proxies: Proxies
  readonly #origins: readonly string[]
  readonly #offChange: () => void
  readonly #hubs = new Map<string, Hub>()
  readonly #seats = new Set<Seat>()
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_MESSAGE,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  })
  #timer: Timer
  #sweeps = 0
  #closing = false

  constructor(options: GatewayOptions) {
    this.#source = options.source
    this.clock = options.clock
    this.version = options.version
    this.beatMs = options.beatMs ?? 20_000
    this.#legacy = (options.legacyDialect === 'plan' ? plan : supermonNg)(options.names)
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    this.meter = options.meter ?? noMeter
    this.#doorkeeper = options.doorkeeper ?? openDoor
    this.#admission = new Admission(this.limits, this.clock)
    this.#proxies = options.proxies ?? new Proxies()
    this.#origins = options.origins ?? []
    this.#offChange = this.#doorkeeper.onChange(() => { this.recheck() })
    this.#arm()
  }

  get viewers(): number {
    return this.#seats.size
  }

  enter(node: string): { hub: Hub; leave(): void } | null {
    const feed = this.#source.feed(node)
    if (feed === null) return null
    let hub = this.#hubs.get(node)
    if (hub?.feed !== feed) {
      hub?.dispose()
      hub = new Hub(feed, () => this.clock.now(), this.limits, this.meter)
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

  isHere(hub: Hub): boolean {
    return this.#source.feed(hub.feed.node) === hub.feed
  }

  /**
   * One upgrade request.
   * @param path below the base, e.g. `/ws/546051`
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const target = readTarget(path)
    if (target === null) {
      refuseUpgrade(socket, 404, 'Not Found', 'There is no socket here; use <base>/ws/<node> or <base>/ws.')
      return
    }
    const { headers } = request
    const visitor = this.#proxies.visitorOf({
      remoteAddress: request.socket.remoteAddress,
      header: (name) => headers[name]?.toString(),
    })
    const waitMs = this.#admission.knock(visitor.address)
    if (waitMs > 0) {
      // Whoever knocks this often is not worth a handshake.
      this.meter.refused('attemptsPerMinute', 429)
      refuseUpgrade(socket, 429, 'Too Many Requests', 'Too many attempts from your address; wait a little.', waitMs)
      return
    }
    const entry = this.#admission.enter(visitor.address)
    const refusal = entry.ok
      ? this.#refusalOf(target, originAllowed(headers.origin, visitor.hosts, this.#origins))
      : { ...entry, code: CLOSE.tooMany }
    if (entry.ok) socket.once('close', () => { entry.leave() })
    if (refusal !== null) {
      this.#shake(request, socket, head, (ws) => { this.#refuse(ws, refusal) })
      return
    }
    this.#doorkeeper.greet(request, target).then(
      (guest) => { this.#shake(request, socket, head, (ws) => { this.#admit(ws, target, guest) }) },
      () => { refuseUpgrade(socket, 500, 'Internal Server Error', 'The gateway could not tell who you are; try again.') },
    )
  }

  /** Refusals come after the handshake: only then does a browser learn the code and the reason. */
  #shake(request: IncomingMessage, socket: Duplex, head: Buffer, then: (ws: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => undefined)
      then(ws)
    })
  }

  #refusalOf({ node }: Target, origin: boolean): Refusal | null {
    if (!origin) return { limit: 'origin', code: CLOSE.originRefused, reason: 'pages of other sites may not connect here' }
    if (node !== null && !NODE_ID.test(node)) return { limit: 'node', code: CLOSE.badRequest, reason: 'this is no node number' }
    return null
  }

  #admit(ws: WebSocket, target: Target, guest: Guest | TurnedAway): void {
    if (this.#closing) this.#refuse(ws, { limit: 'stopping', code: CLOSE.serviceRestart, reason: 'the server is stopping' })
    else if ('refusal' in guest) this.#refuse(ws, { limit: 'ticket', code: CLOSE.unauthorized, reason: guest.refusal })
    else this.#seat(ws, target, guest)
  }

  #refuse(ws: WebSocket, { limit, code, reason }: Refusal): void {
    this.meter.refused(limit, code)
    ws.close(code, reason)
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
    for (const { viewer } of [...this.#seats]) viewer.goaway('restart', spreadMs)
    const deadline = this.clock.now() + graceMs
    while (this.#seats.size > 0 && this.clock.now() < deadline) {
      await new Promise<void>((resolve) => { this.clock.setTimeout(resolve, 20) })
    }
    for (const { socket } of [...this.#seats]) socket.terminate()
    this.#server.close()
  }

  #seat(socket: WebSocket, target: Target, guest: Guest): void {
    const wire = {
      send: (data: string) => {
        if (socket.readyState !== socket.OPEN) return
        socket.send(data)
        this.meter.sent(Buffer.byteLength(data))
      },
      buffered: () => socket.bufferedAmount,
      close: (code: number, reason: string) => { socket.close(code, reason) },
    }
    const dialect = socket.protocol === SUBPROTOCOL ? v2 : this.#legacy
    if (dialect !== v2 && target.node === null) {
      socket.close(CLOSE.badRequest, `ask for the subprotocol ${SUBPROTOCOL}, or name a node in the path`)
      return
    }
    const viewer = new Viewer({ house: this, wire, dialect, guest, node: target.node, held: target.held })
    const seat: Seat = { viewer, socket, waiting: false }
    this.#seats.add(seat)
    socket.on('message', (data: Buffer, isBinary) => {
      this.meter.received(data.length)
      if (!isBinary) viewer.receive(data.toString('utf8'))
    })
    socket.on('pong', () => { seat.waiting = false })
    this.meter.came(dialect.name)
    socket.on('close', (code) => {
      this.#seats.delete(seat)
      this.meter.left(dialect.name, code)
      viewer.left()
    })
  }

  #arm(): void {
    this.#timer = this.clock.setTimeout(() => {
      this.#sweep()
      this.#arm()
    }, SWEEP_MS)
  }

  #sweep(): void {
    this.#sweeps += 1
    const ping = this.#sweeps % PING_SWEEPS === 0
    for (const seat of [...this.#seats]) {
      if (ping && seat.waiting) {
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
      if (!ping) continue
      seat.waiting = true
      seat.socket.ping()
    }
    for (const hub of this.#hubs.values()) hub.sweep()
  }
}
