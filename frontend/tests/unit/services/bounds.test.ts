/** A server, a browser or a page may do anything: nothing is thrown, nothing spins, nothing looks fresher than it is. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { LooseStatusRow } from '../../../../protocol/statusRow.ts'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { LiveClientOptions } from '../../../src/services/liveClient.ts'
import { hello, patch, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const NODE = '546051'
/** Taken before the clock is held: rejections nobody handles are told by the real event loop. */
const realImmediate = globalThis.setImmediate

describe('whatever comes, a client', () => {
  let env: ScriptedEnv
  let client: LiveClient
  let timers: number

  function make(options: Partial<LiveClientOptions> = {}): void {
    env = scriptedEnv()
    timers = 0
    const { setTimeout } = env
    env.setTimeout = (fn, ms) => {
      timers += 1
      return setTimeout(fn, ms)
    }
    client = new LiveClient({ env, ...options })
  }
  beforeEach(holdTime)
  afterEach(() => {
    client.dispose()
    vi.useRealTimers()
  })
  async function live(greeting: string = JSON.stringify(hello())): Promise<ScriptedSocket> {
    void client.ladder.watch(NODE)
    await pass(5)
    env.last().accept()
    env.last().say(greeting)
    env.last().say(snapshot(NODE))
    return env.last()
  }
  const state = () => client.sockets.getNodeState(NODE)

  it('does not spin on times that no timer can wait for: they are cut to ten minutes', async () => {
    make()
    const socket = await live(JSON.stringify(hello({ beatMs: 1_000 })).replace('"beatMs":1000', '"beatMs":1e999'))
    expect(state().status).toBe('live')
    const before = timers
    await pass(60_000)
    // Two looks a second whether the machine slept.
    expect(timers - before).toBeLessThan(130)
    socket.say({ type: 'goaway', at: Date.now(), reason: 'restart', spreadMs: 9e15 })
    const waiting = state()
    expect(waiting.status === 'waiting' && waiting.until - Date.now()).toBeLessThanOrEqual(600_000)
    expect(waiting.status === 'waiting' && waiting.until - Date.now()).toBeGreaterThan(60_000)
  })

  it('leaves a server alone for five minutes at most, and does not spin when told to wait for a thousand years', async () => {
    make()
    env.state.hasWebSocket = false
    env.respond = () => Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '86400000' } }))
    void client.ladder.watch(NODE)
    await pass(290_000)
    expect(env.fetches).toHaveLength(1)
    await pass(30_000)
    expect(env.fetches).toHaveLength(2)
  })

  it("does not take another node's frame, or a greeting, for news of this one", async () => {
    make()
    const socket = await live()
    const heard = Date.now()
    await pass(5_000)
    socket.say(patch('2000', 2, { rx: true }))
    expect(client.sockets.heardAt(NODE)).toBe(heard)
    socket.end()
    await pass(1_100)
    env.last().accept()
    env.last().say(hello())
    expect(state().status).toBe('live')
    expect(client.sockets.heardAt(NODE)).toBe(heard)
    env.last().say({ type: 'current', node: NODE, epoch: 'e1', seq: 1, at: Date.now() })
    expect(client.sockets.heardAt(NODE)).toBe(Date.now())
  })

  it('asks for a lost snapshot again after 5 s, and is not fresh meanwhile', async () => {
    make()
    const socket = await live()
    const heard = Date.now()
    await pass(1_000)
    const resyncs = () => socket.frames().filter(({ type }) => type === 'resync').length
    for (let seq = 5; seq < 17; seq += 1) {
      socket.say(patch(NODE, seq, { rx: seq % 2 === 0 }))
      await pass(1_000)
    }
    expect(resyncs()).toBe(3)
    // That the server lives does not make what it said complete.
    socket.say({ type: 'pong', at: Date.now() })
    expect(client.sockets.heardAt(NODE)).toBe(heard)
    socket.say(snapshot(NODE, { rx: true }, { seq: 20 }))
    expect(client.sockets.heardAt(NODE)).toBe(Date.now())
  })

  it('has an order also where rows have no epoch: an older poll does not overwrite a newer flat state', async () => {
    make()
    env.state.protocol = ''
    void client.sockets.connectToNode(NODE)
    await pass(5)
    const askedAt = Date.now()
    await pass(100)
    env.last().accept()
    const row = (rx: boolean) => toStatusRow(NODE, { ...EMPTY_NODE, reach: 'up', rx, tx: false }, Date.now()) as unknown as LooseStatusRow
    env.last().say({ ...row(true), timestamp: 1 })
    client.sockets.offerPoll(NODE, row(false), { at: null, askedAt })
    expect(client.sockets.currentState(NODE)?.rx).toBe(true)
    await pass(1)
    client.sockets.offerPoll(NODE, row(false), { at: null, askedAt: Date.now() })
    expect(client.sockets.currentState(NODE)?.rx).toBe(false)
  })

  it('survives a diagnostics hook that throws: the rest of the batch arrives, other hooks hear', async () => {
    make({ topology: 'shared', onDiagnostic: () => { throw new Error('hook') } })
    const heard: string[] = []
    client.diagnostics.add(() => { throw new Error('another hook') })
    client.diagnostics.add(({ code }) => heard.push(code))
    const socket = await live()
    expect(() => { socket.say({ type: 'batch', at: 1, frames: [null, patch(NODE, 2, { rx: true })] }) }).not.toThrow()
    expect(client.sockets.currentState(NODE)?.rx).toBe(true)
    expect(heard).toEqual(['frame-not-understood'])
  })

  it('survives a browser that throws instead of making a socket: a failed try, and the next one comes', async () => {
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      make()
      let tries = 0
      class Forbidden {
        constructor() {
          tries += 1
          throw new DOMException('mixed content', 'SecurityError')
        }
      }
      env.webSocket = () => Forbidden as unknown as ReturnType<ScriptedEnv['webSocket']>
      const settled = vi.fn()
      void client.sockets.connectToNode(NODE).then(settled)
      await pass(5)
      expect(settled).toHaveBeenCalledOnce()
      expect(state()).toMatchObject({ status: 'waiting', reason: { code: 'socket-closed', closeCode: 1006, message: expect.stringContaining('does not allow') as string } })
      await pass(10_000)
      expect(tries).toBeGreaterThan(2)
      client.dispose()
      await pass(10)
      expect(vi.getTimerCount()).toBe(0)
      await new Promise((resolve) => realImmediate(resolve))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.removeAllListeners('unhandledRejection')
      for (const listener of others) process.on('unhandledRejection', listener)
    }
  })

  it('does not let a ticket that never comes pile up: each question ends with its try, and with the client', async () => {
    make({ tokenRoute: true })
    const open = new Set<AbortSignal>()
    env.respond = (_url, init) => {
      const signal = init?.signal as AbortSignal
      open.add(signal)
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          open.delete(signal)
          reject(new DOMException('aborted', 'AbortError'))
        })
      })
    }
    void client.sockets.connectToNode(NODE)
    for (let s = 0; s < 300; s += 1) {
      await pass(1_000)
      expect(open.size).toBeLessThanOrEqual(1)
    }
    expect(env.fetches.length).toBeGreaterThan(10)
    for (let s = 0; s < 30 && open.size > 0; s += 1) await pass(1_000)
    expect(state()).toMatchObject({ reason: { code: 'socket-closed', message: expect.stringContaining('no address to connect to') as string } })
    for (let s = 0; s < 30 && open.size === 0; s += 1) await pass(1_000)
    expect(open.size).toBe(1)
    client.dispose()
    expect(open.size).toBe(0)
    await pass(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends what ticks with itself, and a handler of the tick that throws keeps no other from it', async () => {
    const diagnostics: string[] = []
    make({ onDiagnostic: ({ code }) => diagnostics.push(code) })
    const ticked = vi.fn()
    client.ticker.watch(() => { throw new Error('view broke') })
    client.ticker.watch(ticked)
    await pass(2_000)
    expect(ticked).toHaveBeenCalledTimes(2)
    expect(diagnostics).toEqual(['handler-threw', 'handler-threw'])
    client.dispose()
    client.ticker.watch(ticked)
    await pass(5_000)
    expect(ticked).toHaveBeenCalledTimes(2)
    expect([vi.getTimerCount(), env.listeners.size]).toEqual([0, 0])
  })
})
