/** A page that does not poll, and that its server sent away as switched off: nothing tells it when to come back, so it finds out. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { createSupermonLive } from '../../../src/socket-only.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const A = '546051'
const HOUR = 3_600_000

describe.each([
  ['LiveClient({ fallback: false })', (env: ScriptedEnv) => new LiveClient({ env, fallback: false })],
  ['the same on the common socket', (env: ScriptedEnv) => new LiveClient({ env, fallback: false, topology: 'shared' })],
  ['supermon-live/socket-only', (env: ScriptedEnv) => createSupermonLive({ env }).client],
])('a page without polling that was sent away, by %s', (_how, make) => {
  let env: ScriptedEnv
  let client: LiveClient
  function open(random = 0.5): void {
    env = scriptedEnv(() => random)
    client = make(env)
    void client.ladder.watch(A)
  }
  beforeEach(holdTime)
  afterEach(async () => {
    client.dispose()
    await pass(10)
    expect([vi.getTimerCount(), env.listeners.size]).toEqual([0, 0])
    vi.useRealTimers()
  })

  function live(socket: ScriptedSocket): void {
    socket.accept()
    socket.say(hello({ beatMs: 600_000 }))
    socket.say(snapshot(A))
  }
  /** Live for so long, ms, then the switch is thrown. */
  async function sendAway(after = 10_000): Promise<void> {
    await pass(2)
    live(env.last())
    for (let at = 0; at < after; at += 10_000) {
      await pass(10_000)
      env.last().say({ type: 'beat', at: Date.now(), nodes: {} })
    }
    env.last().say({ type: 'goaway', at: Date.now(), reason: 'flag-off', spreadMs: 0 })
    await pass(100)
  }
  /** For so long, ms, the server lets nobody in. @returns when it was tried, ms from now */
  async function refused(ms: number): Promise<number[]> {
    const tries: number[] = []
    for (let at = 0; at < ms; at += 500) {
      await pass(500)
      for (const socket of env.held()) {
        tries.push(at)
        socket.accept()
        socket.end(4030)
      }
    }
    return tries
  }
  const state = () => client.sockets.getNodeState(A)

  it.each([0, 0.5, 0.999])('tries within 6 s, by its luck (%f), and is live when they are on again', async (random) => {
    open(random)
    const told: unknown[] = []
    client.sockets.onNodeStateChange(A, (next) => told.push(next))
    await sendAway()
    expect(told).toContainEqual(expect.objectContaining({ status: 'paused', why: 'flag-off' }))
    await pass(6_000 * random)
    expect(env.held()).toHaveLength(1)
    live(env.last())
    expect([client.ladder.transportOf(A), env.fetches.length]).toEqual(['socket', 0])
  })

  it('tries less and less often, every five minutes at the least', async () => {
    open(0.999)
    await sendAway()
    const tries = await refused(HOUR)
    const waits = tries.map((at, i) => at - (tries[i - 1] ?? 0))
    expect(waits.slice(0, 6).map((ms) => Math.round(ms / 1_000))).toEqual([6, 12, 24, 48, 96, 192])
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_500)
    expect(tries.length).toBeLessThan(20)
    await pass(300_000)
    live(env.last())
    expect(state().status).toBe('live')
  })

  it('begins with 6 s again where a return has held', async () => {
    open()
    await sendAway()
    await refused(600_000)
    while (env.held().length === 0) await pass(1_000)
    const { length } = env.sockets
    await sendAway(HOUR)
    expect(env.sockets).toHaveLength(length)
    await pass(3_000)
    expect(env.sockets).toHaveLength(length + 1)
  })

  it.each(['visible', 'online', 'pageshow'] as const)('tries anew within 6 s of %s, which many may hear at once', async (signal) => {
    open(0.999)
    await sendAway()
    await refused(HOUR)
    expect(await refused(5_000)).toEqual([])
    env.signal(signal)
    const { length } = env.sockets
    await pass(5_000)
    expect(env.sockets).toHaveLength(length)
    await pass(1_000)
    expect(env.sockets).toHaveLength(length + 1)
  })

  it('runs no timer while it is hidden, and is back soon after it is seen', async () => {
    open()
    await sendAway()
    env.signal('hidden')
    expect(vi.getTimerCount()).toBe(0)
    env.signal('online')
    await pass(24 * HOUR)
    expect([vi.getTimerCount(), env.sockets.length]).toEqual([0, 1])
    env.signal('visible')
    await pass(6_000)
    live(env.last())
    expect(state().status).toBe('live')
  })

  it('is not put off by what an answer says of the flag', async () => {
    open()
    await sendAway()
    env.respond = () => Promise.resolve(Response.json({
      success: true, at: Date.now(), data: { [A]: toStatusRow(A, { ...EMPTY_NODE, reach: 'up' }, Date.now()) }, realtime: { revision: 'r2', enabled: false },
    }))
    await client.ladder.refresh([A])
    await pass(6_000)
    expect(env.held()).toHaveLength(1)
  })

  it('does not try what its own flag switched off, nor anything after its end', async () => {
    open()
    await pass(2)
    live(env.last())
    client.sockets.setFlag(false)
    await pass(HOUR)
    env.signal('visible')
    await pass(HOUR)
    expect(env.sockets).toHaveLength(1)
    client.sockets.setFlag(true)
    await sendAway()
    client.dispose()
    await pass(HOUR)
    expect(env.sockets).toHaveLength(2)
  })
})
