/** What Supermon-NG's pages import from `@/services/*`, by its names and signatures, without any plug-in installed. */
import { createPinia, disposePinia, setActivePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { effectScope } from 'vue'
import * as compat from '../../../src/compat.ts'
import type { WebSocketMessage, WebSocketState } from '../../../src/compat.ts'
import { hello, patch, snapshot } from '../../unit/support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../../unit/support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../../unit/support/scriptedEnv.ts'

const A = '546051'
const env = vi.hoisted(() => ({ current: null as ScriptedEnv | null, made: 0 }))
vi.mock('../../../src/env/browserEnv.ts', () => ({
  browserEnv: () => {
    env.made += 1
    return env.current
  },
}))

describe('supermon-live/compat', () => {
  let world: ScriptedEnv
  let pinia: Pinia

  beforeEach(() => {
    holdTime()
    world = scriptedEnv()
    env.current = world
    env.made = 0
    world.respond = (url) =>
      Promise.resolve(
        url.endsWith('csrf-token')
          ? Response.json({ success: true, csrf_token: 'b'.repeat(64) })
          : Response.json({ success: true, data: [{ id: A }], url }),
      )
    pinia = createPinia()
    setActivePinia(pinia)
  })
  afterEach(() => {
    disposePinia(pinia)
    compat.disposeCompat()
    vi.useRealTimers()
  })

  async function live(): Promise<ScriptedSocket> {
    void compat.webSocketService.connectToNode(A, 'ws://elsewhere/ws/546051')
    await pass(2)
    const socket = world.last()
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(A))
    return socket
  }

  it('makes nothing before it is used, and one client for all who use it', async () => {
    expect(env.made).toBe(0)
    const store = compat.useRealTimeStore()
    compat.useAstDbStore()
    compat.webSocketService.isNodeConnected(A)
    expect(env.made).toBe(1)
    await live()
    void store.startMonitoring(A)
    await pass(2)
    expect(world.sockets).toHaveLength(1)
    expect(store.getNodeMonitoringMode(A)).toBe('live')
  })

  it('webSocketService tells flat messages and flags, and never an ack or a pong', async () => {
    const { webSocketService } = compat
    const messages: WebSocketMessage[] = []
    const states: WebSocketState[] = []
    const off = webSocketService.onNodeMessage(A, (message) => { messages.push(message) })
    webSocketService.onNodeStateChange(A, (state) => { states.push(state) })
    const socket = await live()
    socket.say({ type: 'pong', at: Date.now() })
    expect(messages).toMatchObject([{ node: A, status: 'online', cos_keyed: 0, remote_nodes: [], timestamp: 1_800_000_000 }])
    expect(states.map(({ connected, connecting }) => [connected, connecting])).toEqual([[false, true], [true, false]])
    expect(webSocketService.getAllConnectedNodes()).toEqual([A])
    expect(webSocketService.getNodeState(A)).toMatchObject({ connected: true, error: null, reconnectAttempts: 0, lastMessageTime: Date.now() })
    off()
    off()
    socket.say(patch(A, 2, { rx: true }))
    expect(messages).toHaveLength(1)
    socket.end()
    expect(webSocketService.getNodeState(A)).toMatchObject({ connected: false, error: expect.stringContaining('1006') as string, reconnectAttempts: 1 })
    webSocketService.retryConnection(A)
    await pass(2)
    expect(world.sockets).toHaveLength(2)
    webSocketService.disconnectAll()
    await pass(10)
    expect(world.held()).toEqual([])
  })

  it('usePolling asks its jobs one at a time, stops when told, and ends with the scope it was called in', async () => {
    const scope = effectScope()
    const { start, stop, state } = scope.run(() => compat.usePolling({ activeInterval: 500, maxRetries: 3 }))!
    const service = new compat.PollingService({ activeInterval: 500 })
    let asked = 0
    service.addJob(() => { asked += 1 })
    service.start()
    await pass(1_001)
    expect(asked).toBe(3)
    service.updateConfig({ activeInterval: 100 })
    await pass(1_000)
    expect(asked).toBeGreaterThan(10)
    service.stop()
    const before = asked
    await pass(5_000)
    expect(asked).toBe(before)
    const seen: boolean[] = []
    service.onVisibilityChange((visible) => { seen.push(visible) })
    world.signal('hidden')
    world.signal('visible')
    expect(seen).toEqual([false, true])
    service.destroy()

    start()
    expect(state.value.isActive).toBe(true)
    stop()
    expect(state.value.isActive).toBe(false)
    start()
    scope.stop()
    expect(vi.getTimerCount()).toBe(0)
    expect(world.listeners.size).toBe(0)
  })

  it('makeRequest is one request for all who ask for the same at once', async () => {
    const service = new compat.PollingService()
    let made = 0
    const ask = () => service.makeRequest('nodes', () => Promise.resolve(++made))
    expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
    expect(await ask()).toBe(2)
    expectTypeOf(ask).returns.resolves.toBeNumber()
  })

  it('useBatchRequests answers everybody who asks, and a part that fails is null', async () => {
    const batches = compat.useBatchRequests({ maxBatchSize: 5, batchDelay: 25 })
    const [one, two] = [batches.batchRealTimeUpdate([A]), batches.batchRealTimeUpdate(['546055'])]
    await pass(30)
    expect(await one).toEqual(await two)
    expect(world.fetches.map(({ url }) => new URL(url).searchParams.get('nodes'))).toEqual([`${A},546055`])
    const { respond } = world
    world.respond = (url) => (url.endsWith('astdb/health') ? Promise.reject(new TypeError('network')) : respond(url))
    expect(await batches.batchInitialization()).toMatchObject({ nodes: { success: true }, config: { success: true }, astdbHealth: null })
    expect(await batches.batchInitialization({ skipNodesConfig: true })).toMatchObject({ config: null })
    batches.clearCache()
    expect(batches.getCacheStats()).toEqual({ size: 0, inFlight: 0 })
  })

  it('useCsrfToken and getCsrfService share one token, fetched once', async () => {
    const { getToken, getTokenSync, clearToken, getTokenInfo } = compat.useCsrfToken()
    expect(getTokenInfo()).toMatchObject({ hasToken: false, isValid: false })
    await Promise.all([getToken(), getToken(), compat.getCsrfService().getToken()])
    expect(world.fetches).toHaveLength(1)
    expect(getTokenSync()).toBe('b'.repeat(64))
    clearToken()
    expect(compat.getCsrfService().getTokenSync()).toBeNull()
  })
})
