/**
 * The `realTime` store against Supermon-NG's, member by member: its public surface of 4.0.9 (polling) and 4.3.3 (sockets), and
 * that each member does its work. Types are checked by the type check of this file.
 */
import { createPinia, disposePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { createApp } from 'vue'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { ControlResult } from '../../../src/services/ControlService.ts'
import { createSupermonLive } from '../../../src/stores/supermonLive.ts'
import type { ConnectedNode, Node } from '../../../src/stores/node.ts'
import { createUseRealTimeStore, useRealTimeStore } from '../../../src/stores/realTime.ts'
import type { RealTimeStore as Store } from '../../../src/stores/realTime.ts'
import { hello, link, patch, snapshot } from '../../unit/support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../../unit/support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../../unit/support/scriptedEnv.ts'
import type { PollingStore, SocketStore, UpstreamLink, UpstreamNode } from './upstreamTypes.ts'

const A = '546051'
const B = '546055'
/** When these stories begin. */
const T0 = 1_800_000_000_000

describe("Supermon-NG's store", () => {
  let env: ScriptedEnv
  let pinia: Pinia
  let store: Store
  let answers: Record<string, (init?: RequestInit) => Response | Promise<Response>>

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    answers = {
      nodes: () => Response.json({ success: true, config_source: 'allmon.ini', data: [{ id: A, callsign: 'W5GLE', description: 'Hub', location: 'Alvin, Texas', hideNodeURL: true }] }),
      'csrf-token': () => Response.json({ success: true, csrf_token: 'a'.repeat(64) }),
    }
    env.respond = (url, init) => {
      const path = new URL(url).pathname.replace('/supermon-ng/api/v1/', '')
      return Promise.resolve(answers[path]?.(init) ?? Response.json({ success: false, error: 'Not found' }, { status: 404 }))
    }
    const app = createApp({})
    pinia = createPinia()
    app.use(createSupermonLive({ env, base: '/supermon-ng' })).use(pinia)
    store = useRealTimeStore(pinia)
  })
  afterEach(() => {
    disposePinia(pinia)
    vi.useRealTimers()
  })

  const asked = (part: string) => env.fetches.filter(({ url }) => url.includes(part))
  async function live(node: string, state: object = {}): Promise<ScriptedSocket> {
    void store.startMonitoring(node)
    await pass(2)
    const socket = env.last()
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(node, state))
    return socket
  }

  it('can stand wherever the store of either version stands, by its types', () => {
    expectTypeOf<Store>().toExtend<PollingStore>()
    expectTypeOf<Store>().toExtend<SocketStore>()
    expectTypeOf<Node>().toExtend<UpstreamNode>()
    expectTypeOf<ConnectedNode>().toExtend<UpstreamLink>()
    // All fields are there: what is optional could be missing unseen.
    expectTypeOf<keyof UpstreamNode>().toExtend<keyof Node>()
    expectTypeOf<keyof UpstreamLink>().toExtend<keyof ConnectedNode>()
  })

  it('the type check above can fail: another field, member or promise is not taken', () => {
    expectTypeOf<Omit<Node, 'created_at'> & { created_at: number }>().not.toExtend<UpstreamNode>()
    expectTypeOf<Omit<Node, 'remote_nodes'> & { remote_nodes: readonly ConnectedNode[] }>().not.toExtend<UpstreamNode>()
    expectTypeOf<Omit<Store, 'connectNode'> & { connectNode: (local: string, remote: string) => Promise<ControlResult> }>().not.toExtend<SocketStore>()
    expectTypeOf<Omit<Store, 'reset'>>().not.toExtend<PollingStore>()
  })

  it('has every member of either version', () => {
    const members: Record<keyof PollingStore | keyof SocketStore, true> = {
      nodes: true, nodeConfig: true, astdb: true, astdbStore: true, isConnected: true, error: true, monitoringNodes: true, lastUpdateTime: true,
      websocketPorts: true, wsMonitoringModes: true, isMonitoring: true, pollingState: true, pollingEfficiency: true, initialize: true, startMonitoring: true,
      stopMonitoring: true, syncMonitoringForSelection: true, getNodeMonitoringMode: true, startPolling: true, stopPolling: true,
      fetchNodeData: true, fetchNodeDataOptimized: true, updateNodeFromWebSocket: true, getNodeById: true, getNodeInfo: true,
      clearError: true, clearCache: true, connectNode: true, disconnectNode: true, monitorNode: true, permConnectNode: true,
      localMonitorNode: true, monitorCmdNode: true, reset: true,
    }
    for (const member of Object.keys(members)) expect(store, member).toHaveProperty(member)
  })

  it('takes the control actions by both signatures, and says what came of them', () => {
    for (const action of ['monitorNode', 'monitorCmdNode', 'localMonitorNode', 'disconnectNode', 'permConnectNode', 'connectNode'] as const) {
      expectTypeOf(store[action]).toBeCallableWith(A, '48752')
      expectTypeOf(store[action]).toBeCallableWith('48752')
    }
    const remotely = () => store.connectNode('48752', true)
    const locally = () => store.connectNode(A, '48752', true)
    const other = () => store.disconnectNode(A, '48752')
    expectTypeOf(remotely).returns.resolves.toEqualTypeOf<ControlResult>()
    expectTypeOf(locally).returns.resolves.toEqualTypeOf<ControlResult>()
    expectTypeOf(other).returns.resolves.toEqualTypeOf<ControlResult>()
  })

  it('takes ids as PHP writes them and as people type them, at every door', async () => {
    answers['nodes/connect'] = () => Response.json({ success: true, message: 'done', data: { outcome: 'done' } })
    void store.startMonitoring(546051)
    void store.syncMonitoringForSelection([546051, ` ${A} `, ''])
    expect(store.monitoringNodes).toEqual([A])
    await live(A)
    for (const id of [546051, ` ${A} `]) {
      expect(store.getNodeById(id)?.id).toBe(A)
      expect([store.getNodeMonitoringMode(id), store.connectionOf(id).status, store.transportOf(id)]).toEqual(['live', 'live', 'socket'])
      expect([store.stateOf(id)?.reach, store.ageOf(id), store.isAgeKnown(id), store.talkers(id)]).toEqual(['up', 0, true, []])
    }
    await store.connectNode(546051, 48752)
    expect(JSON.parse(asked('nodes/connect')[0]?.init?.body as string)).toMatchObject({ localnode: A, remotenode: '48752' })
    const release = store.hold(` ${A}`)
    store.hold(' ')()
    void store.hold('')
    store.stopMonitoring(` ${A} `)
    expect(store.monitoringNodes).toEqual([A])
    release()
    expect(store.monitoringNodes).toEqual([])
  })

  it('initialize takes a config that the page has already, and never rejects', async () => {
    await store.initialize({ nodesConfig: { config: { [A]: { listenlive: 'https://example.org/' } }, ini_file: 'allmon.ini', default_node: A } })
    expect(store.nodeConfig).toEqual({ [A]: { listenlive: 'https://example.org/' } })
    answers['nodes'] = () => Promise.reject(new TypeError('network'))
    await store.initialize()
    expect(store.error).toContain('cannot be reached')
    store.clearError()
    expect(store.error).toBeNull()
    store.reset()
  })

  it('initialize gives each node what its table shows of the configuration, and the port that serves it', async () => {
    await store.initialize()
    expect(store.nodeConfig).toMatchObject({ [A]: { hideNodeURL: true } })
    expect(store.websocketPorts).toEqual({ [A]: 80 })
    expect(store.getNodeInfo(A)).toBe('W5GLE Hub Alvin, Texas')
    expect(store.getNodeInfo('1')).toBe('Node not in database')
  })

  it('gives a node all fields that components read, both spellings of the notes included', async () => {
    await live(A, {
      callsign: 'W5GLE', lastKeyedAt: T0 - 5_000,
      telemetry: { ...EMPTY_NODE.telemetry, weather: { text: 'Storm', level: 'warning', url: null } },
      links: { '48752': link({ callsign: 'KB1ABC', connectedSince: T0 - 61_000, lastKeyedAt: T0 - 5_000 }) },
    })
    const storm = '<span style="background-color:yellow;color:black">Storm</span>'
    expect(store.getNodeById(A)).toMatchObject({
      id: A, node_number: A, callsign: 'W5GLE', status: 'online', is_online: true, is_keyed: false, cos_keyed: 0, tx_keyed: 0, WX: storm, wx: storm,
      ALERT: null, alert: null, DISK: null, disk: null, last_heard: new Date(T0 - 5_000).toISOString(), last_updated: Date.now(),
      remote_nodes: [{ node: '48752', elapsed: '00:01:01', last_keyed: '5', link: 'ESTABLISHED', mode: 'T', keyed: 'no' }],
    })
    expect(store.getNodeById(A)?.connected_nodes).toBe(store.getNodeById(A)?.remote_nodes)
  })

  it('clears a note that the server cleared', async () => {
    const socket = await live(A, { telemetry: { ...EMPTY_NODE.telemetry, weather: { text: 'Storm', level: 'warning', url: null } } })
    socket.say(patch(A, 2, { telemetry: { weather: null } }))
    expect(store.getNodeById(A)?.WX).toBeNull()
  })

  it('stopPolling really stops, keeps what is monitored and known, and startPolling goes on', async () => {
    const socket = await live(A)
    store.stopPolling()
    await pass(60_000)
    expect(env.held()).toEqual([])
    expect([store.monitoringNodes, store.isConnected, store.getNodeById(A)?.status]).toEqual([[A], false, 'online'])
    expect(vi.getTimerCount()).toBe(0)
    store.startPolling()
    await pass(2)
    expect(env.held()).toHaveLength(1)
    expect(env.last()).not.toBe(socket)
    store.startPolling()
    await pass(2)
    expect(env.held()).toHaveLength(1)
  })

  it('pollingState tells that polling runs, and at which pace', async () => {
    expect(store.pollingState).toMatchObject({ isActive: false })
    const socket = await live(A)
    env.state.hasWebSocket = false
    socket.end()
    await pass(10_000)
    expect(store.pollingState).toMatchObject({ isActive: true, currentInterval: 1_000 })
    expect(store.pollingEfficiency).toMatchObject({ isActive: true, isVisible: true, currentInterval: 1_000, errorCount: store.pollingState.errorCount })
    store.stopPolling()
    expect(store.pollingState.isActive).toBe(false)
  })

  it('updateNodeFromWebSocket takes a flat message for a monitored node, and no other', async () => {
    void store.startMonitoring(A)
    await pass(2)
    const row = (node: string) => toStatusRow(node, { ...EMPTY_NODE, reach: 'up', tx: true }, Date.now())
    for (const data of [null, [], { action: 'pong' }, row(B), { ...row(A), timestamp: 1 }]) store.updateNodeFromWebSocket(data)
    expect(store.getNodeById(A)).toMatchObject({ tx_keyed: 1 })
    expect(store.getNodeById(B)).toBeUndefined()
    expect(store.nodes.map(({ id }) => id)).toEqual([A])
  })

  describe('control', () => {
    const body = () => JSON.parse(asked('/nodes/').at(-1)?.init?.body as string) as Record<string, unknown>
    const done = (outcome = 'done') => () =>
      Response.json({ success: outcome !== 'refused', message: `it is ${outcome}`, data: { outcome } }, { status: outcome === 'refused' ? 409 : 200 })

    it('asks the node named first, or the one shown when only the other end is named', async () => {
      answers['nodes/connect'] = done()
      expect(await store.connectNode(A, '48752', true)).toMatchObject({ outcome: 'done' })
      expect(body()).toEqual({ localnode: A, remotenode: '48752', perm: 'on' })
      expect(asked('/nodes/connect')[0]?.init?.headers).toMatchObject({ 'x-csrf-token': 'a'.repeat(64) })
      await live(B)
      await store.connectNode('48752')
      expect(body()).toEqual({ localnode: B, remotenode: '48752', perm: null })
      answers['nodes/disconnect'] = done()
      await store.disconnectNode('48752')
      expect(asked('/nodes/disconnect')).toHaveLength(1)
      expect(asked('csrf-token')).toHaveLength(1)
    })

    it('rejects with the reason when it is refused, and when nothing is shown that could act', async () => {
      await expect(store.monitorNode('48752')).rejects.toThrow('choose one')
      answers['nodes/monitor'] = done('refused')
      await expect(store.monitorNode(A, '48752')).rejects.toThrow('it is refused')
      await expect(store.localMonitorNode(A, '48752')).rejects.toThrow('Not found')
    })

    it('resolves with "not confirmed", which a Supermon-NG always is', async () => {
      answers['nodes/connect'] = () => Response.json({ success: true, message: 'Connecting', data: { action: 'connect', ami_response: '' } })
      expect(await store.permConnectNode(A, '48752')).toEqual({ outcome: 'not-confirmed', message: 'Connecting', code: null })
    })

    it('renews a refused token once, and forgets it when somebody signs in or out', async () => {
      let refusals = 1
      answers['nodes/connect'] = () =>
        refusals-- > 0
          ? Response.json({ success: false, message: 'CSRF token validation failed. Please refresh the page and try again.' }, { status: 403 })
          : done()()
      await store.connectNode(A, '48752')
      expect(asked('csrf-token')).toHaveLength(2)
      store.clearCache()
      await store.connectNode(A, '48752')
      expect(asked('csrf-token')).toHaveLength(3)
      refusals = 2
      await expect(store.connectNode(A, '48752')).rejects.toThrow('CSRF')
    })

    it('gives up on a gateway that does not answer', async () => {
      answers['nodes/connect'] = (init) => new Promise((_resolve, reject) => { init?.signal?.addEventListener('abort', () => { reject(new Error('aborted')) }) })
      const failed = expect(store.connectNode(A, '48752')).rejects.toThrow('did not answer in time')
      await pass(8_001)
      await failed
    })
  })

  it('asks for names one by one, keeps them, and finds by search', async () => {
    const entry = { node_id: '48752', callsign: 'KB1ABC', description: 'Hub', location: 'Houston' }
    answers['astdb/node/48752'] = () => Response.json({ success: true, data: entry })
    answers['astdb/nodes'] = () => Response.json({ success: true, data: { '2000': { ...entry, node_id: 2000 }, '1': null } })
    answers['astdb/search'] = () => Response.json({ success: true, data: { query: 'kb', results: [entry, 'nonsense'], count: 2 } })
    const { astdbStore } = store
    expect(await astdbStore.getNodeInfo('48752')).toEqual(entry)
    await astdbStore.getNodeInfo('48752')
    expect(asked('astdb/node/')).toHaveLength(1)
    expect(await astdbStore.getMultipleNodesInfo(['48752', '2000', '1'])).toMatchObject({ '48752': entry, '2000': { node_id: '2000' }, '1': null })
    expect(await astdbStore.searchNodes('kb')).toEqual([entry])
    expect(Object.keys(store.astdb)).toEqual(['2000', '48752'])
    expect(astdbStore.getCacheStats()).toEqual({
      size: 2, maxSize: 2_000, totalEntries: 2, validEntries: 2, expiredEntries: 0, fullAstdbEntries: 2, isCacheValid: true, lastRefresh: new Date(T0).toISOString(),
    })
    await astdbStore.clearCache()
    expect(astdbStore.getCacheStats()).toMatchObject({ totalEntries: 0, isCacheValid: false, lastRefresh: '1970-01-01T00:00:00.000Z' })
    answers['astdb/node/3'] = () => Promise.reject(new TypeError('network'))
    expect(await astdbStore.getNodeInfo('3')).toBeNull()
    expect(astdbStore.error).toContain('cannot be reached')
  })

  it('says whether the server has its names, and no where it does not say', async () => {
    const { astdbStore } = store
    answers['astdb/health'] = () => Response.json({ success: true, healthy: true, data: { entries_count: 40_000 } })
    expect(await astdbStore.checkHealth()).toBe(true)
    answers['astdb/health'] = () => Response.json({ success: true, healthy: false, data: { entries_count: 0 } }, { status: 503 })
    expect(await astdbStore.checkHealth()).toBe(false)
    answers['astdb/health'] = () => Response.json({ success: true, data: {} })
    expect(await astdbStore.checkHealth()).toBe(false)
  })

  it('tells beyond it, per node: the connection, what is wrong, and who talks', async () => {
    const socket = await live(A, {
      links: {
        '48752': link({ callsign: 'KB1ABC', lastKeyedAt: T0 - 9_000, lastUnkeyedAt: T0 - 4_000 }),
        '2000': link({ keyed: true, lastKeyedAt: T0 - 20_000, lastUnkeyedAt: T0 - 30_000 }),
        '2001': link(),
        // Nobody saw the end of its newest.
        '2002': link({ lastKeyedAt: T0 - 40_000, lastUnkeyedAt: T0 - 50_000 }),
      },
    })
    expect(store.connections).toEqual({ [A]: { state: 'live', reason: null, nextTryAt: null, transport: 'socket' } })
    expect(store.errors).toEqual({ [A]: null })
    expect(store.talkers(A)).toEqual([
      { id: '2000', callsign: null, keyed: true, since: T0 - 20_000, until: null },
      { id: '48752', callsign: 'KB1ABC', keyed: false, since: T0 - 9_000, until: T0 - 4_000 },
      { id: '2002', callsign: null, keyed: false, since: T0 - 40_000, until: null },
    ])
    socket.say(patch(A, 2, { reach: 'down', reachReason: { code: 'ami-refused', message: 'Asterisk refuses.' } }))
    expect(store.errors[A]).toBe('Asterisk refuses.')
    socket.end(4504, 'gone')
    expect(store.connections[A]).toMatchObject({ state: 'paused', reason: { closeCode: 4504 }, transport: 'none' })
    expect(store.errors[A]).toContain('4504')
  })

  it('stands beside a second one for another gateway, with nothing shared', async () => {
    const elsewhere = scriptedEnv()
    const other = createSupermonLive({ env: elsewhere })
    const second = createUseRealTimeStore({ id: 'elsewhere', client: () => other.client })(pinia)
    await live(A)
    void second.startMonitoring(B)
    await pass(2)
    expect([store.monitoringNodes, second.monitoringNodes]).toEqual([[A], [B]])
    expect([env.held().length, elsewhere.held().length]).toEqual([1, 1])
    other.client.dispose()
  })
})
