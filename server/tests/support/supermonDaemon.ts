/**
 * The WebSocket side of an unmodified Supermon-NG 4.3, defects and all (part of {@link SupermonStandIn}): who offers a subprotocol is
 * answered 426, the first message comes twice, refusals are closed with 1000 and no word why, nothing is said while Asterisk is silent, and only
 * what its comparison looks at is sent at all.
 */
import { randomBytes } from 'node:crypto'
import type { Server } from 'node:http'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'

/** A link, as its status route and its messages name one. */
export interface StandInLink {
  readonly node: string
  readonly info: string
  readonly ip: string
  readonly direction: string
  readonly elapsed: string
  readonly link: string
  readonly keyed: string
  readonly last_keyed: string
  readonly mode: string
}

const IDLE = {
  status: 'online', cos_keyed: 0, tx_keyed: 0, cpu_temp: null as string | null, cpu_up: null as string | null, cpu_load: null as string | null,
  ALERT: null as string | null, WX: null as string | null, DISK: null as string | null, remote_nodes: [] as readonly StandInLink[],
}
export type StandInState = typeof IDLE

export const aLink = (node: string, over: Partial<StandInLink> = {}): StandInLink => ({
  node, info: `Node ${node}`, ip: '192.0.2.10', direction: 'OUT', elapsed: '00:12:07', link: 'ESTABLISHED', keyed: 'no', last_keyed: '-1', mode: 'T', ...over,
})

interface Room {
  state: StandInState
  /** What was sent last; kept for whoever comes, however old. */
  last: string | null
  /** Does Asterisk answer? If not, nobody is told. */
  amiDead: boolean
  readonly sockets: Set<WebSocket>
}

/** Lives 120 s there; no test is that long. */
interface Token {
  readonly node: string
}

export class SupermonDaemon {
  readonly #rooms = new Map<string, Room>()
  readonly #tokens = new Map<string, Token>()
  /** Is a token wanted with each socket? Its default lets everybody in. */
  tokensWanted = false
  /** Everything that clients said, in order. */
  readonly heard: string[] = []
  /** Paths that were closed with 1000 on coming. */
  readonly refused: string[] = []
  /** Paths at which a subprotocol was offered. */
  readonly offered: string[] = []

  /** @param nodes those it knew when it was started: one that was configured since is refused */
  constructor(http: Server, nodes: readonly string[]) {
    for (const node of nodes) this.#rooms.set(node, { state: IDLE, last: null, amiDead: false, sockets: new Set() })
    const sockets = new WebSocketServer({
      server: http,
      verifyClient: ({ req: { url = '', headers } }, take) => {
        const offered = headers['sec-websocket-protocol'] !== undefined
        if (offered) this.offered.push(url)
        take(!offered, 426)
      },
    })
    sockets.on('connection', (socket, request) => { this.#connected(socket, request.url ?? '') })
  }

  /** Open sockets of a node. */
  open(node: string): number {
    return this.#room(node).sockets.size
  }

  /** 48 hex characters, good for one node, as often as anybody likes. */
  token(node: string): string {
    const token = randomBytes(24).toString('hex')
    this.#tokens.set(token, { node })
    return token
  }

  /** As the status route tells it; undefined = not a node of this daemon. */
  row(node: string): object | undefined {
    const room = this.#rooms.get(node)
    if (room === undefined) return undefined
    return { node, info: `Node ${node}`, ...(room.amiDead ? { ...IDLE, remote_nodes: [] } : room.state) }
  }

  /** Asterisk says something new. Viewers are told if it is one of the things that are compared. */
  set(node: string, part: Partial<StandInState>): void {
    const room = this.#room(node)
    const before = room.state
    room.state = { ...before, ...part }
    if (!room.amiDead && room.sockets.size > 0 && isNews(before, room.state)) this.#broadcast(node, room)
  }

  /** From now on Asterisk is silent about the node, and the sockets stay as they are. */
  silenceAmi(node: string): void {
    this.#room(node).amiDead = true
  }

  /** Closes what is open, as its every end: 1000, no reason. */
  drop(node: string): void {
    for (const socket of this.#room(node).sockets) socket.close(1000)
  }

  /** Cuts what is open. */
  stop(): void {
    for (const { sockets } of this.#rooms.values()) for (const socket of sockets) socket.terminate()
  }

  #connected(socket: WebSocket, target: string): void {
    const { pathname, searchParams } = new URL(target, 'http://stand-in.test')
    // Its rule: the last segment of digits is the node.
    const node = pathname.split('/').findLast((segment) => /^\d+$/.test(segment)) ?? ''
    const room = this.#rooms.get(node)
    const admitted = !this.tokensWanted || this.#tokens.get(searchParams.get('token') ?? '')?.node === node
    if (room === undefined || !admitted) {
      this.refused.push(target)
      socket.close(1000)
      return
    }
    const first = room.sockets.size === 0
    room.sockets.add(socket)
    socket.on('close', () => { room.sockets.delete(socket) })
    socket.on('message', (data: Buffer) => { this.#said(socket, node, data.toString()) })
    if (first && !room.amiDead) this.#broadcast(node, room)
    if (room.last !== null) socket.send(room.last)
  }

  #said(socket: WebSocket, node: string, text: string): void {
    this.heard.push(text)
    const { action } = JSON.parse(text) as { action?: string }
    if (action === 'ping') socket.send('{"action":"pong"}')
    else if (action === 'subscribe') socket.send(JSON.stringify({ action: 'subscribed', node }))
  }

  #broadcast(node: string, room: Room): void {
    room.last = JSON.stringify({ node, timestamp: Math.floor(Date.now() / 1000), ...room.state })
    for (const socket of room.sockets) socket.send(room.last)
  }

  #room(node: string): Room {
    const room = this.#rooms.get(node)
    if (room === undefined) throw new Error(`the daemon was started without node ${node}`)
    return room
  }
}

const COMPARED = ['cos_keyed', 'tx_keyed', 'cpu_temp', 'cpu_up', 'cpu_load', 'ALERT', 'WX', 'DISK'] as const

/** Its comparison: neither the state of a link nor its mode, direction or times. */
function isNews(before: StandInState, after: StandInState): boolean {
  if (COMPARED.some((field) => before[field] !== after[field])) return true
  if (before.remote_nodes.length !== after.remote_nodes.length) return true
  return after.remote_nodes.some(({ node, keyed }) => before.remote_nodes.find((each) => each.node === node)?.keyed !== keyed)
}
