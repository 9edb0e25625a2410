/** The sockets of the fake gateway: who watches what over which of them, and what goes wrong on the way. */
import type { ClientFrame } from '../../../protocol/clientFrames.ts'
import type { FakeChange, FakeNode } from './fakeNode.ts'
import type { FakeSocket, SocketPeer } from './fakeSocket.ts'
import type { TestClock } from './testClock.ts'

const BEAT_MS = 20_000

/** How a server refuses one node of a common socket, by the code it would close the node's own socket with. */
const REFUSALS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  4401: ['not-allowed', 'This viewer may not see this node.'],
  4429: ['too-many-viewers', 'Too many viewers are watching this node.'],
  4504: ['no-such-node', 'This node is not on this server.'],
}

interface Seat {
  readonly socket: FakeSocket
  /** null = a common one. */
  readonly own: string | null
  /** Its own node's voter, in place of the node. */
  readonly voter: boolean
  readonly watches: Set<string>
  deaf: boolean
  beat: unknown
}

export class FakeWire implements SocketPeer {
  readonly #clock: TestClock
  readonly #nodes: ReadonlyMap<string, FakeNode>
  readonly #seats = new Map<FakeSocket, Seat>()
  readonly #cut = new Set<string>()
  readonly #refused = new Map<string, number>()
  readonly #lost = new Set<string>()
  /** Nodes that were asked for over a common socket: a fault that ends it ends it for all of them. */
  readonly #shared = new Set<string>()
  #allCut = false
  #allRefused: number | null = null

  constructor(clock: TestClock, nodes: ReadonlyMap<string, FakeNode>) {
    this.#clock = clock
    this.#nodes = nodes
  }

  /** Sockets that are open. */
  get size(): number {
    return this.#seats.size
  }

  /** Would a socket to this address fail? */
  isCut(url: URL): boolean {
    const own = nodeOf(url)
    return this.#allCut || (own === null ? [...this.#shared] : [own]).some((node) => this.#cut.has(node))
  }

