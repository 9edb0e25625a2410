/** What was thrown away is really gone: nothing that outlives a client holds on to it, and nothing grows with use. */
import { queryObjects, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type mitt from 'mitt'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { Channel } from '../../../src/services/channel.ts'
import { GatedSocket } from '../../../src/services/gatedSocket.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { NodeReplica } from '../../../src/services/nodeReplica.ts'
import { WebSocketService } from '../../../src/services/WebSocketService.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'
import { hello } from '../support/frames.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** Taken before the clock is held. A WeakRef that was read keeps its target until the turn of the event loop ends. */
const realImmediate = globalThis.setImmediate

/** Every emitter that was ever made. */
const emitters = vi.hoisted(() => [] as WeakRef<object>[])
vi.mock('mitt', async (original) => {
  const real = await original<{ default: typeof mitt }>()
  return {
    default: () => {
      const emitter = real.default()
      emitters.push(new WeakRef(emitter))
      return emitter
    },
  }
})

const A = '546051'
const B = '546055'
const UP = { ...EMPTY_NODE, reach: 'up', rx: false, tx: false } as const
const snapshot = (node: string) => ({ type: 'snapshot', node, epoch: 'e1', seq: 1, at: Date.now(), state: UP })

/** One collection is not always enough: a word of the machine's stack may look like a reference. */
const COLLECTIONS = 10
/** The names of what is still held after so many forced collections. */
async function notCollected(refs: Readonly<Record<string, WeakRef<object>>>): Promise<string[]> {
  let held = Object.entries(refs)
  for (let i = 0; i < COLLECTIONS && held.length > 0; i += 1) {
    await new Promise((resolve) => realImmediate(resolve))
    collect()
    held = held.filter(([, ref]) => ref.deref() !== undefined)
  }
  return held.map(([name]) => name)
}
/** How many of a class are still held after so many looks, each of which collects first. */
async function countOf(kind: new (...args: never[]) => object): Promise<number> {
  let count = queryObjects(kind, { format: 'count' })
  for (let i = 1; i < COLLECTIONS && count > 0; i += 1) {
    await new Promise((resolve) => realImmediate(resolve))
    count = queryObjects(kind, { format: 'count' })
  }
  return count
}
const goLive = (socket: ScriptedSocket, node: string) => {
  socket.accept()
  socket.say(hello())
  socket.say(snapshot(node))
}

describe('memory', () => {
  let env: ScriptedEnv

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    env.respond = (url) => {
      const ids = (new URL(url).searchParams.get('nodes') ?? '').split(',')
      const data = Object.fromEntries(ids.map((id) => [id, toStatusRow(id, UP, Date.now())]))
      return Promise.resolve(Response.json({ success: true, data, at: Date.now() }))
    }
  })
  afterEach(() => vi.useRealTimers())

  it('is watched by a test that can fail: what is held is not collected', async () => {
    const held = { a: 1 }
    expect(await notCollected({ held: new WeakRef(held), dropped: new WeakRef({ a: 1 }) })).toEqual(['held'])
    expect(held.a).toBe(1)
    class Kept {}
    const kept = new Kept()
    expect(await countOf(Kept)).toBe(1)
    expect(kept).toBeInstanceOf(Kept)
  })

  it('of a client goes with it, after sockets, reconnects and polling: services, handlers, states', async () => {
    /** All of a client's life in a function of its own, so that no variable of this one holds a part of it. */
    async function life(): Promise<Record<string, WeakRef<object>>> {
      const client = new LiveClient({ env })
      const heard: object[] = []
      const onMessage = (update: object) => {
        heard.push(update)
      }
      const onState = (state: object) => {
        heard.push(state)
      }
      const tick = () => {
        heard.push({})
      }
      client.sockets.onNodeMessage(A, onMessage)
      client.sockets.onNodeStateChange(A, onState)
      client.ladder.onTransport(tick)
      const offTick = client.ticker.watch(tick)
      void client.ladder.watch(A)
      void client.ladder.watch(B)
      for (let i = 2; i < 10; i += 1) void client.ladder.watch(`200${i}`)
      await pass(5)
      for (let i = 0; i < 5; i += 1) {
        for (const socket of env.held()) goLive(socket, A)
        await pass(6_000)
        for (const socket of env.held()) socket.end(i % 2 === 0 ? 1006 : 1012)
        await pass(10_000)
      }
      env.signal('hidden')
      await pass(60_000)
      env.signal('visible')
      await pass(10_000)
      expect(env.fetches.length).toBeGreaterThan(3)
      expect(heard.length).toBeGreaterThan(10)
      offTick()
      client.dispose()
      await pass(60_000)
      return {
        client: new WeakRef(client),
        sockets: new WeakRef(client.sockets),
        ladder: new WeakRef(client.ladder),
        api: new WeakRef(client.api),
        ticker: new WeakRef(client.ticker),
        onMessage: new WeakRef(onMessage),
        onState: new WeakRef(onState),
        tick: new WeakRef(tick),
        states: new WeakRef(heard),
        news: new WeakRef(heard.at(-1) ?? {}),
      }
    }
    const refs = await life()
    // The test's own notebook; the world itself (env) lives on, as a page does.
    env.sockets.length = 0
    env.fetches.length = 0
    expect(vi.getTimerCount()).toBe(0)
    expect(env.listeners.size).toBe(0)
    expect(env.activity.size).toBe(0)
    expect(await notCollected(refs)).toEqual([])
  })

  it('of a client does not need its sockets to close: a dead network that never answers holds nothing', async () => {
    async function life(): Promise<Record<string, WeakRef<object>>> {
      const client = new LiveClient({ env })
      void client.ladder.watch(A)
      await pass(5)
      goLive(env.last(), A)
      client.dispose()
      return { client: new WeakRef(client), sockets: new WeakRef(client.sockets), ladder: new WeakRef(client.ladder) }
    }
    const refs = await life()
    env.sockets.length = 0
    vi.clearAllTimers()
    expect(await notCollected(refs)).toEqual([])
  })

  it('of a handler goes when it is disposed of, while the client lives', async () => {
    const client = new LiveClient({ env })
    function life(): Record<string, WeakRef<object>> {
      const onMessage = () => undefined
      const onState = () => undefined
      const onTransport = () => undefined
      const tick = () => undefined
      const offs = [
        client.sockets.onNodeMessage(A, onMessage),
        client.sockets.onNodeStateChange(A, onState),
        client.ladder.onTransport(onTransport),
        client.ticker.watch(tick),
      ]
      for (const off of offs) off()
      return {
        onMessage: new WeakRef(onMessage),
        onState: new WeakRef(onState),
        onTransport: new WeakRef(onTransport),
        tick: new WeakRef(tick),
      }
    }
    void client.ladder.watch(A)
    await pass(5)
    goLive(env.last(), A)
    const refs = life()
    expect(await notCollected(refs)).toEqual([])
    expect(client.sockets.isNodeConnected(A)).toBe(true)
    client.dispose()
  })

  it('of a node goes when it is no longer watched, while the client lives', async () => {
    const client = new LiveClient({ env })
    async function life(): Promise<Record<string, WeakRef<object>>> {
      const news: object[] = []
      const off = client.sockets.onNodeMessage(B, ({ state }) => {
        news.push(state)
      })
      void client.ladder.watch(B)
      await pass(5)
      goLive(env.last(), B)
      const state = new WeakRef(news[0] ?? {})
      off()
      client.ladder.unwatch(B)
      return { state }
    }
    void client.ladder.watch(A)
    await pass(5)
    goLive(env.last(), A)
    const refs = await life()
    await pass(60_000)
    env.sockets.length = 1
    expect(await notCollected(refs)).toEqual([])
    client.dispose()
  })

  it('does not grow with use: a thousand visits leave no timer, listener, socket or entry more than one', async () => {
    const service = new WebSocketService({ env })
    const counts = () => ({
      timers: vi.getTimerCount(),
      listeners: env.listeners.size,
      held: env.held().length,
      connected: service.getAllConnectedNodes().length,
    })
    const visit = async (i: number) => {
      const node = String(100_000 + (i % 50))
      const off = [service.onNodeMessage(node, () => undefined), service.onNodeStateChange(node, () => undefined)]
      void service.connectToNode(node)
      await pass(5)
      // Some are left while connecting, some after a failure, some live.
      if (i % 3 === 1) env.last().end()
      if (i % 3 === 2) goLive(env.last(), node)
      service.disconnectFromNode(node)
      for (const each of off) each()
      await pass(10)
    }
    await visit(0)
    const before = counts()
    for (let i = 1; i <= 1_000; i += 1) await visit(i)
    expect(env.sockets).toHaveLength(1_001)
    expect(counts()).toEqual(before)
    expect(before).toEqual({ timers: 0, listeners: 0, held: 0, connected: 0 })
    env.sockets.length = 0
    expect(emitters.length).toBeGreaterThanOrEqual(1_001)
    expect(await notCollected(Object.fromEntries(emitters.entries()))).toEqual([])
    for (const kind of [Channel, GatedSocket, NodeReplica]) expect(await countOf(kind), kind.name).toBe(0)
    service.dispose()
  })

  it('does not grow with reconnects: a thousand lost sockets, and there is one timer, and one listener each for sockets and ladder', async () => {
    const client = new LiveClient({ env })
    void client.ladder.watch(A)
    for (let i = 0; i < 1_000; i += 1) {
      for (let waited = 0; env.held().length === 0 && waited < 20; waited += 1) await pass(1_000)
      goLive(env.last(), A)
      await pass(10)
      env.last().end()
    }
    expect(env.sockets.length).toBeGreaterThanOrEqual(1_000)
    for (let waited = 0; env.held().length === 0 && waited < 20; waited += 1) await pass(1_000)
    goLive(env.last(), A)
    await pass(2_000)
    expect(env.held()).toHaveLength(1)
    expect(env.listeners.size).toBe(2)
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1 + NEVER_REACHED)
    client.dispose()
    await pass(10)
    expect(vi.getTimerCount()).toBe(0)
  })
})

/** The library's own connect timeout, set to 24 days; it is cleared with its socket. */
const NEVER_REACHED = 1
