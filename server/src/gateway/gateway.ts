/** All viewers of this process: upgrades in, hubs and heartbeats, and the way out. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { CLOSE } from '../../../protocol/closeCodes.ts'
import { MAX_CLIENT_MESSAGE, SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { Position } from '../../../protocol/frames.ts'
import { NODE_ID } from '../../../protocol/nodeState.ts'
import type { Clock, Timer } from '../env/clock.ts'
import { requestUrl } from '../env/requestUrl.ts'
import type { NodeFeed } from '../feed/nodeFeed.ts'
import { plan, supermonNg, v2 } from './dialects.ts'
import { openDoor } from './doorkeeper.ts'
import type { Doorkeeper, Guest } from './doorkeeper.ts'
import { Hub } from './hub.ts'
import { originAllowed } from './origin.ts'
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
  readonly beatMs?: number
  /** Default: everybody may watch everything. */
  readonly doorkeeper?: Doorkeeper
}

/** What an upgrade's path asks for; `node` null = many. */
interface Target {
  readonly node: string | null
  readonly held: Position | null
}

interface Seat {
  readonly viewer: Viewer
  readonly socket: WebSocket
  /** A control-frame ping is out and was not answered yet. */
  waiting: boolean
}

const SWEEP_MS = 5_000
/** Every this many sweeps the peer must show that it lives. */
const PING_SWEEPS = 6

export class Gateway implements House {
  readonly clock: Clock
  readonly version: string
  readonly beatMs: number
  readonly maxNodes = 200
  readonly #source: NodeSource
  readonly #legacy
  readonly #doorkeeper: Doorkeeper
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
    this.#legacy = options.legacyDialect === 'plan' ? plan : supermonNg
    this.#doorkeeper = options.doorkeeper ?? openDoor
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
      hub = new Hub(feed, () => this.clock.now())
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
    void this.#doorkeeper.greet(request).then((guest) => { this.#admit(request, socket, head, target, guest) })
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer, target: Target, guest: Guest): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      // Refusals come after the handshake: only then does a browser learn the code and the reason.
      if (!originAllowed(request)) ws.close(CLOSE.originRefused, 'pages of other sites may not connect here')
      else if (this.#closing) ws.close(CLOSE.serviceRestart, 'the server is stopping')
      else if (target.node !== null && !NODE_ID.test(target.node)) ws.close(CLOSE.badRequest, 'this is no node number')
      else this.#seat(ws, target, guest)
      ws.on('error', () => undefined)
    })
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
        if (socket.readyState === socket.OPEN) socket.send(data)
      },
      buffered: () => socket.bufferedAmount,
      close: (code: number, reason: string) => { socket.close(code, reason) },
    }
    const dialect = socket.protocol === SUBPROTOCOL ? v2 : this.#legacy
    if (dialect !== v2 && target.node === null) {
      socket.close(CLOSE.badRequest, `ask for the subprotocol ${SUBPROTOCOL}, or name a node in the path`)
      return
    }
    const viewer = new Viewer({ house: this, wire, dialect, guest, ...target })
    const seat: Seat = { viewer, socket, waiting: false }
    this.#seats.add(seat)
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) viewer.receive(data.toString('utf8'))
    })
    socket.on('pong', () => { seat.waiting = false })
    socket.on('close', () => {
      this.#seats.delete(seat)
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
      seat.viewer.beat()
      if (!ping) continue
      seat.waiting = true
      seat.socket.ping()
    }
    for (const hub of this.#hubs.values()) hub.sweep()
  }
}

function readTarget(path: string): Target | null {
  const url = requestUrl(path)
  if (url.pathname === '/ws' || url.pathname === '/ws/') return { node: null, held: null }
  const match = /^\/ws\/([^/]+)\/?$/.exec(url.pathname)
  const encoded = match?.[1]
  if (encoded === undefined) return null
  let node: string
  try {
    node = decodeURIComponent(encoded)
  } catch {
    return null
  }
  const epoch = url.searchParams.get('epoch')
  const seq = Number(url.searchParams.get('seq') ?? Number.NaN)
  return { node, held: epoch !== null && Number.isSafeInteger(seq) ? { epoch, seq } : null }
}

function refuseUpgrade(socket: Duplex, status: number, phrase: string, message: string): void {
  const body = JSON.stringify({ success: false, error: phrase, message })
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