  publish(node: FakeNode, { seq, at, patch }: FakeChange): void {
    if (this.#lost.delete(node.id)) return
    for (const seat of this.#watching(node.id)) this.#say(seat, { type: 'patch', node: node.id, epoch: node.epoch, seq, at, patch })
  }

  publishVoter(node: FakeNode): void {
    for (const seat of this.#seats.values()) if (seat.voter && seat.watches.has(node.id)) this.#sayVoter(seat, node)
  }

  cut(node?: string): void {
    if (node === undefined) this.#allCut = true
    else this.#cut.add(node)
    for (const { socket } of this.#carrying(node)) socket.end()
  }

  silence(node?: string): void {
    for (const seat of this.#carrying(node)) seat.deaf = true
  }

  lose(node: string): void {
    this.#lost.add(node)
  }

  refuse(code: number, node?: string): void {
    if (node === undefined) this.#allRefused = code
    else this.#refused.set(node, code)
    for (const seat of this.#carrying(node)) this.#turnAway(seat, code, node)
  }

  mend(node?: string): void {
    if (node === undefined) {
      this.#allCut = false
      this.#allRefused = null
      this.#lost.clear()
    }
    for (const id of node === undefined ? [...this.#cut, ...this.#refused.keys()] : [node]) {
      this.#cut.delete(id)
      this.#refused.delete(id)
    }
  }

  restart(spreadMs: number): void {
    for (const seat of [...this.#seats.values()]) {
      this.#say(seat, { type: 'goaway', at: this.#clock.now(), reason: 'restart', spreadMs })
      seat.socket.end(1012, 'restart')
    }
  }

  opened(socket: FakeSocket): void {
    const own = nodeOf(socket.url)
    const seat: Seat = { socket, own, voter: socket.url.pathname.includes('/ws/voter/'), watches: new Set(), deaf: false, beat: null }
    this.#seats.set(socket, seat)
    const refused = this.#allRefused ?? this.#codeFor(own)
    if (refused !== undefined) {
      socket.end(refused, 'refused by the test')
      return
    }
    const limits = { messageBytes: 16_384, nodes: own === null ? 200 : 1 }
    const server = { name: 'supermon-live', version: 'test' }
    this.#say(seat, { type: 'hello', at: this.#clock.now(), beatMs: BEAT_MS, server, limits, features: ['resume'] })
    const { searchParams } = socket.url
    if (own !== null) this.#enter(seat, own, { epoch: searchParams.get('epoch'), seq: Number(searchParams.get('seq') ?? -1) })
  }

  said(socket: FakeSocket, text: string): void {
    const seat = this.#seats.get(socket)
    if (seat === undefined || seat.deaf) return
    const frame = JSON.parse(text) as ClientFrame
    const at = this.#clock.now()
    if (frame.type === 'ping') this.#say(seat, { type: 'pong', at, ...(frame.id === undefined ? {} : { id: frame.id }) })
    if (frame.type === 'resync') this.#enter(seat, frame.node, {})
    if (frame.type === 'subscribe') for (const { node, ...held } of frame.nodes) this.#enter(seat, node, held)
    if (frame.type !== 'unsubscribe') return
    for (const node of frame.nodes) {
      seat.watches.delete(node)
      this.#shared.delete(node)
    }
  }

  gone(socket: FakeSocket): void {
    this.#clock.clearTimeout(this.#seats.get(socket)?.beat)
    this.#seats.delete(socket)
  }

  #codeFor(own: string | null): number | undefined {
    if (own !== null) return this.#refused.get(own) ?? (this.#nodes.has(own) ? undefined : 4504)
    return [...this.#shared].map((node) => this.#refused.get(node)).find((code) => code !== undefined && REFUSALS[code] === undefined)
  }

  /** What falls on one node of a common socket. Some of it the wire can say of that node alone; the rest ends the socket. */
  #turnAway(seat: Seat, code: number, node: string | undefined): void {
    const refusal = seat.own === null && node !== undefined ? REFUSALS[code] : undefined
    if (refusal === undefined || node === undefined) {
      seat.socket.end(code, 'refused by the test')
      return
    }
    seat.watches.delete(node)
    this.#say(seat, { type: 'error', at: this.#clock.now(), code: refusal[0], message: refusal[1], node })
  }

  #enter(seat: Seat, id: string, held: { epoch?: string | null; seq?: number | null }): void {
    if (seat.own === null) this.#shared.add(id)
    if (this.#cut.has(id)) {
      seat.socket.end()
      return
    }
    const node = this.#nodes.get(id)
    const refused = this.#refused.get(id) ?? (node === undefined ? 4504 : null)
    if (refused !== null || node === undefined) {
      this.#turnAway(seat, refused ?? 4504, id)
      return
    }
    seat.watches.add(id)
    if (seat.voter) {
      this.#sayVoter(seat, node)
      return
    }
    const place = { node: id, epoch: node.epoch, seq: node.seq, at: this.#clock.now() }
    const current = held.epoch === node.epoch && held.seq === node.seq
    this.#say(seat, current ? { type: 'current', ...place } : { type: 'snapshot', ...place, state: node.state })
  }

  #sayVoter(seat: Seat, { id, epoch, votes }: FakeNode): void {
    this.#say(seat, { type: 'snapshot', node: id, epoch, at: this.#clock.now(), ...votes })
  }

  #say(seat: Seat, frame: object): void {
    if (seat.deaf || !this.#seats.has(seat.socket)) return
    this.#clock.clearTimeout(seat.beat)
    seat.beat = this.#clock.setTimeout(() => {
      const places = [...seat.watches].flatMap((id) => {
        const node = this.#nodes.get(id)
        return node ? [[id, { epoch: node.epoch, seq: seat.voter ? node.votes.seq : node.seq }]] : []
      })
      this.#say(seat, { type: 'beat', at: this.#clock.now(), nodes: Object.fromEntries(places) as object })
    }, BEAT_MS)
    seat.socket.say(frame)
  }

  #watching(node: string): Seat[] {
    return [...this.#seats.values()].filter(({ voter, watches }) => !voter && watches.has(node))
  }

  /** Sockets that a fault of this node, or of all, falls on. */
  #carrying(node: string | undefined): Seat[] {
    return [...this.#seats.values()].filter(({ own, watches }) => node === undefined || own === node || watches.has(node))
  }
}

function nodeOf(url: URL): string | null {
  const [, own] = /\/ws\/(?:voter\/)?([^/]+)$/.exec(url.pathname) ?? []
  return own === undefined ? null : decodeURIComponent(own)
}
