import { createPinia, disposePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp, effectScope, watch } from 'vue'
import type { App } from 'vue'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { useNode } from '../../../src/composables/useNode.ts'
import { createSupermonLive } from '../../../src/stores/supermonLive.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import { holdTime, pass, scriptedEnv } from '../../unit/support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../../unit/support/scriptedEnv.ts'
import { hello, link, snapshot as snapshotOf } from '../../unit/support/frames.ts'

const A = '546051'
const B = '546055'
const snapshot = (node: string) => snapshotOf(node, { links: { '2000': link() } })

describe('the realTime store', () => {
  let env: ScriptedEnv
  let app: App
  let pinia: Pinia
  let listed: () => Promise<Response>

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    listed = () => Promise.resolve(Response.json({
      success: true, config_source: 'allmon.ini', count: 1, data: [{ id: 546051, callsign: 'W5GLE', description: 'Hub', location: 'Alvin, Texas' }],
    }))
    env.respond = () => listed()
    app = createApp({})
    pinia = createPinia()
    app.use(createSupermonLive({ env })).use(pinia)
  })
  afterEach(() => {
    disposePinia(pinia)
    vi.useRealTimers()
  })
  const store = () => useRealTimeStore(pinia)

  async function live(node: string): Promise<ScriptedSocket> {
    void store().startMonitoring(node)
    await pass(2)
    const socket = env.last()
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(node))
    return socket
  }

  it('opens nothing before something is watched', async () => {
    store()
    await pass(1_000)
    expect(env.sockets).toEqual([])
    expect(env.fetches).toEqual([])
  })

  it('reads the node list, ids as strings, and says nothing wrong', async () => {
    await store().initialize()
    expect(store().nodes).toMatchObject([{ id: A, info: 'W5GLE Hub Alvin, Texas', status: 'unknown' }])
    expect(store().error).toBeNull()
    expect(store().siteInfo).toMatchObject({ demo: false })
  })

  it('replaces the object of the node that changed, with the fields that Supermon-NG reads, and of no other', async () => {
    const socket = await live(A)
    await live(B)
    const [a, b] = [store().getNodeById(A), store().getNodeById(B)]
    socket.say({ type: 'patch', node: A, epoch: 'e1', seq: 2, at: Date.now(), patch: { rx: true, links: { '2000': { keyed: true } } } })
    expect(store().getNodeById(A)).not.toBe(a)
    expect(store().getNodeById(B)).toBe(b)
    expect(store().getNodeById(A)).toMatchObject({
      status: 'online', is_online: true, is_keyed: true, cos_keyed: 1, tx_keyed: 0, remote_nodes: [{ node: '2000', keyed: 'yes', mode: 'T' }],
    })
  })

  it('touches the refs of one node only: nobody who watches another one is woken', async () => {
    const socket = await live(A)
    await live(B)
    const scope = effectScope()
    const woken = { a: 0, b: 0 }
    scope.run(() => app.runWithContext(() => {
      watch(useNode(A).state, () => { woken.a += 1 }, { flush: 'sync' })
      watch(useNode(B).state, () => { woken.b += 1 }, { flush: 'sync' })
    }))
    socket.say({ type: 'patch', node: A, epoch: 'e1', seq: 2, at: Date.now(), patch: { rx: true } })
    expect(woken).toEqual({ a: 1, b: 0 })
    scope.stop()
  })

  it('watches just the selection: stops the rest, starts what is new, keeps what stays', async () => {
    await live(A)
    void store().syncMonitoringForSelection([` ${A} `, B, B, ''])
    await pass(2)
    expect(store().monitoringNodes).toEqual([A, B])
    expect(env.sockets).toHaveLength(2)
    void store().syncMonitoringForSelection([B])
    expect(env.sockets[0]?.readyState).toBeGreaterThanOrEqual(2)
    expect(store().monitoringNodes).toEqual([B])
  })

  it('tells how each node is kept current: connecting, live, polling, offline', async () => {
    expect(store().getNodeMonitoringMode(A)).toBe('offline')
    const socket = await live(A)
    expect(store().getNodeMonitoringMode(A)).toBe('live')
    socket.end()
    expect(store().getNodeMonitoringMode(A)).toBe('connecting')
    listed = () => Promise.resolve(Response.json({ success: true, at: Date.now(), data: { [A]: toStatusRow(A, EMPTY_NODE, Date.now()) } }))
    await pass(8_600)
    expect(store().getNodeMonitoringMode(A)).toBe('polling')
    expect(store().wsMonitoringModes).toEqual({ [A]: 'polling' })
    store().stopMonitoring(A)
    expect(store().getNodeMonitoringMode(A)).toBe('offline')
    expect(store().wsMonitoringModes).toEqual({})
  })

  it('calls data stale when the socket is gone and polling brings nothing, and not before', async () => {
    const socket = await live(A)
    const scope = effectScope()
    const view = scope.run(() => app.runWithContext(() => useNode(A)))!
    listed = () => Promise.reject(new TypeError('network'))
    socket.end()
    await pass(2_000)
    expect(view.stale.value).toBe(false)
    for (let i = 0; i < 20; i += 1) {
      await pass(1_000)
      env.last().end()
    }
    expect(view.stale.value).toBe(true)
    expect(view.transport.value).toBe('polling')
    scope.stop()
  })

  it('shares one socket between two Pinias, which both hear, and closes it with the last', async () => {
    const other = createPinia()
    app.use(other)
    const socket = await live(A)
    const second = useRealTimeStore(other)
    void second.startMonitoring(A)
    await pass(5)
    expect(env.sockets).toHaveLength(1)
    expect(second.stateOf(A)).toBe(store().stateOf(A))
    store().stopMonitoring(A)
    socket.say({ type: 'patch', node: A, epoch: 'e1', seq: 2, at: Date.now(), patch: { rx: true } })
    expect(second.stateOf(A)?.rx).toBe(true)
    second.stopMonitoring(A)
    expect(env.held()).toEqual([])
    disposePinia(other)
  })

  it('opens no second socket when a store is made anew over the same page, as hot reload does', async () => {
    await live(A)
    const again = createPinia()
    app.use(again)
    void useRealTimeStore(again).startMonitoring(A)
    disposePinia(pinia)
    await pass(5)
    expect(env.sockets).toHaveLength(1)
    expect(useRealTimeStore(again).connectionOf(A).status).toBe('live')
    disposePinia(again)
  })

  it('leaves nothing behind: reset and dispose close all sockets and stop all timers', async () => {
    await live(A)
    await live(B)
    store().reset()
    await pass(10)
    expect(env.held()).toEqual([])
    expect(store().monitoringNodes).toEqual([])
    await live(A)
    disposePinia(pinia)
    await pass(10)
    expect(env.held()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})
