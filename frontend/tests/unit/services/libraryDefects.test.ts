/**
 * What is wrong in reconnecting-websocket 4.4.0, each defect shown on the bare library first, and that none of it
 * gets through the gate. If one of the first halves fails after an upgrade, the library was mended: the gate can shed a
 * rule.
 */
import ReconnectingWebSocket from 'reconnecting-websocket'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatedSocket } from '../../../src/services/gatedSocket.ts'
import { WebSocketService } from '../../../src/services/WebSocketService.ts'
import { holdTime, pass, ScriptedSocket, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv } from '../support/scriptedEnv.ts'
import { hello } from '../support/frames.ts'

const NODE = '546051'
const URL_OF_NODE = 'ws://gateway.test/ws/546051'
const QUICK = {
  connectionTimeout: 1e9,
  minReconnectionDelay: 100,
  maxReconnectionDelay: 100,
  reconnectionDelayGrowFactor: 1,
}
/** Taken before the clock is held: rejections nobody handles are told by the real event loop. */
const realImmediate = globalThis.setImmediate

describe('reconnecting-websocket 4.4.0, bare and behind the gate', () => {
  /** The bare library's world, and ours. */
  let theirs: ScriptedEnv
  let env: ScriptedEnv
  let closes: { generation: number; code: number; reason: string }[]
  let url: () => string | Promise<string>
  let offers: number
  let gate: GatedSocket
  let service: WebSocketService

  beforeEach(() => {
    holdTime()
    theirs = scriptedEnv()
    env = scriptedEnv()
    closes = []
    offers = 0
    url = () => URL_OF_NODE
    gate = new GatedSocket({
      env,
      protocols: () => {
        offers += 1
        return ['supermon.v2']
      },
      url: () => url(),
      onBorn: () => undefined,
      onOpen: () => undefined,
      onMessage: () => undefined,
      onClose: (generation, code, reason) => closes.push({ generation, code, reason }),
      onUnavailable: () => undefined,
    })
    service = new WebSocketService({ env })
  })
  afterEach(() => {
    gate.drop()
    service.dispose()
    vi.useRealTimers()
  })

  const bare = (options: object = {}, address: string | (() => Promise<string>) = URL_OF_NODE) =>
    new ReconnectingWebSocket(address, ['supermon.v2'], { WebSocket: theirs.webSocket(), ...QUICK, ...options })

  it('1: closed while it waits to retry, the library never connects again; the gate does', async () => {
    const library = bare()
    await pass(1)
    theirs.last().end()
    library.close()
    await pass(1_000)
    library.reconnect()
    await pass(60_000)
    expect(theirs.sockets).toHaveLength(1)

    gate.open(1)
    await pass(5)
    env.last().end()
    gate.drop()
    await pass(1_000)
    gate.open(2)
    await pass(5)
    expect(env.sockets).toHaveLength(2)
    expect(env.held()).toHaveLength(1)
  })

  it('2: out of retries, the library cannot be asked again; ours has no such end, and Retry always tries', async () => {
    const library = bare({ maxRetries: 1 })
    for (let i = 0; i < 5; i += 1) {
      await pass(1_000)
      theirs.last().end()
    }
    const tries = theirs.sockets.length
    library.reconnect()
    await pass(60_000)
    expect(theirs.sockets).toHaveLength(tries)

    void service.connectToNode(NODE)
    for (let i = 0; i < 50; i += 1) {
      await pass(15_001)
      env.last().end()
    }
    expect(env.sockets.length).toBeGreaterThanOrEqual(50)
    service.retryConnection(NODE)
    await pass(5)
    expect(env.held()).toHaveLength(1)
  })

  it('3: a URL that fails once leaves the library stuck, unhandled; the gate reports it and tries on', async () => {
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const library = bare({}, () => Promise.reject(new Error('no ticket')))
      await pass(1_000)
      await new Promise((resolve) => realImmediate(resolve))
      expect(unhandled).toHaveBeenCalledOnce()
      library.reconnect()
      await pass(60_000)
      expect(theirs.sockets).toHaveLength(0)

      url = () => Promise.reject(new Error('no ticket'))
      gate.open(1)
      await pass(1_000)
      await new Promise((resolve) => realImmediate(resolve))
      expect(unhandled).toHaveBeenCalledOnce()
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of others) process.on('unhandledRejection', listener)
    }
    expect(closes).toEqual([{ generation: 1, code: 1006, reason: expect.any(String) as string }])
    url = () => Promise.resolve(URL_OF_NODE)
    gate.open(2)
    await pass(5)
    expect(env.held()).toHaveLength(1)
  })

  it('4: the library comes back after any close code; ours stays away where the server said so', async () => {
    for (const code of [1008, 4401, 4504]) {
      const library = bare()
      await pass(5)
      const tries = theirs.sockets.length
      theirs.last().end(code)
      await pass(1_000)
      expect(theirs.sockets.length, String(code)).toBeGreaterThan(tries)
      library.close()
      await pass(1_000)
    }

    for (const code of [1008, 4504]) {
      const mine = new WebSocketService({ env })
      void mine.connectToNode(NODE)
      await pass(5)
      const tries = env.sockets.length
      env.last().end(code)
      // For a node that is not there it asks again, about once a minute.
      await pass(code === 4504 ? 44_000 : 3_600_000)
      expect(env.sockets, String(code)).toHaveLength(tries)
      expect(mine.getNodeState(NODE)).toMatchObject({ status: 'paused', why: 'refused' })
      mine.dispose()
    }
    // 4401 earns one more try with another ticket, then the pause.
    void service.connectToNode(NODE)
    await pass(5)
    const tries = env.sockets.length
    env.last().end(4401)
    await pass(1_000)
    expect(env.sockets).toHaveLength(tries + 1)
    env.last().end(4401)
    await pass(3_600_000)
    expect(env.sockets).toHaveLength(tries + 1)
    expect(service.getNodeState(NODE)).toMatchObject({ status: 'paused', why: 'needs-auth' })
  })

  it('5: a crowd of the library comes back in one millisecond; ours spreads over the whole wait', async () => {
    const crowd = Array.from({ length: 20 }, () => scriptedEnv(Math.random))
    for (const each of crowd) bare({ WebSocket: each.webSocket() })
    await pass(5)
    for (const each of crowd) each.last().end()
    const arrivals = new Set<number>()
    for (let ms = 0; ms < 200; ms += 1) {
      await pass(1)
      if (crowd.some((each) => each.sockets.length === 2 && each.last().readyState === 0)) arrivals.add(ms)
      for (const each of crowd) if (each.sockets.length === 2) each.last().readyState = 1
    }
    expect(arrivals.size).toBe(1)

    const waits = Array.from({ length: 20 }, (_, i) => {
      const mine = new WebSocketService({ env: { ...env, random: () => i / 20 } })
      void mine.connectToNode(NODE)
      return mine
    })
    await pass(5)
    for (const socket of env.held()) socket.end()
    const until = waits.map((mine) => {
      const state = mine.getNodeState(NODE)
      return state.status === 'waiting' ? state.until - Date.now() : Number.NaN
    })
    expect(new Set(until).size).toBeGreaterThan(15)
    expect(Math.max(...until) - Math.min(...until)).toBeGreaterThan(800)
    for (const mine of waits) mine.dispose()
  })

  it('6: on its connect timeout the library leaves a socket without an error listener; ours keeps one', async () => {
    const born: Counting[] = []
    /** Like the one of `ws`, where an error that nobody listens to ends the process. */
    class Counting extends ScriptedSocket {
      static readonly CONNECTING = 0
      static readonly OPEN = 1
      static readonly CLOSING = 2
      static readonly CLOSED = 3
      readonly errorListeners = new Set<unknown>()
      constructor(address: string) {
        super(address)
        born.push(this)
      }
      override addEventListener(type: string, listener: (event: never) => void): void {
        super.addEventListener(type, listener)
        if (type === 'error') this.errorListeners.add(listener)
      }
      override removeEventListener(type: string, listener: (event: never) => void): void {
        super.removeEventListener(type, listener)
        if (type === 'error') this.errorListeners.delete(listener)
      }
    }
    const library = bare({ WebSocket: Counting, connectionTimeout: 500 })
    await pass(501)
    expect(born[0]?.readyState).toBe(2)
    expect(born[0]?.errorListeners.size).toBe(0)
    library.close()
    await pass(1_000)
    const before = born.length

    const mine = new WebSocketService({ env: { ...env, webSocket: () => Counting } })
    void mine.connectToNode(NODE)
    await pass(10_001)
    expect(mine.getNodeState(NODE)).toMatchObject({ status: 'waiting', reason: { code: 'connect-timeout' } })
    expect(born[before]?.readyState).toBeGreaterThanOrEqual(2)
    expect(born[before]?.errorListeners.size).toBeGreaterThan(0)
    mine.dispose()
    expect(born[before]?.errorListeners.size).toBeGreaterThan(0)
  })

  it('7: the library queues without bound and pours it out late; the gate sends now or says it did not', async () => {
    const library = bare()
    for (let i = 0; i < 1_000; i += 1) library.send(`{"n":${i}}`)
    await pass(5)
    theirs.last().accept()
    expect(theirs.last().sent).toHaveLength(1_000)

    gate.open(1)
    for (let i = 0; i < 1_000; i += 1) expect(gate.send(`{"n":${i}}`)).toBe(false)
    await pass(5)
    expect(gate.send('early')).toBe(false)
    env.last().accept()
    expect(env.last().sent).toEqual([])
    expect(gate.send('now')).toBe(true)
    expect(env.last().sent).toEqual(['now'])
  })

  it('8: the library keeps address and protocols for life; the gate asks for both before each try', async () => {
    bare({}, `${URL_OF_NODE}?ticket=1`)
    await pass(5)
    theirs.last().end(4401)
    await pass(200)
    expect(theirs.sockets.map((socket) => socket.url)).toEqual([`${URL_OF_NODE}?ticket=1`, `${URL_OF_NODE}?ticket=1`])

    let ticket = 0
    url = () => Promise.resolve(`${URL_OF_NODE}?ticket=${(ticket += 1)}`)
    for (const generation of [1, 2, 3]) {
      gate.open(generation)
      await pass(5)
      env.last().end(4401)
      await pass(60_000)
    }
    expect(env.sockets.map((socket) => socket.url)).toEqual([1, 2, 3].map((n) => `${URL_OF_NODE}?ticket=${n}`))
    expect(offers).toBe(3)
  })

  it('9: after an error the library tells of a clean close with 1000; the gate tells the true code, once', async () => {
    const library = bare()
    const heard: { code: number; wasClean: boolean }[] = []
    library.addEventListener('close', ({ code, wasClean }) => {
      heard.push({ code, wasClean })
    })
    await pass(5)
    theirs.last().end(1006)
    expect(heard).toEqual([{ code: 1000, wasClean: true }])
    library.close()

    gate.open(7)
    await pass(5)
    env.last().end(1006, 'gone')
    expect(closes).toEqual([{ generation: 7, code: 1006, reason: 'gone' }])

    void service.connectToNode(NODE)
    await pass(5)
    env.last().end(1006)
    expect(service.getNodeState(NODE)).toMatchObject({
      status: 'waiting',
      reason: { code: 'socket-closed', closeCode: 1006 },
    })
  })

  it('10: the library believes a half-open socket for ever; ours asks, and replaces it', async () => {
    bare()
    await pass(5)
    const dead = theirs.last()
    dead.accept()
    await pass(3_600_000)
    expect(theirs.sockets).toEqual([dead])

    void service.connectToNode(NODE)
    await pass(5)
    const silent = env.last()
    silent.accept()
    silent.say(hello())
    await pass(60_000)
    expect(silent.frames()).toContainEqual(expect.objectContaining({ type: 'ping' }))
    expect(silent.readyState).toBeGreaterThanOrEqual(2)
    expect(env.last()).not.toBe(silent)
  })

  it('11: a word from the page ends a wait of ours; the library listens to no page', async () => {
    bare({ minReconnectionDelay: 50_000, maxReconnectionDelay: 50_000 })
    await pass(5)
    theirs.last().end()
    theirs.signal('online')
    await pass(5_000)
    expect(theirs.sockets).toHaveLength(1)
    expect(theirs.listeners.size).toBe(0)

    void service.connectToNode(NODE)
    for (let i = 0; i < 6; i += 1) {
      await pass(15_000)
      env.last().end()
    }
    await pass(1_000)
    const tries = env.sockets.length
    env.signal('online')
    await pass(5)
    expect(env.sockets).toHaveLength(tries + 1)
  })
})
