/** The real client over the real gateway over the fake Asterisk: only the browser's doors are Node's. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../../frontend/src/services/diagnostics.ts'
import { LiveClient } from '../../../frontend/src/services/liveClient.ts'
import type { Topology } from '../../../frontend/src/services/WebSocketService.ts'
import type { NodeUpdate } from '../../../frontend/src/services/watchedNode.ts'
import { toStatusRow } from '../../../protocol/statusRow.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { nodeEnv } from '../support/nodeEnv.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function stage(nodes: number, topology: Topology, base = '/supermon-ng') {
  const fake = await startFakeAsterisk({ nodes, links: 6, seed: 4 })
  closers.push(() => fake.close())
  const configs = fake.nodes.map((id) => nodeConfig(id, fake.port))
  let app = await runApp(configs, { base })
  closers.push(() => app.close(0))
  const env = nodeEnv(app.url)
  const diagnostics: Diagnostic[] = []
  const client = new LiveClient({ env, topology, onDiagnostic: (each) => diagnostics.push(each) })
  closers.push(() => { client.dispose() })
  const latest = new Map<string, NodeUpdate>()
  for (const id of fake.nodes) {
    client.sockets.onNodeMessage(id, (update) => latest.set(id, update))
    void client.ladder.watch(id)
  }
  const restart = async () => {
    const { port } = app
    await app.close(200)
    return async () => { app = await runApp(configs, { base, port }) }
  }
  return { fake, client, env, latest, diagnostics, restart }
}

describe('the client over the gateway', () => {
  for (const [topology, count, sockets] of [['per-node', 3, 3], ['shared', 3, 1], ['auto', 12, 2]] as const) {
    it(`${topology}: ${count} nodes are live over ${sockets} socket(s), each with its own news`, async () => {
      const { fake, client, env, latest, diagnostics } = await stage(count, topology)
      await until(() => fake.nodes.every((id) => latest.get(id)?.state.reach === 'up'), 'all up')
      expect(env.opened).toHaveLength(sockets)
      expect(client.sockets.getAllConnectedNodes()).toEqual([...fake.nodes])
      const node = fake.nodes.at(-1) as string
      const link = Object.entries(latest.get(node)?.state.links ?? {}).find(([, { mode }]) => mode === 'transceive')?.[0] as string
      await fake.linkKey({ node, link, on: true })
      await until(() => latest.get(node)?.state.links[link]?.keyed === true, 'keyed')
      await fake.linkKey({ node, link, on: false })
      await until(() => latest.get(node)?.state.links[link]?.keyed === false, 'unkeyed')
      expect(latest.get(fake.nodes[0] as string)?.state.links).toBeDefined()
      expect(diagnostics).toEqual([])
    })
  }

  it('a node that the server does not have disturbs no other on the shared socket', async () => {
    const { fake, client, latest } = await stage(2, 'shared')
    void client.ladder.watch('99999')
    await until(() => client.sockets.getNodeState('99999').status === 'paused', 'refused')
    await until(() => fake.nodes.every((id) => latest.get(id)?.state.reach === 'up'), 'all up')
    expect(client.sockets.getNodeState('99999')).toMatchObject({ why: 'refused', reason: { serverCode: 'no-such-node' } })
  })

  it('a node that the server does not have is not live for a moment, however often it is asked for', async () => {
    const { client } = await stage(1, 'per-node')
    const told: string[] = []
    client.sockets.onNodeStateChange('99999', (state) => told.push(state.status))
    void client.ladder.watch('99999')
    for (const times of [1, 2, 3]) {
      await until(() => told.filter((each) => each === 'paused').length === times, 'refused')
      client.sockets.retryConnection('99999')
    }
    expect(told).toEqual(['connecting', 'paused', 'connecting', 'paused', 'connecting', 'paused', 'connecting'])
  })

  for (const topology of ['per-node', 'shared'] as const) {
    it(`${topology}: after a restart of the gateway, what is shown is true again, by itself`, async () => {
      const { fake, client, latest, restart } = await stage(2, topology)
      const node = fake.nodes[0] as string
      await until(() => fake.nodes.every((id) => latest.get(id)?.state.reach === 'up'), 'all up')
      const start = await restart()
      await until(() => client.sockets.getAllConnectedNodes().length === 0, 'all down')
      await fake.key({ node, on: true })
      await start()
      await until(() => latest.get(node)?.state.rx === true && client.sockets.isNodeConnected(node), 'true again', 20_000)
      const now = client.sockets.serverNow()
      const shown = toStatusRow(node, latest.get(node)!.state, now)
      expect(shown).toMatchObject({ cos_keyed: 1, status: 'online' })
      expect(shown.remote_nodes.filter(({ link }) => link !== 'LINKED').map(({ node: id }) => id).sort()).toEqual(
        Object.keys(fake.state().nodes[node]!.links).sort(),
      )
    })
  }

  it('polls the gateway while sockets fail, and the answers are in the same order as the socket', async () => {
    const { fake, client, env, latest } = await stage(2, 'per-node')
    const node = fake.nodes[0] as string
    await until(() => fake.nodes.every((id) => latest.get(id)?.state.reach === 'up'), 'all up')
    client.sockets.setFlag(false)
    expect(client.sockets.getNodeState(node)).toMatchObject({ status: 'paused', why: 'flag-off' })
    await until(() => client.ladder.transportOf(node) === 'polling', 'polling')
    await fake.key({ node, on: true })
    await until(() => latest.get(node)?.source === 'poll' && latest.get(node)?.state.rx === true, 'polled')
    client.sockets.setFlag(true)
    await until(() => client.ladder.transportOf(node) === 'socket', 'socket again')
    await fake.key({ node, on: false })
    await until(() => latest.get(node)?.source === 'socket' && latest.get(node)?.state.rx === false, 'over the socket')
    expect(env.opened.length).toBeGreaterThanOrEqual(4)
  })
})
