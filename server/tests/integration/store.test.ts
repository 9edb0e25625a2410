/**
 * Each member of the `realTime` store over the real client, gateway and Asterisk (fake), as Supermon-NG's pages use them. The
 * last test holds that none was left out.
 */
import { createPinia, disposePinia } from 'pinia'
import { afterEach, describe, expect, it } from 'vitest'
import { createApp } from 'vue'
import { LiveClient } from '../../../frontend/src/services/liveClient.ts'
import { createUseRealTimeStore } from '../../../frontend/src/stores/realTime.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { nodeEnv } from '../support/nodeEnv.ts'
import { until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const A = '546051'
const B = '546055'

async function page(user = 'W5GLE') {
  const club = await openClub(
    closers, 'read', { names: (id) => (id === A ? { callsign: 'W5GLE', description: 'Hub', location: 'Alvin, Texas' } : null) },
    '$CONNECTUSER = array("W5GLE"); $DISCUSER = array("W5GLE"); $MONUSER = array("W5GLE"); $LMONUSER = array("W5GLE"); $DTMFUSER = array("W5GLE");',
  )
  const client = new LiveClient({ env: nodeEnv(club.app.url, await cookieFor(club.app, user)) })
  const pinia = createPinia()
  createApp({}).use(pinia)
  const store = seen(createUseRealTimeStore({ client: () => client })(pinia))
  closers.push(() => { client.dispose() }, () => { disposePinia(pinia) })
  return { ...club, client, store }
}

const used = new Set<string>()
/** The store, and which of its members the tests touch. */
function seen<T extends object>(store: T): T {
  return new Proxy(store, {
    get(target, member, receiver) {
      if (typeof member === 'string') used.add(member)
      return Reflect.get(target, member, receiver) as unknown
    },
  })
}

/** Asks by hand, again and again, until it shows: what the radio does takes its time to the gateway. */
async function askedUntil(ask: () => Promise<void>, check: () => boolean): Promise<void> {
  const end = Date.now() + 20_000
  do await ask()
  while (!check() && Date.now() < end)
  expect(check()).toBe(true)
}

describe('the store over the real gateway', () => {
  it('initialize lists the nodes, with their configuration and ports; a selection monitors them and no others', async () => {
    const { store, app } = await page()
    await store.initialize()
    expect(store.nodes.map(({ id }) => id)).toEqual([A, B])
    expect(store.error).toBeNull()
    expect(store.listed.map(({ id }) => id)).toEqual([A, B])
    expect(store.nodeConfig[A]).toMatchObject({ system: 'Nodes', hideNodeURL: false })
    expect([store.defaultNode, store.defaultNodes]).toEqual([A, []])
    expect(store.siteInfo).toMatchObject({ demo: false })
    expect(store.websocketPorts).toEqual(Object.fromEntries([A, B].map((id) => [id, Number(new URL(app.url).port)])))
    expect(store.getNodeInfo(A)).toBe('W5GLE Hub Alvin, Texas')
    expect([store.isMonitoring, store.isConnected]).toEqual([false, false])

    await store.startMonitoring(A)
    await until(() => store.getNodeById(A)?.status === 'online', 'online')
    expect([store.isMonitoring, store.isConnected, store.getNodeMonitoringMode(A)]).toEqual([true, true, 'live'])
    expect(store.lastUpdateTime).toBeGreaterThan(0)
    await store.syncMonitoringForSelection([` ${B} `, B])
    expect(store.monitoringNodes).toEqual([B])
    await until(() => store.wsMonitoringModes[B] === 'live', 'live')
    store.stopMonitoring(B)
    expect([store.isMonitoring, store.isConnected, store.getNodeMonitoringMode(B)]).toEqual([false, false, 'offline'])
  })

  it('rows follow the radio: keyed, unkeyed, linked, gone; other rows keep their objects', async () => {
    const { store, fake } = await page()
    await store.initialize()
    await store.syncMonitoringForSelection([A, B])
    await until(() => [A, B].every((id) => store.getNodeById(id)?.status === 'online'), 'online')
    const other = store.getNodeById(B)
    await fake.key({ node: A, on: true })
    await until(() => store.getNodeById(A)?.cos_keyed === 1, 'keyed')
    expect(store.getNodeById(A)?.is_keyed).toBe(true)
    await fake.connect({ node: A, link: '48752' })
    await until(() => store.getNodeById(A)?.remote_nodes?.some(({ node }) => node === '48752') === true, 'linked')
    await fake.linkKey({ node: A, link: '48752', on: true })
    await until(() => store.talkers(A).length > 0, 'a talker')
    await fake.disconnect({ node: A, link: '48752' })
    await until(() => store.getNodeById(A)?.connected_nodes?.every(({ node }) => node !== '48752') === true, 'gone')
    expect(store.getNodeById(B)).toBe(other)
  })

  it('commands are done when the node shows them, and refused with a sentence', async () => {
    const { store, fake } = await page()
    await store.initialize()
    await store.syncMonitoringForSelection([A])
    await until(() => store.getNodeById(A)?.status === 'online', 'online')
    const links = () => fake.state().nodes[A]?.links ?? {}
    await expect(store.connectNode(A, '48752')).resolves.toMatchObject({ outcome: 'done' })
    expect(links()['48752']).toMatchObject({ mode: 'transceive' })
    await expect(store.monitorNode(A, '48752')).resolves.toMatchObject({ outcome: 'done' })
    expect(links()['48752']).toMatchObject({ mode: 'monitor' })
    await expect(store.disconnectNode('48752')).resolves.toMatchObject({ outcome: 'done' })
    expect(links()['48752']).toBeUndefined()
    await expect(store.monitorCmdNode(A, '48752')).resolves.toMatchObject({ outcome: 'done' })
    expect(links()['48752']).toMatchObject({ mode: 'monitor' })
    await expect(store.localMonitorNode(A, '2000')).resolves.toMatchObject({ outcome: 'done' })
    await expect(store.disconnectNode(A, '1')).rejects.toThrow('1 is not linked to 546051.')
    await expect(store.disconnectAll(A)).resolves.toMatchObject({ outcome: 'done' })
    expect(links()).toEqual({})
    await expect(store.permConnectNode(A, '2001')).rejects.toThrow(/no right to permanent links/)
    await expect(store.sendDtmf(A, '*81')).resolves.toMatchObject({ outcome: 'not-confirmed' })
    await expect(store.sendDtmf(A, '*81\r\nAction: x')).rejects.toThrow()
  })

  it('whoever has no right is told so, and the node is not asked', async () => {
    const { store, fake } = await page('WB6NIL')
    await store.initialize()
    expect(store.nodes.map(({ id }) => id)).toEqual([B])
    await expect(store.connectNode(B, '48752')).rejects.toThrow(/no right to connect/)
    await expect(store.connectNode(A, '48752')).rejects.toThrow(/no node 546051/)
    expect(fake.state().nodes[A]?.links['48752']).toBeUndefined()
  })

  it('polling is idle while sockets serve; stopped, nothing is open and asking by hand still answers; started again, it is live', async () => {
    const { store, fake, client } = await page()
    await store.syncMonitoringForSelection([A])
    await until(() => store.getNodeById(A)?.status === 'online', 'online')
    expect(store.pollingState).toMatchObject({ isActive: false, errorCount: 0 })
    expect(store.pollingEfficiency).toEqual(store.pollingState)
    expect([store.transportOf(A), store.connectionOf(A).status]).toEqual(['socket', 'live'])

    store.stopPolling()
    expect([client.sockets.getAllConnectedNodes(), store.isConnected, store.monitoringNodes]).toEqual([[], false, [A]])
    await fake.key({ node: A, on: true })
    await askedUntil(() => store.fetchNodeData(), () => store.getNodeById(A)?.cos_keyed === 1)
    await fake.key({ node: A, on: false })
    await askedUntil(() => store.fetchNodeDataOptimized(), () => store.getNodeById(A)?.cos_keyed === 0)
    expect([store.error, store.isConnected]).toEqual([null, false])

    store.startPolling()
    await until(() => store.getNodeMonitoringMode(A) === 'live', 'live again')
    store.retry(A)
    expect(store.connections[A]).toMatchObject({ state: 'live', transport: 'socket' })
  })

  it('a message in the form of Supermon-NG is taken for a node that no socket feeds, and is overtaken by one that does', async () => {
    const { store } = await page()
    await store.syncMonitoringForSelection([A])
    await until(() => store.stateOf(A)?.reach === 'up', 'online')
    store.stopPolling()
    store.updateNodeFromWebSocket({ node: 546051, timestamp: 1, status: 'online', cos_keyed: 1, tx_keyed: 1, remote_nodes: [] })
    store.updateNodeFromWebSocket({ action: 'pong' })
    expect(store.getNodeById(A)).toMatchObject({ is_keyed: true, tx_keyed: 1 })
    store.startPolling()
    await until(() => store.getNodeById(A)?.is_keyed === false, 'as it is')
  })

  it('names of other nodes are asked of the same gateway, and stay', async () => {
    const { store } = await page()
    expect(store.astdb).toEqual({})
    await store.astdbStore.getMultipleNodesInfo([A, '1'])
    expect(store.astdb[A]).toEqual({ node_id: A, callsign: 'W5GLE', description: 'Hub', location: 'Alvin, Texas' })
    expect([store.getNodeInfo(A), store.getNodeInfo('1')]).toEqual(['W5GLE Hub Alvin, Texas', 'Node not in database'])
  })

  it('each fact of a node is told by itself: heard when, how old, believed or not, held by whom', async () => {
    const { store, client } = await page()
    expect(store.client).toBe(client)
    const release = store.hold(A)
    await until(() => store.heardAt(A) !== null, 'heard')
    expect(store.monitoringNodes).toEqual([A])
    expect(Math.abs(store.clockOffset())).toBeLessThan(5_000)
    expect(store.heardAt(A)! + store.ageOf(A)!).toBeGreaterThan(0)
    expect(store.isAgeKnown(A)).toBe(true)
    await until(() => store.ageOf(A)! >= 50, 'silence')
    expect(store.ageOf(B)).toBeNull()
    release()
    expect(store.isMonitoring).toBe(false)
  })

  it('errors come and go per node, and reset leaves nothing open and keeps when news last came', async () => {
    const { store, client } = await page()
    await store.initialize()
    await store.syncMonitoringForSelection([A, '99999'])
    await until(() => store.connections['99999']?.state === 'paused' && store.getNodeById(A)?.status === 'online', 'one good, one unknown')
    expect(store.errors).toEqual({ [A]: null, '99999': 'This node is not on this server.' })
    expect(store.connections[A]).toMatchObject({ state: 'live', transport: 'socket' })
    store.error = 'something'
    store.clearError()
    store.clearCache()
    expect([store.error, store.errorCode]).toEqual([null, null])
    const { lastUpdateTime } = store
    store.reset()
    expect([store.monitoringNodes, store.siteInfo, store.lastUpdateTime]).toEqual([[], null, lastUpdateTime])
    expect(client.sockets.getAllConnectedNodes()).toEqual([])
    await store.initialize()
    expect(store.nodes).toHaveLength(2)
  })

  it('has no member that no test here has touched', async () => {
    const { store } = await page()
    const own = Object.keys(store).filter((member) => !/^[$_]/.test(member) && member !== 'hotUpdate')
    expect(own.filter((member) => !used.has(member))).toEqual([])
  })
})
