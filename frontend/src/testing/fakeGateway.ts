/**
 * A gateway in memory, for tests of components that show nodes: nothing is listened to, time stands until the test moves
 * it, and what the test says of a node is what the page is told. It speaks the real wire to the real client.
 */
import type { App } from 'vue'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { ClientFrame } from '../../../protocol/frames.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import type { Env, PageSignal } from '../env/env.ts'
import { createSupermonLive } from '../stores/client.ts'
import type { SupermonLive, SupermonLiveOptions } from '../stores/client.ts'
import { answerHttp } from './fakeHttp.ts'
import { FakeNode } from './fakeNode.ts'
import type { FakeChange } from './fakeNode.ts'
import { FakeSocket } from './fakeSocket.ts'
import { settle, TestClock } from './testClock.ts'

export interface FakeGatewayOptions {
  /** Ids, or ids with what is known of them. */
  readonly nodes: readonly string[] | Readonly<Record<string, Partial<NodeState>>>
  /** Epoch ms at the beginning. Default 2027-01-15 08:00 UTC. */
  readonly now?: number
  /** Where chance comes from: waits, mostly. Default always 0.5. */
  readonly random?: () => number
}

/** What can go wrong on the way. Without a node: with all. */
export interface FakeNet {
  /** Sockets break, and new ones fail, until `mend`. */
  cut(node?: string): void
  /** Sockets stay open and carry nothing any more, as when a router forgets them. New ones work. */
  silence(node?: string): void
  /** Sockets are closed with this code, and new ones as well, until `mend`. */
  refuse(code: number, node?: string): void
  /** HTTP requests fail, until `mend`. */
  cutHttp(): void
  mend(node?: string): void
}

export interface FakeGateway {
  readonly clock: TestClock
  readonly net: FakeNet
  /** For `global.plugins` of a mount, or `app.use`. */
  readonly plugin: SupermonLive
  readonly env: Env
  /** @throws when there is no such node */
  node(id: string): FakeNode
  /** The page meets one of its signals: hidden, offline, … */
  signal(signal: PageSignal): void
  /** Stops and starts again: viewers are told to come back within `spreadMs`, and nodes begin a new life. */
  restart(spreadMs?: number): void
  /** Lets everything happen that takes no time: sockets open, the first state arrives, Vue draws. */
  settle(): Promise<void>
  /** Sockets that are open or opening. */
  readonly sockets: number
  /** What was asked over HTTP, in order: `GET api/v1/nodes`. */
  readonly requests: readonly string[]
  /** Ends the client. Afterwards there is no timer and no socket. */
  dispose(): void
}

/** The address that the fake gateway seems to live at. */
const BASE = 'http://gateway.test/'
const BEAT_MS = 20_000
/** The key under which faults of all nodes stand. */
const ALL = '*'

interface Seat {
  readonly socket: FakeSocket
  /** null = a common one. */
  readonly own: string | null
  readonly watches: Set<string>
  deaf: boolean
  beat: unknown
}

