/** Supermon-NG's defects (`realTime.ts`, 4.3.3) as a view would see them, and that none of them shows here. */
import { mount } from '@vue/test-utils'
import { createPinia, disposePinia } from 'pinia'
import type { Pinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { computed, createApp, effectScope, watch } from 'vue'
import type { App, EffectScope } from 'vue'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { createSupermonLive } from '../../../src/stores/supermonLive.ts'
import { useRealTimeStore } from '../../../src/stores/realTime.ts'
import Dashboard from '../../../src/views/Dashboard.vue'
import { holdTime, pass, scriptedEnv } from '../../unit/support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../../unit/support/scriptedEnv.ts'
import { hello, link, patch, snapshot } from '../../unit/support/frames.ts'

const A = '546051'
const B = '546055'

describe('a defect of Supermon-NG that no view of ours can show:', () => {
  let env: ScriptedEnv
  let app: App
  let pinia: Pinia
  let scope: EffectScope

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    env.respond = (url) => {
      const data = [A, B].map((id) => ({ id, callsign: 'W5GLE', description: 'Hub', location: 'Alvin, Texas' }))
      const answer = new URL(url).pathname.endsWith('/nodes')
        ? { success: true, config_source: 'allmon.ini', data }
        : { success: true, data: {} }
      return Promise.resolve(Response.json(answer))
    }
    app = createApp({})
    pinia = createPinia()
    app.use(createSupermonLive({ env })).use(pinia)
    scope = effectScope()
  })
  afterEach(() => {
    scope.stop()
    disposePinia(pinia)
    vi.useRealTimers()
  })
  const store = () => useRealTimeStore(pinia)
  async function connect(node: string): Promise<ScriptedSocket> {
    void store().startMonitoring(node)
    await pass(5)
    return env.last()
  }
  async function live(node: string, state: object = {}): Promise<ScriptedSocket> {
    const socket = await connect(node)
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(node, state))
    return socket
  }

  it('F-3 an ALERT that was cleared is gone from the row, and nothing else is', async () => {
    const socket = await live(A, {
      telemetry: { ...EMPTY_NODE.telemetry, alerts: [{ text: 'Tornado watch', level: 'critical', url: null }] },
    })
    socket.say(patch(A, 2, { telemetry: { weather: { text: '72 °F', level: 'normal', url: null } } }))
    expect(store().getNodeById(A)).toMatchObject({ ALERT: '<span style="background-color:#fa4c2d;color:black">Tornado watch</span>', WX: '72 °F' })
    socket.say(patch(A, 3, { telemetry: { alerts: null } }))
    expect(store().getNodeById(A)).toMatchObject({ ALERT: null, WX: '72 °F' })
  })

  it('F-12 a bad node raises no banner and a good one clears none: each has its own reason, once', async () => {
    const good = await live(A)
    const bad = await connect(B)
    bad.end(1011, 'broken')
    expect(store().error).toBeNull()
    expect(store().connectionOf(A)).toMatchObject({ status: 'live' })
    expect(store().connectionOf(B)).toMatchObject({ reason: { message: 'The connection was closed (1011: broken).' } })
    env.respond = () => Promise.reject(new TypeError('network'))
    await store().initialize()
    const banner = store().error
    expect(banner).not.toBeNull()
    good.say(patch(A, 2, { rx: true }))
    expect(store().error).toBe(banner)
  })

  it('F-18 leaving the Dashboard closes its sockets and ends its pings and polls', async () => {
    const page = mount(Dashboard, { global: { plugins: [createSupermonLive({ env }), pinia] } })
    await pass(50)
    expect(env.held()).toHaveLength(2)
    await pass(5_000)
    expect(env.fetches.length).toBeGreaterThan(2)
    page.unmount()
    await pass(50)
    const requests = env.fetches.length
    await pass(600_000)
    expect(env.held()).toEqual([])
    expect(env.fetches).toHaveLength(requests)
    expect([vi.getTimerCount(), env.listeners.size, env.activity.size]).toEqual([0, 0, 0])
  })

  it('F-21 a message wakes who shows that node, and hands the others the very objects they had', async () => {
    const socket = await live(A, { links: { '2000': link(), '2001': link() } })
    await live(B)
    const woken = { a: 0, b: 0, idle: 0 }
    scope.run(() => {
      watch(
        () => store().getNodeById(A),
        () => {
          woken.a += 1
        },
        { flush: 'sync' },
      )
      watch(
        () => store().getNodeById(B),
        () => {
          woken.b += 1
        },
        { flush: 'sync' },
      )
      const idle = computed(() => store().stateOf(A)?.links['2000'])
      watch(
        idle,
        () => {
          woken.idle += 1
        },
        { flush: 'sync' },
      )
    })
    const [b, listedB] = [store().getNodeById(B), store().nodes.find(({ id }) => id === B)]
    for (let seq = 2; seq < 12; seq += 1) socket.say(patch(A, seq, { links: { '2001': { keyed: seq % 2 === 0 } } }))
    expect(woken).toEqual({ a: 10, b: 0, idle: 0 })
    expect(store().getNodeById(B)).toBe(b)
    expect(store().nodes.find(({ id }) => id === B)).toBe(listedB)
  })

  it('F-24 ids are strings, whatever the server wrote, and never NaN', async () => {
    env.respond = () => Promise.resolve(Response.json({ success: true, data: [{ id: 546051 }, { id: '2000' }] }))
    await store().initialize()
    const socket = await live(A)
    socket.say({ action: 'pong' })
    expect(store().nodes.map(({ id }) => id)).toEqual([A, '2000'])
    expect(Object.keys(store().wsMonitoringModes)).toEqual([A])
  })

  it('F-25 a message that does not name the key flags does not unkey the row', async () => {
    const socket = await live(A, { rx: true, links: { '2000': link({ keyed: true }) } })
    const flicker: boolean[] = []
    scope.run(() => {
      watch(
        () => store().getNodeById(A)?.is_keyed,
        (keyed) => flicker.push(keyed ?? false),
        { flush: 'sync' },
      )
    })
    for (let seq = 2; seq < 12; seq += 1) socket.say(patch(A, seq, { telemetry: { uptime: `${seq} days` } }))
    expect(flicker).toEqual([])
    expect(store().getNodeById(A)).toMatchObject({
      is_keyed: true,
      cos_keyed: 1,
      cpu_up: '11 days',
      remote_nodes: [{ keyed: 'yes' }],
    })
  })
})
