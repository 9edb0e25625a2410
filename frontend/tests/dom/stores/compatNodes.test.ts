/** What Supermon-NG's pages import to see nodes: one client for all, with a plug-in and without, and `webSocketService` beside the stores. */
import type { storeToRefs } from 'pinia'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest'
import { createApp, effectScope } from 'vue'
import type { App } from 'vue'
import * as compat from '../../../src/compat.ts'
import type { WebSocketMessage, WebSocketState } from '../../../src/compat.ts'
import { useNow } from '../../../src/composables/useNow.ts'
import type { Env } from '../../../src/env/env.ts'
import type { Node as StrictNode } from '../../../src/stores/node.ts'
import { createSupermonLive } from '../../../src/stores/supermonLive.ts'
import { hello, patch, snapshot } from '../../unit/support/frames.ts'
import { pass, scriptedEnv } from '../../unit/support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../../unit/support/scriptedEnv.ts'
import { A, CompatWorld } from '../support/compatWorld.ts'
import type { DeclaredNode, PollingStore, SocketStore } from './upstreamTypes.ts'

vi.mock('../../../src/env/browserEnv.ts', { spy: true })

describe('supermon-live/compat', () => {
  let world: CompatWorld
  beforeEach(() => { world = new CompatWorld() })
  afterEach(() => { world.end() })

  async function live(): Promise<ScriptedSocket> {
    void compat.webSocketService.connectToNode(A, 'ws://elsewhere/ws/546051')
    await pass(2)
    const socket = world.env.last()
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(A))
    return socket
  }

  it('makes nothing before it is used, and one client for all who use it', async () => {
    expect(world.made).toBe(0)
    const store = compat.useRealTimeStore()
    compat.useAstDbStore()
    compat.webSocketService.isNodeConnected(A)
    expect(world.made).toBe(1)
    await live()
    void store.startMonitoring(A)
    await pass(2)
    expect(world.env.sockets).toHaveLength(1)
    expect(store.getNodeMonitoringMode(A)).toBe('live')
  })

  it('has both stores by the types that its pages are written against, where our own are strict', () => {
    type Store = ReturnType<typeof compat.useRealTimeStore>
    expectTypeOf<Store>().toExtend<PollingStore>()
    expectTypeOf<Store>().toExtend<SocketStore>()
    expectTypeOf<Store['nodes']>().toExtend<DeclaredNode[]>()
    expectTypeOf<ReturnType<Store['getNodeById']>>().toExtend<DeclaredNode | undefined>()
    expectTypeOf<StrictNode>().toExtend<compat.Node>()
    expectTypeOf<StrictNode>().not.toExtend<DeclaredNode>()
    expectTypeOf<ReturnType<typeof storeToRefs<Store>>['nodes']['value']>().toExtend<DeclaredNode[]>()
    // `ref(null)` takes what it brings, as theirs.
    expectTypeOf<Store['astdbStore']['getNodeInfo']>().returns.resolves.toBeAny()
    expectTypeOf<Store['astdbStore']['checkHealth']>().returns.resolves.toEqualTypeOf<boolean>()
  })

  it.each([
    ['that has no such routes', () => new Response('<h1>Not Found</h1>', { status: 404 }), "The server's answer is not JSON (HTTP 404).", 'not-understood'],
    ['that says so', () => Response.json({ success: false, message: 'No such route' }, { status: 404 }), 'No such route', 'refused'],
    ['that refuses everything', () => Response.json({ success: false }, { status: 401 }), 'The server refused (HTTP 401).', 'refused'],
  ])('says over a server %s what is wrong, wherever a page looks', async (_what, answer, message, code) => {
    world.env.state.hasWebSocket = false
    world.env.respond = () => Promise.resolve(answer())
    const store = compat.useRealTimeStore()
    await store.initialize()
    expect([store.error, store.errorCode]).toEqual([message, code])
    void store.startMonitoring(A)
    store.startPolling()
    await pass(5_000)
    expect([store.error, store.errors[A], store.wsMonitoringModes[A]]).toEqual([message, message, 'offline'])
    expect(store.getNodeById(A)).toMatchObject({ info: message, status: 'unknown', is_online: false })
    expect(store.getNodeInfo(A)).toBe('Node not in database')
  })

  it('has the store of names by the name that Supermon-NG has for it', () => {
    expect(compat.useAstdbStore()).toBe(compat.useRealTimeStore().astdbStore)
  })

  it('says when news came by the clock that its pages compare it with, also once that was set back', async () => {
    const { now, wall } = (await vi.importActual<{ browserEnv: () => Env }>('../../../src/env/browserEnv.ts')).browserEnv()
    Object.assign(world.env, { now, wall })
    const store = compat.useRealTimeStore()
    const { webSocketService } = compat
    const told: WebSocketState[] = []
    webSocketService.onNodeStateChange(A, (state) => { told.push(state) })
    const socket = await live()
    void store.startMonitoring(A)
    await pass(2)
    now()
    vi.setSystemTime(Date.now() - 3_600_000)
    // How long nobody looked at the clock, nobody knows.
    now()
    await pass(2_000)
    expect(Date.now() - webSocketService.getNodeState(A).lastMessageTime).toBe(2_002)
    socket.say(patch(A, 2, { rx: true }))
    await pass(3_000)
    socket.end()
    expect([store.lastUpdateTime, told.at(-1)?.lastMessageTime].map((at = 0) => Date.now() - at)).toEqual([3_000, 3_000])
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
    expect(world.env.sockets).toHaveLength(2)
    webSocketService.disconnectAll()
    await pass(10)
    expect(world.env.held()).toEqual([])
  })

  describe('webSocketService beside others who show the same node', () => {
    it('is one more viewer: whoever leaves takes nothing from the others, and the last one closes it', async () => {
      const store = compat.useRealTimeStore()
      const socket = await live()
      void store.startMonitoring(A)
      store.stopMonitoring(A)
      await pass(10)
      expect(socket.readyState).toBe(1)

      void store.startMonitoring(A)
      compat.webSocketService.disconnectFromNode(A)
      compat.webSocketService.disconnectFromNode(A)
      await pass(10)
      expect(socket.readyState).toBe(1)
      expect(store.connections[A]).toMatchObject({ state: 'live', transport: 'socket' })
      // The store's ladder still stands: a broken socket falls to polling.
      socket.end()
      await pass(8_600)
      expect(store.connections[A]?.transport).toBe('polling')

      void compat.webSocketService.connectToNode(A)
      compat.webSocketService.disconnectAll()
      await pass(10)
      expect(store.connections[A]?.transport).not.toBe('none')
      store.stopMonitoring(A)
      await pass(10)
      expect(world.env.held()).toEqual([])
      expect(vi.getTimerCount()).toBe(0)
    })

    it('takes ids as Supermon-NG\'s lists hold them, numbers and blanks included', async () => {
      const { webSocketService } = compat
      const heard: string[] = []
      webSocketService.onNodeMessage(` ${A}`, ({ node }) => { heard.push(node) })
      void webSocketService.connectToNode(Number(A) as unknown as string)
      await pass(2)
      world.env.last().accept()
      world.env.last().say(hello())
      world.env.last().say(snapshot(A))
      expect([webSocketService.getAllConnectedNodes(), heard, webSocketService.isNodeConnected(`${A} `)]).toEqual([[A], [A], true])
      webSocketService.disconnectFromNode(` ${A} `)
      await webSocketService.connectToNode(' ')
      await pass(10)
      expect(world.env.held()).toEqual([])
    })
  })

  describe('disposeCompat, for hot reload', () => {
    it('closes everything, and what is made already begins anew with the same client: stores, webSocketService, the clock', async () => {
      const store = compat.useRealTimeStore()
      const scope = effectScope()
      const now = scope.run(() => useNow())!
      void store.startMonitoring(A)
      await live()
      compat.disposeCompat()
      await pass(10_000)
      expect([world.env.held(), vi.getTimerCount(), world.env.listeners.size]).toEqual([[], 0, 0])
      expect([store.monitoringNodes, compat.webSocketService.getAllConnectedNodes()]).toEqual([[], []])

      void store.startMonitoring(A)
      const socket = await live()
      expect([store.getNodeMonitoringMode(A), world.env.held(), world.made]).toEqual(['live', [socket], 1])
      const then = now.value
      await pass(3_000)
      expect(now.value - then).toBeGreaterThanOrEqual(2_000)
      store.stopMonitoring(A)
      compat.webSocketService.disconnectFromNode(A)
      scope.stop()
      await pass(10)
      expect([world.env.held(), vi.getTimerCount(), world.env.listeners.size]).toEqual([[], 0, 0])
    })

    it('before anything is made makes nothing', () => {
      compat.disposeCompat()
      expect(world.made).toBe(0)
    })
  })

  describe('beside a plug-in', () => {
    /** One that is shown until the test ends. */
    function appWith(env: ScriptedEnv): App {
      const app = createApp({ render: () => null }).use(createSupermonLive({ env }))
      app.mount(document.createElement('div'))
      onTestFinished(() => { app.unmount() })
      return app
    }

    it('takes its client, inside of components and outside, before a store is there and after; no second one is made', async () => {
      const elsewhere = scriptedEnv()
      const app = createApp({ render: () => null }).use(createSupermonLive({ env: elsewhere })).use(world.pinia)
      void compat.webSocketService.connectToNode(A)
      void compat.useRealTimeStore().startMonitoring(A)
      compat.useBatchRequests().getCacheStats()
      compat.usePolling()
      compat.getCsrfService().getTokenSync()
      await pass(2)
      expect([world.made, elsewhere.sockets.length, world.env.sockets.length]).toEqual([0, 1, 0])
      app.mount(document.createElement('div'))
      app.unmount()
      await pass(10)
      expect(elsewhere.held()).toEqual([])
      // What was connected here ended with the app, and begins anew when it is asked for.
      void compat.webSocketService.connectToNode(A)
      await pass(2)
      expect([world.made, world.env.held().length, elsewhere.held().length]).toEqual([1, 1, 0])
    })

    it('what is made in a setup keeps to the client of that app, also when another one came later', async () => {
      const [mine, other] = [scriptedEnv(), scriptedEnv()]
      mine.respond = (url) => Promise.resolve(Response.json({ success: true, csrf_token: 'mine', url }))
      const app = appWith(mine)
      const made = app.runWithContext(() => ({ batches: compat.useBatchRequests(), csrf: compat.useCsrfToken() }))
      appWith(other)
      await made.batches.addRequest({ endpoint: 'nodes' })
      expect(await made.csrf.getToken()).toBe('mine')
      expect([mine.fetches.length, other.fetches.length, world.made]).toEqual([2, 0, 0])
    })
  })
})
