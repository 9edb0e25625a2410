/**
 * A gateway in memory, for tests of components that show nodes: nothing is listened to, time stands until the test moves
 * it, and what the test says of a node is what the page is told. It speaks the real wire to the real client.
 */
import type { App } from 'vue'
import { SUBPROTOCOL } from '../../../protocol/frames.ts'
import type { Identity, NodeState } from '../../../protocol/nodeState.ts'
import type { Env, PageSignal } from '../env/env.ts'
import { offerClient } from '../stores/client.ts'
import { createSupermonLive } from '../stores/supermonLive.ts'
import type { SupermonLive, SupermonLiveOptions } from '../stores/client.ts'
import { FakeAccounts } from './fakeAccounts.ts'
import type { FakeUser } from './fakeAccounts.ts'
import { answerHttp } from './fakeHttp.ts'
import { FakeNode } from './fakeNode.ts'
import { FakeSocket } from './fakeSocket.ts'
import { FakeWire } from './fakeWire.ts'
import { settle, TestClock } from './testClock.ts'

export interface FakeGatewayOptions {
  /** Ids, or ids with what is known of them. */
  readonly nodes: readonly string[] | Readonly<Record<string, Partial<NodeState>>>
  /** Who can sign in. Default: `operator`, who may do everything; an empty list = nobody can. */
  readonly users?: readonly FakeUser[]
  /** Who is signed in at the beginning; null = nobody. Default: the first of `users`. */
  readonly signedIn?: string | null
  /** Names of nodes elsewhere, for `useAstDbStore` and searches. */
  readonly astdb?: Readonly<Record<string, Partial<Identity>>>
  /** Epoch ms at the beginning. Default 2027-01-15 08:00 UTC. */
  readonly now?: number
  /** Where chance comes from: waits, mostly. Default always 0.5. */
  readonly random?: () => number
}

/**
 * What can go wrong on the way. Without a node: with all. From the second node on, nodes share one socket, as they do in earnest: what
 * breaks that one breaks it for all nodes on it; `topology: 'per-node'` gives each its own.
 */
export interface FakeNet {
  /** The sockets that carry it break, and new ones fail, until `mend`. */
  cut(node?: string): void
  /** Its sockets stay open and carry nothing any more, as when a router forgets them. New ones work. */
  silence(node?: string): void
  /**
   * Its own socket is closed with this code, and new ones as well, until `mend`. On the common socket the node alone is refused, where
   * the wire can say so (4401, 4429, 4504), and stays so until it is asked for again (at 4504 about once a
   * minute by itself) or the socket is another; any other code closes that socket.
   */
  refuse(code: number, node?: string): void
  /** Its next change does not arrive: the one after it shows the gap, and the client asks for a snapshot. */
  lose(node: string): void
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
  /** Sockets that are open. */
  readonly sockets: number
  /** Who is signed in; null = nobody. */
  readonly user: string | null
  /** What was asked over HTTP, in order: `GET api/v1/nodes`. */
  readonly requests: readonly string[]
  /** Ends the client, which until now was also that of stores made outside of any app. Afterwards there is no timer and no socket. */
  dispose(): void
}

/** The address that the fake gateway seems to live at. */
const BASE = 'http://gateway.test/'

/** @param client options of the client, such as the topology */
export function createFakeGateway(options: FakeGatewayOptions, client: Omit<SupermonLiveOptions, 'env' | 'client' | 'base'> = {}): FakeGateway {
  const clock = new TestClock(options.now ?? 1_800_000_000_000)
  const nodes = new Map<string, FakeNode>()
  const wire = new FakeWire(clock, nodes)
  const accounts = new FakeAccounts(options.users, options.signedIn)
  const house = { nodes, accounts, astdb: options.astdb ?? {}, now: () => clock.now() }
  const listeners = new Set<(signal: PageSignal) => void>()
  const page = { online: true, visible: true }
  const requests: string[] = []
  let httpCut = false

  const known: Readonly<Record<string, Partial<NodeState>>> = isList(options.nodes)
    ? Object.fromEntries(options.nodes.map((id) => [id, {}]))
    : options.nodes
  for (const [id, state] of Object.entries(known)) {
    const node: FakeNode = new FakeNode(id, state, () => clock.now(), (change) => { wire.publish(node, change) }, () => { wire.publishVoter(node) })
    nodes.set(id, node)
  }

  class Socket extends FakeSocket {
    constructor(url: string, offered: string[] = []) {
      super(url, wire)
      const opening = clock.setTimeout(() => { if (wire.isCut(this.url)) this.end(); else this.accept(offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : '') }, 0)
      this.addEventListener('close', () => { clock.clearTimeout(opening) })
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
      return httpCut ? Promise.reject(new TypeError('Failed to fetch')) : answerHttp(house, path, init)
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
  const plugin = createSupermonLive({ ...client, env })
  // A test may ask for the store before it shows anything.
  const withdraw = offerClient(plugin.client)
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
      cut: (node) => { wire.cut(node) },
      silence: (node) => { wire.silence(node) },
      refuse: (code, node) => { wire.refuse(code, node) },
      lose: (node) => { wire.lose(node) },
      cutHttp() {
        httpCut = true
      },
      mend(node) {
        wire.mend(node)
        if (node === undefined) httpCut = false
      },
    },
    signal(signal) {
      if (signal === 'online' || signal === 'offline') page.online = signal === 'online'
      if (signal === 'visible' || signal === 'hidden') page.visible = signal === 'visible'
      for (const listener of [...listeners]) listener(signal)
    },
    restart(spreadMs = 0) {
      wire.restart(spreadMs)
      for (const node of nodes.values()) node.restart()
    },
    settle: () => clock.advance(0).then(settle),
    get sockets() {
      return wire.size
    },
    get user() {
      return accounts.user
    },
    dispose() {
      withdraw()
      plugin.client.dispose()
    },
  }
}

function isList(nodes: FakeGatewayOptions['nodes']): nodes is readonly string[] {
  return Array.isArray(nodes)
}
