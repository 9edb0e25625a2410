/** The real client over the real gateway where things go wrong: a gateway that comes late, a crowd of nodes, another user. */
import { createHash } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Env } from '../../../frontend/src/env/env.ts'
import type { Diagnostic } from '../../../frontend/src/services/diagnostics.ts'
import { LiveClient } from '../../../frontend/src/services/liveClient.ts'
import type { Topology } from '../../../frontend/src/services/WebSocketService.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { cookieFor, openClub } from '../support/club.ts'
import { nodeEnv } from '../support/nodeEnv.ts'
import { nodeConfig, runApp, until } from '../support/running.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

function clientOver(env: Env, topology: Topology, onDiagnostic?: (diagnostic: Diagnostic) => void): LiveClient {
  const client = new LiveClient({ env, topology, ...(onDiagnostic && { onDiagnostic }) })
  closers.push(() => { client.dispose() })
  return client
}
async function asterisk(options: FakeAsteriskOptions) {
  const fake = await startFakeAsterisk(options)
  closers.push(() => fake.close())
  return { fake, configs: fake.nodes.map((id) => nodeConfig(id, fake.port)) }
}

describe('a page that is opened while the gateway is down', () => {
  for (const [topology, count, dialect] of [
    ['shared', 3, 'plan'], ['auto', 8, 'plan'], ['per-node', 2, 'plan'], ['auto', 8, 'supermon-ng'],
  ] as const) {
    it(`${topology} with ${count} nodes, ${dialect}: is live on its own dialect once the gateway runs, nothing refused`, async () => {
      const { fake, configs } = await asterisk({ nodes: count, links: 2 })
      const first = await runApp(configs, { base: '/s', dialect })
      await first.close(0)
      // The shortest waits: a try each 100 ms at first.
      const env = { ...nodeEnv(first.url), random: () => 0 }
      const paused: string[] = []
      const client = clientOver(env, topology)
      for (const id of fake.nodes) {
        client.sockets.onNodeStateChange(id, (state) => { if (state.status === 'paused') paused.push(id) })
        void client.ladder.watch(id)
      }
      await until(() => fake.nodes.every((id) => client.sockets.getNodeState(id).status === 'waiting'), 'all have failed')
      const app = await runApp(configs, { base: '/s', dialect, port: first.port })
      closers.push(() => app.close(0))
      const isOwn = (id: string) => client.sockets.inspect().find(({ node }) => node === id)?.place != null
      await until(() => fake.nodes.every((id) => client.sockets.isNodeConnected(id) && isOwn(id) && client.sockets.isAgeKnown(id)), 'all live')
      expect(paused).toEqual([])
    })
  }
})

describe('many nodes', () => {
  it('chosen at once on a live page are all live, with a state each, in one message', async () => {
    const { fake, configs } = await asterisk({ nodes: 75, links: 1 })
    const app = await runApp(configs, { base: '/s' })
    closers.push(() => app.close(0))
    const diagnostics: Diagnostic[] = []
    const client = clientOver(nodeEnv(app.url), 'auto', (each) => diagnostics.push(each))
    const [few, many] = [fake.nodes.slice(0, 8), fake.nodes.slice(8)]
    for (const id of few) void client.ladder.watch(id)
    await until(() => few.every((id) => client.sockets.currentState(id) !== null), 'the first eight')
    for (const id of many) void client.ladder.watch(id)
    await until(() => fake.nodes.every((id) => client.sockets.currentState(id) !== null && client.sockets.isNodeConnected(id)), 'all')
    expect(diagnostics).toEqual([])
  })

  it('that are more than one connection may watch: those beyond are refused with a reason, and take places that come free', async () => {
    const { fake, configs } = await asterisk({ nodes: 5, links: 1 })
    const app = await runApp(configs, { base: '/s', limits: { nodesPerViewer: 3 } })
    closers.push(() => app.close(0))
    const client = clientOver(nodeEnv(app.url), 'shared')
    for (const id of fake.nodes) void client.ladder.watch(id)
    const live = () => client.sockets.getAllConnectedNodes().length
    await until(() => live() === 3, 'three live')
    const last = fake.nodes[4] as string
    await until(() => client.sockets.getNodeState(last).status === 'paused', 'the fifth refused')
    client.ladder.unwatch(fake.nodes[0] as string)
    client.ladder.unwatch(fake.nodes[1] as string)
    await until(() => live() === 3 && client.sockets.isNodeConnected(last), 'the others have their places')
  })
})