/** @param client options of the client, such as the topology */
export function createFakeGateway(options: FakeGatewayOptions, client: Omit<SupermonLiveOptions, 'env' | 'client' | 'base'> = {}): FakeGateway {
  const clock = new TestClock(options.now ?? 1_800_000_000_000)
  const seats = new Map<FakeSocket, Seat>()
  const nodes = new Map<string, FakeNode>()
  const cut = new Set<string>()
  const refusals = new Map<string, number>()
  const listeners = new Set<(signal: PageSignal) => void>()
  const page = { online: true, visible: true }
  const requests: string[] = []
  let httpCut = false
  let life = 0

  const known: Readonly<Record<string, Partial<NodeState>>> = isList(options.nodes)
    ? Object.fromEntries(options.nodes.map((id) => [id, {}]))
    : options.nodes
  const begin = () => {
    life += 1
    for (const [id, state] of Object.entries(known)) {
      const was = nodes.get(id)?.state
      nodes.set(id, new FakeNode(id, was ?? state, life, () => clock.now(), (change) => { publish(id, change) }))
    }
  }
  const publish = (id: string, { seq, at, patch }: FakeChange) => {
    const epoch = nodes.get(id)?.epoch ?? ''
    for (const seat of seats.values()) if (seat.watches.has(id)) say(seat, { type: 'patch', node: id, epoch, seq, at, patch })
  }
  const say = (seat: Seat, frame: object) => {
    if (seat.deaf) return
    clock.clearTimeout(seat.beat)
    seat.beat = clock.setTimeout(() => {
      const places = [...seat.watches].flatMap((id) => { const node = nodes.get(id); return node ? [[id, { epoch: node.epoch, seq: node.seq }]] : [] })
      say(seat, { type: 'beat', at: clock.now(), nodes: Object.fromEntries(places) as object })
    }, BEAT_MS)
    seat.socket.say(frame)
  }
  const tell = (seat: Seat, id: string, held: { epoch?: string | null; seq?: number | null }) => {
    const node = nodes.get(id)
    if (node === undefined) {
      if (seat.own === id) seat.socket.end(4504, 'this node is not on this server')
      else say(seat, { type: 'error', at: clock.now(), code: 'no-such-node', message: 'This node is not on this server.', node: id })
      return
    }
    seat.watches.add(id)
    const place = { node: id, epoch: node.epoch, seq: node.seq, at: clock.now() }
    const current = held.epoch === node.epoch && held.seq === node.seq
    say(seat, current ? { type: 'current', ...place } : { type: 'snapshot', ...place, state: node.state })
  }
  const peer = {
    opened(socket: FakeSocket) {
      const [, own = null] = /\/ws\/([^/]+)$/.exec(socket.url.pathname) ?? []
      const seat: Seat = { socket, own: own === null ? null : decodeURIComponent(own), watches: new Set(), deaf: false, beat: null }
      seats.set(socket, seat)
      const refused = refusals.get(ALL) ?? (seat.own === null ? undefined : refusals.get(seat.own))
      if (refused !== undefined) {
        socket.end(refused, 'refused by the test')
        return
      }
      const limits = { messageBytes: 16_384, nodes: seat.own === null ? 200 : 1 }
      const server = { name: 'supermon-live', version: 'test' }
      say(seat, { type: 'hello', at: clock.now(), beatMs: BEAT_MS, server, limits, features: ['resume'] })
      const { searchParams } = socket.url
      if (seat.own !== null) tell(seat, seat.own, { epoch: searchParams.get('epoch'), seq: Number(searchParams.get('seq') ?? -1) })
    },
    said(socket: FakeSocket, text: string) {
      const seat = seats.get(socket)
      if (seat === undefined || seat.deaf) return
      const frame = JSON.parse(text) as ClientFrame
      if (frame.type === 'ping') say(seat, { type: 'pong', at: clock.now(), ...(frame.id === undefined ? {} : { id: frame.id }) })
      if (frame.type === 'resync') tell(seat, frame.node, {})
      if (frame.type === 'subscribe') for (const { node, ...held } of frame.nodes) tell(seat, node, held)
      if (frame.type === 'unsubscribe') for (const node of frame.nodes) seat.watches.delete(node)
    },
    gone(socket: FakeSocket) {
      clock.clearTimeout(seats.get(socket)?.beat)
      seats.delete(socket)
    },
  }
  const touched = (node: string | undefined) => [...seats.values()].filter(({ own }) => node === undefined || own === node || own === null)

  class Socket extends FakeSocket {
    constructor(url: string, offered: string[] = []) {
      super(url, peer)
      const own = /\/ws\/([^/]+)$/.exec(this.url.pathname)?.[1]
      const dead = cut.has(ALL) || (own !== undefined && cut.has(decodeURIComponent(own)))
      clock.setTimeout(() => { if (dead) this.end(); else this.accept(offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : '') }, 0)
    }
  }

  const env: Env = {
    now: () => clock.now(),
    setTimeout: (fn, ms) => clock.setTimeout(fn, ms),
    clearTimeout: (handle) => { clock.clearTimeout(handle) },
    random: options.random ?? (() => 0.5),
    webSocket: () => Socket,
    fetch: (url, init) => {
      const path = url.slice(BASE.length)
      requests.push(`${init?.method ?? 'GET'} ${path}`)
      return httpCut ? Promise.reject(new TypeError('Failed to fetch')) : answerHttp(nodes, path, init, clock.now())
    },
    baseUrl: () => BASE,
    address: { hash: () => '', setHash: () => undefined, listen: () => () => undefined },
    page: {
      online: () => page.online,
      visible: () => page.visible,
      onActivity: () => () => undefined,
      listen(handler) {
        listeners.add(handler)
        return () => { listeners.delete(handler) }
      },
    },
  }
  begin()
  const plugin = createSupermonLive({ ...client, env })
  return {
    clock,
    env,
    plugin: { client: plugin.client, install: (app: App) => { plugin.install(app) } },
    requests,
    node(id) {
      const node = nodes.get(id)
      if (node === undefined) throw new Error(`supermon-live/testing: there is no node ${id}; name it in createFakeGateway({ nodes }).`)
      return node
    },
    net: {
      cut(node) {
        cut.add(node ?? ALL)
        for (const { socket } of touched(node)) socket.end()
      },
      silence(node) {
        for (const seat of touched(node)) seat.deaf = true
      },
      refuse(code, node) {
        refusals.set(node ?? ALL, code)
        for (const { socket } of touched(node)) socket.end(code, 'refused by the test')
      },
      cutHttp() {
        httpCut = true
      },
      mend(node) {
        if (node === undefined) {
          cut.clear()
          refusals.clear()
          httpCut = false
        } else {
          cut.delete(node)
          refusals.delete(node)
        }
      },
    },
    signal(signal) {
      if (signal === 'online' || signal === 'offline') page.online = signal === 'online'
      if (signal === 'visible' || signal === 'hidden') page.visible = signal === 'visible'
      for (const listener of [...listeners]) listener(signal)
    },
    restart(spreadMs = 0) {
      for (const seat of [...seats.values()]) {
        say(seat, { type: 'goaway', at: clock.now(), reason: 'restart', spreadMs })
        seat.socket.end(1012, 'restart')
      }
      begin()
    },
    settle: () => clock.advance(0).then(settle),
    get sockets() {
      return seats.size
    },
    dispose() {
      plugin.client.dispose()
    },
  }
}

function isList(nodes: FakeGatewayOptions['nodes']): nodes is readonly string[] {
  return Array.isArray(nodes)
}
