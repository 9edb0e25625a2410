/** Each member of the `realTime` store over the real client, gateway and Asterisk (fake), as Supermon-NG's pages use them. */
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
  const store = createUseRealTimeStore({ client: () => client })(pinia)
  closers.push(() => { client.dispose() }, () => { disposePinia(pinia) })
  return { ...club, client, store }
}

describe('the store over the real gateway', () => {
  it('initialize lists the nodes, with their configuration and ports; a selection monitors them and no others', async () => {
    const { store } = await page()
    await store.initialize()
    expect(store.nodes.map(({ id }) => id)).toEqual([A, B])
    expect(store.error).toBeNull()
    expect(store.nodeConfig[A]).toMatchObject({ system: 'Nodes', hideNodeURL: false })
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
    await expect(store.localMonitorNode(A, '2000')).resolves.toMatchObject({ outcome: 'done' })
    await expect(store.disconnectNode(A, '1')).rejects.toThrow('1 is not linked to 546051.')
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

  it('polling can be stopped and asked for, errors come and go, and reset leaves nothing open', async () => {
    const { store, client } = await page()
    await store.initialize()
    await store.syncMonitoringForSelection([A, '99999'])
    await until(() => store.errors['99999'] !== undefined && store.getNodeById(A)?.status === 'online', 'one good, one unknown')
    expect(store.connections['99999']).toMatchObject({ state: 'paused' })
    expect(store.connections[A]).toMatchObject({ state: 'live', transport: 'socket' })
    store.stopPolling()
    store.startPolling()
    await store.fetchNodeData()
    await store.fetchNodeDataOptimized()
    expect(store.ageOf(A)).toBeLessThan(30_000)
    store.clearError()
    store.clearCache()
    expect(store.error).toBeNull()
    store.reset()
    expect(store.monitoringNodes).toEqual([])
    expect(client.sockets.getAllConnectedNodes()).toEqual([])
    await store.initialize()
    expect(store.nodes).toHaveLength(2)
  })
})
