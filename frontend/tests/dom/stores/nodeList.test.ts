/** The node list and its configuration: asked until they come, while somebody wants them. */
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from 'vue'
import { createUseRealTimeStore } from '../../../src/stores/realTime.ts'
import { pass } from '../../unit/support/scriptedEnv.ts'
import { A, B, makeWorld, NETWORK } from './world.ts'
import type { World } from './world.ts'

let world: World
beforeEach(() => { world = makeWorld() })
afterEach(() => { world.end() })

const config = (data: object) => () => Response.json({ success: true, data })

describe('initialize', () => {
  it('takes what a page may know of a Supermon-NG configuration, and never the passwords in it', async () => {
    world.answers['config/nodes'] = config({
      config: {
        [A]: { host: '192.0.2.1:5038', user: 'admin', passwd: 'secret', hideNodeURL: '1', listenlive: 'https://example.org/live', archive: 'https://example.org/old',
          menu: 'yes', system: 'Nodes', lsnodes: '/lsnod', port: 8105, [`URL_${A}`]: 'https://example.org/node', note: 'internal' },
        [B]: { passwd: 'secret', menu: 'yes' },
      },
      ini_file: 'allmon.ini', default_node: 546051,
    })
    await world.store.initialize()
    expect(world.store.nodeConfig[A]).toMatchObject({
      callsign: 'W5GLE', hideNodeURL: '1', listenlive: 'https://example.org/live', archive: 'https://example.org/old',
      menu: 'yes', system: 'Nodes', lsnodes: '/lsnod', port: 8105, [`URL_${A}`]: 'https://example.org/node',
    })
    expect(world.store.nodeConfig[B]).toEqual({ menu: 'yes' })
    expect(JSON.stringify(world.store.nodeConfig)).not.toMatch(/secret|192\.0\.2\.1|admin|internal/)
    expect(world.store.defaultNode).toBe(A)
    world.store.reset()
    expect(world.store.defaultNode).toBeNull()
  })

  it('keeps the passwords out of a configuration that the page hands in, and asks for none then', async () => {
    await world.store.initialize({ nodesConfig: { config: { [A]: { listenlive: 'https://example.org/', passwd: 'secret' } }, ini_file: 'allmon.ini', default_node: '546051,546055' } })
    expect(world.store.nodeConfig).toEqual({ [A]: { listenlive: 'https://example.org/' } })
    expect(world.store.defaultNode).toBe('546051,546055')
    expect(world.asked('config/nodes')).toEqual([])
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['that is not there', () => Response.json({ success: false, error: 'Not found' }, { status: 404 })],
    ['that is broken', NETWORK],
    ['of another shape', config([])],
    ['of a shape inside that is another', config({ config: { [A]: 'x', [B]: null }, default_node: {} })],
    ['that is empty, as PHP writes it', config({ config: [], default_node: null })],
  ])('shows the list whatever becomes of a configuration %s', async (_what, answer) => {
    world.answers['config/nodes'] = answer
    await world.store.initialize()
    expect(world.store.listed.map(({ id }) => id)).toEqual([A])
    expect(world.store.nodeConfig[A]).toMatchObject({ callsign: 'W5GLE' })
    expect([world.store.error, world.store.defaultNode]).toEqual([null, null])
  })

  it('does not let the list wait for a configuration that does not come', async () => {
    world.answers['config/nodes'] = () => new Promise(() => undefined)
    void world.store.initialize()
    await pass(5)
    expect(world.store.nodes).toHaveLength(1)
  })

  describe('while another question overtakes it', () => {
    type Answering = (response: Response) => void
    const good = () => Response.json({ success: true, data: [{ id: A }] })
    const bad = () => Response.json({ success: false, error: 'Failed to load node configuration' }, { status: 500 })
    let held: Answering[]
    beforeEach(() => {
      held = []
      world.answers['nodes'] = () => new Promise((resolve) => { held.push(resolve) })
    })
    /** What is there when `initialize` has settled; null = it has not. */
    function initialized() {
      const seen: { value: readonly [ids: string[], error: string | null, defaultNode: string | null] | null } = { value: null }
      void world.store.initialize().then(() => {
        const { listed, error, defaultNode } = world.store
        seen.value = [listed.map(({ id }) => id), error, defaultNode]
      })
      return seen
    }

    it.each<[string, () => unknown]>([
      ['of fetchNodeData, while nothing is monitored', () => world.store.fetchNodeData()],
      ['of another initialize', () => world.store.initialize()],
    ])('it settles with the answer of that one: %s', async (_what, askToo) => {
      const seen = initialized()
      await pass(1)
      void askToo()
      await pass(1)
      held[0]!(good())
      await pass(10)
      expect([held.length, seen.value]).toEqual([2, null])
      held[1]!(good())
      await pass(10)
      expect(seen.value).toEqual([[A], null, null])
    })

    it('it settles with the failure of that one', async () => {
      const seen = initialized()
      await pass(1)
      void world.store.initialize()
      await pass(1)
      held[0]!(bad())
      await pass(10)
      expect(seen.value).toBeNull()
      held[1]!(bad())
      await pass(10)
      expect(seen.value).toEqual([[], 'Failed to load node configuration', null])
    })

    it('it settles with the configuration of that one, where its own was still awaited', async () => {
      const configs: Answering[] = []
      world.answers['config/nodes'] = () => new Promise((resolve) => { configs.push(resolve) })
      const seen = initialized()
      await pass(1)
      held[0]!(good())
      await pass(1)
      void world.store.fetchNodeData()
      await pass(1)
      for (const answer of configs) answer(Response.json({ success: true, data: { config: {}, default_node: A } }))
      await pass(10)
      expect(seen.value).toBeNull()
      held[1]!(good())
      await pass(10)
      expect(seen.value).toEqual([[A], null, A])
    })

    it('it waits for nobody once the list is forgotten', async () => {
      const seen = initialized()
      await pass(1)
      void world.store.initialize()
      await pass(1)
      world.store.reset()
      held[0]!(good())
      await pass(10)
      expect(seen.value).toEqual([[], null, null])
    })
  })

  it('tries again until it works, and leaves no timer then', async () => {
    const { answers } = world
    const good = answers['nodes']!
    answers['nodes'] = NETWORK
    await world.store.initialize()
    expect([world.store.error, world.store.errorCode]).toEqual(['The server cannot be reached.', 'unreachable'])
    await pass(20_000)
    answers['nodes'] = good
    await pass(17_001)
    expect(world.store.nodes).toHaveLength(1)
    expect([world.store.error, world.store.errorCode, vi.getTimerCount()]).toEqual([null, null, 0])
  })

  it('leaves a server alone for as long as it asks for', async () => {
    const { answers } = world
    const good = answers['nodes']!
    answers['nodes'] = () => Response.json({ success: false }, { status: 503, headers: { 'retry-after': '90' } })
    await world.store.initialize()
    answers['nodes'] = good
    await pass(89_900)
    expect([world.asked('nodes').length, world.store.errorCode]).toEqual([1, 'retry-after'])
    await pass(200)
    expect([world.asked('nodes').length, world.store.nodes.length, world.store.error]).toEqual([2, 1, null])
  })

  it('asks about once a minute again for a list that is empty, until there is something in it', async () => {
    const { answers } = world
    const good = answers['nodes']!
    answers['nodes'] = () => Response.json({ success: true, data: [] })
    await world.store.initialize()
    expect([world.store.nodes, world.store.error]).toEqual([[], null])
    await pass(44_000)
    expect(world.asked('nodes')).toHaveLength(1)
    await pass(600_000)
    expect(world.asked('nodes').length).toBeGreaterThan(8)
    expect(world.asked('nodes').length).toBeLessThan(15)
    // What fails between is asked for as ever.
    answers['nodes'] = NETWORK
    await pass(120_000)
    answers['nodes'] = good
    await pass(17_001)
    expect([world.store.nodes.length, world.store.error, vi.getTimerCount()]).toEqual([1, null, 0])
  })

  it('ends with the signal of who asked, and goes on for another who asked as well', async () => {
    world.answers['nodes'] = NETWORK
    const [here, there] = [new AbortController(), new AbortController()]
    await world.store.initialize({ signal: there.signal })
    await world.store.initialize({ signal: here.signal })
    here.abort()
    let asked = world.asked('nodes').length
    await pass(60_000)
    expect(world.asked('nodes').length).toBeGreaterThan(asked)
    there.abort()
    asked = world.asked('nodes').length
    await pass(600_000)
    expect(world.asked('nodes')).toHaveLength(asked)
    expect(vi.getTimerCount()).toBe(0)
    await world.store.initialize({ signal: here.signal })
    expect(world.asked('nodes')).toHaveLength(asked)
  })

  it('ends with a question on its way when who asked has left meanwhile', async () => {
    let fail: () => void = () => undefined
    world.answers['nodes'] = () => new Promise((_resolve, reject) => { fail = () => { reject(new TypeError('network')) } })
    const leaving = new AbortController()
    void world.store.initialize({ signal: leaving.signal })
    await pass(5)
    leaving.abort()
    fail()
    await pass(600_000)
    expect(world.asked('nodes')).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('listens to a signal once while it tries, however often it came, and no more when it is done', async () => {
    const { signal } = new AbortController()
    const listening = new Set<unknown>()
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)] as const
    vi.spyOn(signal, 'addEventListener').mockImplementation((...args: Parameters<typeof add>) => { listening.add(args[1]); add(...args) })
    vi.spyOn(signal, 'removeEventListener').mockImplementation((...args: Parameters<typeof remove>) => { listening.delete(args[1]); remove(...args) })
    const good = world.answers['nodes']!
    world.answers['nodes'] = NETWORK
    for (let i = 0; i < 3; i += 1) await world.store.initialize({ signal })
    expect(listening.size).toBe(1)
    world.answers['nodes'] = good
    await world.store.initialize({ signal })
    expect([world.store.nodes.length, listening.size]).toEqual([1, 0])
    world.answers['nodes'] = NETWORK
    await world.store.initialize({ signal })
    world.store.reset()
    expect(listening.size).toBe(0)
  })

  it('ends with the client, and does not begin again after it', async () => {
    world.answers['nodes'] = NETWORK
    await world.store.initialize()
    world.plugin.client.dispose()
    await pass(600_000)
    expect(world.asked('nodes')).toHaveLength(1)
    await world.store.initialize()
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('reset', () => {
  it('forgets list, configuration, site and error, and keeps when news last came', async () => {
    await world.store.initialize()
    await world.live(A)
    const { lastUpdateTime } = world.store
    expect(lastUpdateTime).toBe(Date.now())
    world.answers['nodes'] = NETWORK
    await world.store.initialize()
    world.store.reset()
    await pass(60_000)
    const { nodes, nodeConfig, siteInfo, error, monitoringNodes, isMonitoring, websocketPorts } = world.store
    expect({ nodes, nodeConfig, siteInfo, error, monitoringNodes, isMonitoring, websocketPorts }).toEqual({
      nodes: [], nodeConfig: {}, siteInfo: null, error: null, monitoringNodes: [], isMonitoring: false, websocketPorts: {},
    })
    expect(world.store.lastUpdateTime).toBe(lastUpdateTime)
    expect([vi.getTimerCount(), world.env.held()]).toEqual([0, []])
  })
})

describe('names', () => {
  it('come from the list or the node, else from what the astdb store holds, and reading them asks nothing', async () => {
    world.answers['astdb/node/48752'] = () => Response.json({ success: true, data: { node_id: '48752', callsign: 'KB1ABC', description: 'Hub', location: 'Houston' } })
    await world.store.initialize()
    expect(world.store.getNodeInfo(546051)).toBe('W5GLE Hub Alvin, Texas')
    expect(world.store.getNodeInfo('48752')).toBe('Node not in database')
    expect(world.asked('astdb/node/48752')).toEqual([])
    await world.store.astdbStore.getNodeInfo('48752')
    expect(world.store.getNodeInfo('48752')).toBe('KB1ABC Hub Houston')
    void world.store.startMonitoring('48752')
    expect(world.store.getNodeInfo('48752')).toBe('KB1ABC Hub Houston')
  })

  it('are asked of the client that the store was given, whatever the store is called', async () => {
    const other = makeWorld()
    other.answers['astdb/node/2000'] = () => Response.json({ success: true, data: { node_id: '2000', callsign: 'WB6NIL' } })
    for (const id of ['realTime', 'elsewhere']) {
      // No plug-in is installed beside it.
      const pinia = createPinia()
      createApp({}).use(pinia)
      const store = createUseRealTimeStore({ id, client: () => other.plugin.client })(pinia)
      expect(store.astdb).toEqual({})
      await store.astdbStore.getNodeInfo('2000')
      expect(store.getNodeInfo('2000')).toBe('WB6NIL')
    }
    other.end()
  })
})