describe('who signs in or out on an open page', () => {
  const RIGHTS = '$CONNECTUSER = array("W5GLE"); $RSTATUSER = array("W5GLE");'
  async function page(anonymous: 'read' | 'none', topology: Topology) {
    const { app, fake } = await openClub(closers, anonymous, {}, RIGHTS)
    const stranger = nodeEnv(app.url)
    const member = nodeEnv(app.url, await cookieFor(app, 'W5GLE'))
    let who = stranger
    const client = clientOver({ ...stranger, webSocket: () => who.webSocket(), fetch: (url, init) => who.fetch(url, init) }, topology)
    for (const id of fake.nodes) void client.ladder.watch(id)
    const become = (next: 'stranger' | 'member') => {
      who = next === 'member' ? member : stranger
      client.userChanged()
    }
    return { client, fake, become }
  }

  for (const topology of ['per-node', 'shared'] as const) {
    it(`${topology}: sees what he may from then on, and no longer than he may`, async () => {
      const { client, fake, become } = await page('read', topology)
      const node = fake.nodes[0] as string
      const links = () => Object.values(client.sockets.currentState(node)?.links ?? {})
      await until(() => client.sockets.currentState(node)?.reach === 'up' && links().length > 0, 'up')
      expect(links().some(({ peer }) => peer != null)).toBe(false)
      become('member')
      await until(() => client.sockets.isNodeConnected(node) && links().some(({ peer }) => peer != null), 'addresses')
      become('stranger')
      await until(() => client.sockets.isNodeConnected(node) && !links().some(({ peer }) => peer != null), 'no addresses')
    })

    it(`${topology}: waits for a sign-in where strangers see nothing, and is live after it`, async () => {
      const { client, fake, become } = await page('none', topology)
      const state = () => client.sockets.getNodeState(fake.nodes[0] as string)
      await until(() => state().status === 'paused', 'paused')
      expect(state()).toMatchObject({ why: 'needs-auth', wake: 'signed-in', reason: { code: 'needs-auth' } })
      become('member')
      await until(() => client.sockets.getAllConnectedNodes().length === fake.nodes.length, 'live')
    })
  }
})

describe('bytes that are no text', () => {
  /** A server that completes the handshake and then sends a text message that is not UTF-8 (RFC 6455 5.6: fail the connection). */
  async function brokenServer(): Promise<{ port: number; accepted: () => number }> {
    let accepted = 0
    const sockets = new Set<Socket>()
    const server: Server = createServer((socket) => {
      accepted += 1
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.once('data', (request) => {
        const key = /sec-websocket-key: (\S+)/i.exec(request.toString('latin1'))?.[1] ?? ''
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: supermon.v2\r\n\r\n`,
        )
        socket.write(Buffer.from([0x81, 0x04, 0x7b, 0xc3, 0x28, 0x7d]))
      })
    })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    closers.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return { port: (server.address() as AddressInfo).port, accepted: () => accepted }
  }

  it('end that connection and nothing else: the next try comes by itself', async () => {
    const { port, accepted } = await brokenServer()
    const client = clientOver({ ...nodeEnv(`http://127.0.0.1:${port}/`), random: () => 0 }, 'per-node')
    await client.sockets.connectToNode('546051')
    expect(client.sockets.getNodeState('546051')).toMatchObject({ status: 'waiting', reason: { code: 'socket-closed' } })
    await until(() => accepted() >= 3, 'further tries')
    expect(client.sockets.currentState('546051')).toBeNull()
  })
})
