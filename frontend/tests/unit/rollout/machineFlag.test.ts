/** What the flag does to connections: before it is known, when it changes, for single nodes, and when only the server speaks of it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
import type { LiveClientOptions } from '../../../src/services/liveClient.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass } from '../support/scriptedEnv.ts'
import type { ScriptedSocket } from '../support/scriptedEnv.ts'
import { json, world } from './world.ts'
import type { World } from './world.ts'

const A = '546051'
const B = '2000'
const NODES = Array.from({ length: 8 }, (_, i) => String(546_051 + i))

let on: World
let states: ConnectionState['status'][]

function open(options: Partial<LiveClientOptions> = {}): void {
  on = world(options)
  on.rows = Object.fromEntries([A, B, ...NODES].map((id) => [id, toStatusRow(id, { ...EMPTY_NODE, reach: 'up' }, Date.now())]))
  states = []
  on.client.sockets.onNodeStateChange(A, ({ status }) => states.push(status))
}
beforeEach(() => { holdTime() })
afterEach(() => {
  on.end()
  vi.useRealTimers()
})

function live(socket: ScriptedSocket, node = A): ScriptedSocket {
  socket.accept()
  socket.say(hello())
  socket.say(snapshot(node))
  return socket
}
const stateOf = (node = A) => on.client.sockets.getNodeState(node)
const transportOf = (node = A) => on.client.ladder.transportOf(node)
const goaway = (spreadMs = 0) => ({ type: 'goaway', at: Date.now(), reason: 'flag-off', spreadMs })

describe('a flag that is not known yet', () => {
  it('opens nothing and says nothing, and the connection that was asked for comes when it is on', async () => {
    open({ flagOn: null })
    void on.client.ladder.watch(A)
    await pass(2_000)
    expect([stateOf().status, on.env.sockets.length, on.statusReads()]).toEqual(['idle', 0, 0])
    on.client.sockets.setFlag(true)
    await pass(1)
    live(on.env.last())
    expect([states, transportOf()]).toEqual([['connecting', 'live'], 'socket'])
  })

  it('polls at once when it turns out to be off', async () => {
    open({ flagOn: null })
    void on.client.ladder.watch(A)
    await pass(300)
    on.client.sockets.setFlag(false)
    await pass(5)
    expect([states, on.env.sockets.length, transportOf(), on.statusReads()]).toEqual([['paused'], 0, 'polling', 1])
  })

  it('settles whoever waits for the first try only when there was one', async () => {
    open({ flagOn: null })
    const done = vi.fn()
    void on.client.sockets.connectToNode(A).then(done)
    await pass(5_000)
    expect(done).not.toHaveBeenCalled()
    on.client.sockets.setFlag(false)
    await pass(0)
    expect(done).toHaveBeenCalledOnce()
  })

  it('opens nothing for a node that was let go meanwhile, nor on any signal, nor on Retry', async () => {
    open({ flagOn: null })
    void on.client.ladder.watch(A)
    for (const signal of ['offline', 'online', 'hidden', 'visible', 'pagehide', 'pageshow', 'resume'] as const) on.env.signal(signal)
    on.client.sockets.retryConnection(A)
    on.client.userChanged()
    await pass(60_000)
    expect([stateOf().status, on.env.sockets.length]).toEqual(['idle', 0])
    on.client.ladder.unwatch(A)
    on.client.sockets.setFlag(true)
    await pass(10)
    expect(on.env.sockets).toHaveLength(0)
  })

  it('may become so for what is opened from then on, and leaves the others alone', async () => {
    open()
    void on.client.ladder.watch(A)
    await pass(1)
    const socket = live(on.env.last())
    on.client.sockets.setFlag(null)
    void on.client.ladder.watch(B)
    await pass(5)
    expect([stateOf().status, stateOf(B).status, on.env.held()]).toEqual(['live', 'idle', [socket]])
  })
})

describe('a flag that goes on again', () => {
  it('leaves polling at work until the socket has said its first valid word', async () => {
    open({ flagOn: false })
    void on.client.ladder.watch(A)
    await pass(1_500)
    on.client.sockets.setFlag(true)
    await pass(1)
    on.env.last().accept()
    const before = on.statusReads()
    await pass(2_100)
    expect([transportOf(), on.statusReads()]).toEqual(['polling', before + 2])
    on.env.last().say(hello())
    expect(transportOf()).toBe('socket')
    const after = on.statusReads()
    await pass(5_000)
    expect(on.statusReads()).toBe(after)
  })

  it('changes nothing by being said twice', async () => {
    open()
    void on.client.ladder.watch(A)
    await pass(1)
    const socket = live(on.env.last())
    on.client.sockets.setFlag(true)
    on.client.sockets.setFlag(false)
    on.client.sockets.setFlag(false)
    await pass(10)
    expect([states, socket.readyState, on.env.sockets.length]).toEqual([['connecting', 'live', 'paused'], 3, 1])
  })
})

describe('a flag that differs by node', () => {
  it('pauses the node alone, on a socket of its own or on the common one, and disturbs no other', async () => {
    open({ topology: 'shared' })
    for (const node of NODES) void on.client.ladder.watch(node)
    await pass(1)
    const common = on.env.last()
    common.accept()
    common.say(hello())
    for (const node of NODES) common.say(snapshot(node))
    const [denied = '', ...others] = NODES
    const changes = vi.fn()
    for (const node of others) on.client.sockets.onNodeStateChange(node, changes)
    on.client.sockets.setFlag((node) => node !== denied)
    await pass(10)
    expect(stateOf(denied)).toMatchObject({ status: 'paused', why: 'flag-off' })
    expect([transportOf(denied), changes.mock.calls.length, on.env.held()]).toEqual(['polling', 0, [common]])
    expect(on.client.sockets.inspect().filter(({ shared }) => shared).map(({ node }) => node)).toEqual(others)
    expect(common.frames().at(-1)).toEqual({ type: 'unsubscribe', nodes: [denied] })
  })

  it('gives a node that is allowed while the page polls a socket of its own', async () => {
    open({ topology: 'shared' })
    for (const node of NODES) void on.client.ladder.watch(node)
    await pass(1)
    const allowed = NODES[3] ?? ''
    on.client.sockets.setFlag((node) => node === allowed)
    await pass(10)
    expect(on.env.held().map(({ url }) => url)).toEqual([`ws://gateway.test/supermon-ng/ws/${allowed}`])
    live(on.env.last(), allowed)
    expect(NODES.map((node) => transportOf(node))).toEqual(NODES.map((node) => (node === allowed ? 'socket' : 'polling')))
  })

  it('holds for nodes that are watched later, and keeps those that differ off the common socket', async () => {
    open({ topology: 'shared' })
    on.client.sockets.setFlag((node) => node !== B)
    void on.client.ladder.watch(A)
    void on.client.ladder.watch(B)
    await pass(5)
    expect([stateOf(B).status, on.client.sockets.inspect().map(({ node, shared }) => [node, shared])]).toEqual(['paused', [[A, true], [B, false]]])
    on.client.sockets.setFlag(true)
    await pass(5)
    expect(on.env.held().map(({ url }) => url)).toEqual(['ws://gateway.test/supermon-ng/ws', 'ws://gateway.test/supermon-ng/ws/2000'])
  })
})

describe('the way nodes share sockets', () => {
  const urls = () => on.env.held().map(({ url }) => url.slice('ws://gateway.test/supermon-ng/'.length))
  it('follows the server for nodes that come from then on', async () => {
    open()
    void on.client.ladder.watch(A)
    await pass(1)
    live(on.env.last())
    on.client.sockets.suggestTopology('shared')
    void on.client.ladder.watch(B)
    await pass(1)
    expect(urls()).toEqual(['ws/546051', 'ws'])
    on.client.sockets.suggestTopology('per-node')
    void on.client.ladder.watch('48752')
    await pass(1)
    expect(urls()).toContain('ws/48752')
  })

  it('is what the page chose, where it did', async () => {
    open({ topology: 'per-node' })
    on.client.sockets.suggestTopology('shared')
    void on.client.ladder.watch(A)
    await pass(1)
    expect(urls()).toEqual(['ws/546051'])
  })
})

describe('a page that only its server told that sockets are off', () => {
  /** Sent away at its first word. */
  async function sentAway(): Promise<void> {
    open()
    void on.client.ladder.watch(A)
    await pass(1)
    live(on.env.last())
    await pass(10_000)
    on.env.last().say(goaway())
    await pass(100)
  }

  it('polls at once, stays away while polled answers say so, and comes back within 6 s of their saying otherwise', async () => {
    await sentAway()
    expect([transportOf(), on.statusReads()]).toEqual(['polling', 1])
    on.news = { revision: 'r2', enabled: false }
    await pass(60_000)
    expect([on.env.sockets.length, stateOf().status]).toEqual([1, 'paused'])
    on.news = { revision: 'r1', enabled: true }
    await pass(2_900)
    const { length } = on.env.sockets
    await pass(5_200)
    expect([length, on.env.sockets.length]).toEqual([1, 2])
    live(on.env.last())
    expect(transportOf()).toBe('socket')
  })

  it('comes back though it never heard that they were off', async () => {
    await sentAway()
    on.news = { revision: 'r1', enabled: true }
    await pass(5_000)
    expect(on.env.sockets).toHaveLength(2)
  })

  it('stays away while the answers do not speak of it, or badly', async () => {
    await sentAway()
    for (const news of [undefined, null, true, { enabled: true }]) {
      on.news = news
      await pass(20_000)
    }
    expect([on.env.sockets.length, transportOf(), on.client.ladder.failureOf(A)]).toEqual([1, 'polling', null])
  })

  it('comes back less and less often to a server that says on and lets nobody in', async () => {
    await sentAway()
    on.news = { revision: 'r1', enabled: true }
    for (let at = 0; at < 1_200; at += 1) {
      await pass(1_000)
      for (const socket of on.env.held()) socket.end(4030)
    }
    expect(on.env.sockets.length).toBeGreaterThan(6)
    expect(on.env.sockets.length).toBeLessThan(16)
  })

  it('does not come back after the end, nor for what only its own flag paused', async () => {
    await sentAway()
    on.client.sockets.setFlag(false)
    on.news = { revision: 'r1', enabled: true }
    await pass(60_000)
    expect(on.env.sockets).toHaveLength(1)
    on.client.sockets.setFlag(true)
    live(on.env.last())
    on.env.respond = () => Promise.resolve(json({ success: true, data: on.rows, realtime: on.news }))
    on.env.last().say(goaway())
    await pass(200)
    on.client.dispose()
    await pass(10)
    expect(vi.getTimerCount()).toBe(0)
  })
})
