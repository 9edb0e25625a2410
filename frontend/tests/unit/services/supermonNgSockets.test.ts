import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { WebSocketService } from '../../../src/services/WebSocketService.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'
import { hello as helloOf } from '../support/frames.ts'

const at = () => Date.now()
const hello = () => helloOf({ features: ['batch'] })
const snapshot = (node: string, seq: number, state = {}) => ({ type: 'snapshot', node, epoch: 'e1', seq, at: at(), state: { ...EMPTY_NODE, reach: 'up', ...state } })

describe('over an unmodified Supermon-NG server', () => {
  let env: ScriptedEnv
  let service: WebSocketService
  let updates: NodeUpdate[]
  let diagnostics: Diagnostic[]
  const flat = (fields = {}) => ({
    node: '2000', timestamp: Math.floor(Date.now() / 1000), status: 'online', cos_keyed: 0, tx_keyed: 0, cpu_temp: null, cpu_up: null,
    cpu_load: null, ALERT: null, WX: 'Clear 20 C', DISK: null,
    remote_nodes: [{ node: '2001', info: 'WB6NIL ASL Public Hub', ip: '192.0.2.10', direction: 'OUT', elapsed: '00:12:07', link: 'ESTABLISHED', keyed: 'yes', last_keyed: '3', mode: 'T' }],
    ...fields,
  })

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    env.state.protocol = ''
    diagnostics = []
    updates = []
    service = new WebSocketService({ env, onDiagnostic: (each) => diagnostics.push(each) })
    service.onNodeMessage('2000', (update) => updates.push(update))
  })
  afterEach(() => {
    service.dispose()
    vi.useRealTimers()
  })
  /** As a browser does: an offer that is not taken up fails the connection. */
  async function open(node = '2000'): Promise<ScriptedSocket> {
    void service.connectToNode(node)
    await pass(2)
    expect(env.last().offered).toEqual(['supermon.v2'])
    env.last().end()
    await pass(1_100)
    expect(env.last().offered).toEqual([])
    env.last().accept()
    return env.last()
  }

  it('keeps to its own greeting with a gateway that was heard once, whatever fails later', async () => {
    env.state.protocol = 'supermon.v2'
    void service.connectToNode('2000')
    await pass(2)
    env.last().accept()
    env.last().say(hello())
    for (let i = 0; i < 6; i += 1) {
      env.last().end()
      await pass(17_001)
      expect(env.last().offered).toEqual(['supermon.v2'])
    }
  })

  it('gives every node a socket of its own there, also those that were to share one', async () => {
    for (let i = 2000; i < 2008; i += 1) void service.connectToNode(String(i))
    await pass(10)
    expect(env.sockets).toHaveLength(2)
    for (const socket of env.held()) socket.end()
    await pass(1_100)
    const first = env.held().find(({ url }) => url.endsWith('/ws/2000'))
    first?.accept()
    first?.say(flat())
    await pass(50)
    expect(env.held().map(({ url }) => url.split('/').at(-1)).sort()).toEqual(
      Array.from({ length: 8 }, (_, i) => String(2000 + i)),
    )
  })

  it('finds out what it is also where all that is left waits for a common socket', async () => {
    for (let i = 2000; i < 2008; i += 1) void service.connectToNode(String(i))
    await pass(10)
    // The server is down, and another selection is made meanwhile: those with sockets of their own leave.
    for (const socket of env.held()) socket.end()
    for (let i = 2000; i < 2005; i += 1) service.disconnectFromNode(String(i))
    const paths = () => env.held().map(({ url }) => url.split('/').at(-1)).sort()
    await pass(1_100)
    expect(paths()).toEqual(['ws'])
    env.last().end()
    await pass(5)
    expect(paths()).toEqual(['2005'])
    env.last().end()
    await pass(1_100)
    const scout = env.held().find(({ url }) => url.endsWith('/ws/2005'))
    expect(scout?.offered).toEqual([])
    scout?.accept()
    scout?.say(flat({ node: '2005' }))
    await pass(50)
    expect(paths()).toEqual(['2005', '2006', '2007'])
  })

  it('sends five ahead at most, one after another, as the server may not know the one that went first', async () => {
    for (let i = 2000; i < 2012; i += 1) void service.connectToNode(String(i))
    for (let i = 2000; i < 2005; i += 1) service.disconnectFromNode(String(i))
    const own = () => new Set(env.sockets.map(({ url }) => url.split('/').at(-1)).filter((last) => last !== 'ws'))
    for (let s = 0; s < 240; s += 1) {
      await pass(1_000)
      // A Supermon-NG takes the greeting without an offer, and hangs up on a node that it does not have.
      for (const socket of env.held()) {
        if (socket.offered.length === 0) socket.accept()
        socket.end(socket.offered.length === 0 ? 1000 : 1006)
      }
    }
    expect([...own()]).toEqual(['2005', '2006', '2007', '2008', '2009'])
    for (let s = 0; s < 40 && service.getAllConnectedNodes().length === 0; s += 1) {
      await pass(1_000)
      const known = env.held().find(({ url, offered }) => url.includes('/ws/2009') && offered.length === 0)
      known?.accept()
      known?.say(flat({ node: '2009' }))
    }
    await pass(50)
    expect(own()).toEqual(new Set(['2005', '2006', '2007', '2008', '2009', '2010', '2011']))
  })

  it('stays with the common socket where that was asked for', async () => {
    service.dispose()
    service = new WebSocketService({ env, topology: 'shared' })
    for (const node of ['2000', '2001']) void service.connectToNode(node)
    for (let i = 0; i < 3; i += 1) {
      await pass(17_001)
      env.last().end()
    }
    expect(new Set(env.sockets.map(({ url }) => url.split('/').at(-1)))).toEqual(new Set(['ws']))
  })

  it('subscribes as its own page does, and shows its flat messages', async () => {
    const socket = await open()
    expect(socket.sent).toEqual(['{"action":"subscribe","node":"2000"}'])
    socket.say(flat())
    socket.say(flat())
    socket.say({ action: 'subscribed', node: '2000' })
    expect(service.getNodeState('2000').status).toBe('live')
    expect(updates[0]).toMatchObject({ source: 'socket', state: { reach: 'up', rx: false, links: { '2001': { keyed: true, mode: 'transceive' } } } })
  })

  it('never takes an acknowledgement or a pong for data', async () => {
    const socket = await open()
    socket.say({ action: 'subscribed', node: '2000' })
    socket.say({ action: 'pong' })
    expect(updates).toEqual([])
    expect(diagnostics).toEqual([])
    expect(service.getNodeState('2000').status).toBe('live')
    expect(service.heardAt('2000')).toBeNull()
  })

  it('clears what a null clears, and shows nobody else\'s node', async () => {
    const socket = await open()
    socket.say(flat({ ALERT: 'Flood Watch' }))
    expect(updates.at(-1)?.state.telemetry.alerts).toHaveLength(1)
    socket.say(flat())
    expect(updates.at(-1)?.state.telemetry.alerts).toBeNull()
    const count = updates.length
    socket.say(flat({ node: '2002' }))
    expect(updates).toHaveLength(count)
  })

  it('asks whether it lives in its own words, and says that the age of its data is not known', async () => {
    const socket = await open()
    socket.say(flat())
    const heard = service.heardAt('2000')
    await pass(26_500)
    expect(socket.sent.at(-1)).toBe('{"action":"ping"}')
    socket.say({ action: 'pong' })
    await pass(5_000)
    expect(service.getNodeState('2000').status).toBe('live')
    expect(service.heardAt('2000')).toBe(heard)
    expect(service.isAgeKnown('2000')).toBe(false)
  })

  it('comes back after its refusals with 1000, at the pace of the backoff', async () => {
    const socket = await open()
    socket.end(1000)
    expect(service.getNodeState('2000')).toMatchObject({ status: 'waiting', reason: { closeCode: 1000 } })
    await pass(2_100)
    expect(env.sockets).toHaveLength(3)
  })

  it('fetches a token where one is enforced: such a server closes with 1000 before it says a word', async () => {
    env.respond = (url) => Promise.resolve(url.includes('/websocket/token') ? Response.json({ success: true, node: '2000', token: 't1' }) : new Response('', { status: 404 }))
    const client = new LiveClient({ env })
    void client.sockets.connectToNode('2000')
    await pass(2)
    env.last().end()
    await pass(1_100)
    expect(env.last().offered).toEqual([])
    expect(env.fetches).toEqual([])
    env.last().accept()
    env.last().end(1000)
    await pass(2_100)
    // The greeting was understood; only the token was missing.
    expect(env.last().offered).toEqual([])
    expect(new URL(env.last().url).searchParams.get('token')).toBe('t1')
    env.last().accept()
    env.last().say(flat())
    expect(client.sockets.getNodeState('2000').status).toBe('live')
    client.dispose()
  })

  it('is not doubted for tries that fail: its daemon is down now and then, and is met the right way when it is back', async () => {
    const socket = await open()
    socket.say(flat())
    for (let i = 0; i < 4; i += 1) {
      env.last().end()
      await pass(17_001)
      expect(env.last().offered).toEqual([])
    }
  })

  it('takes the hint of a gateway that it met without its greeting, and comes back with it at once', async () => {
    const socket = await open()
    env.state.protocol = 'supermon.v2'
    socket.say(flat())
    socket.say({ action: 'subscribed', node: '2000', v2: true })
    await pass(5)
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    expect(env.last().offered).toEqual(['supermon.v2'])
    env.last().accept()
    env.last().say(hello())
    env.last().say(snapshot('2000', 1))
    expect(service.isAgeKnown('2000')).toBe(true)
    expect(diagnostics).toEqual([])
  })
})

describe('a server whose node list was heard before the first socket', () => {
  let env: ScriptedEnv
  let client: LiveClient
  const paths = () => env.held().map(({ url }) => url.split('/').at(-1)).sort()
  /** Eight nodes: with our gateway, seven of them share a socket. */
  async function list(nodes: object): Promise<void> {
    env.respond = () => Promise.resolve(Response.json(nodes))
    await client.api.nodes()
    for (let i = 2000; i < 2008; i += 1) void client.sockets.connectToNode(String(i))
    await pass(10)
  }
  const ownList = () => ({ success: true, data: [{ id: '2000' }] })
  const answers = readFileSync(join(import.meta.dirname, '../../../../server/tests/fixtures/supermon-ng/answers.json'), 'utf8')
  const itsList = () => (JSON.parse(answers) as Record<string, { body: object }>)['a stranger: nodes']!.body

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    client = new LiveClient({ env })
  })
  afterEach(() => {
    client.dispose()
    vi.useRealTimers()
  })

  it('is met as what it is with the first try where it is a Supermon-NG, whose ids are numbers: each node by a socket of its own, and without an offer', async () => {
    await list(itsList())
    expect(paths()).toEqual(Array.from({ length: 8 }, (_, i) => String(2000 + i)))
    expect(env.sockets.flatMap(({ offered }) => offered)).toEqual([])
  })

  it('is offered our dialect where it is a gateway of ours', async () => {
    await list(ownList())
    expect(paths()).toEqual(['2000', 'ws'])
    expect(env.sockets.map(({ offered }) => offered)).toEqual([['supermon.v2'], ['supermon.v2']])
  })

  it('says itself that it is a gateway of ours, where it stands behind the pages of a Supermon-NG', async () => {
    await list(itsList())
    const [first] = env.sockets
    first?.accept()
    first?.say({ action: 'subscribed', node: '2000', v2: true })
    await pass(5)
    expect([env.last().url.endsWith('/ws/2000'), env.last().offered]).toEqual([true, ['supermon.v2']])
    // Who has a socket of his own keeps it.
    expect(paths()).toEqual(Array.from({ length: 8 }, (_, i) => String(2000 + i)))
    // Nor is that taken back by the next list.
    await client.api.nodes()
    env.last().end()
    await pass(1_100)
    expect(env.last().offered).toEqual(['supermon.v2'])
  })

  it('is tried once a minute after some failures where none ever opened, as a Supermon-NG 4.0 has none; at once when the page is seen again', async () => {
    await list(itsList())
    const tries = () => env.sockets.filter(({ url }) => url.endsWith('/ws/2000'))
    const failFor = async (seconds: number) => {
      for (let i = 0; i < seconds; i += 1) {
        for (const socket of env.held()) socket.end()
        await pass(1_000)
      }
    }
    await failFor(30)
    expect(tries()).toHaveLength(6)
    await failFor(600)
    expect(tries()).toHaveLength(16)
    for (const socket of env.held()) socket.end()
    env.signal('visible')
    await pass(1_100)
    expect(tries()).toHaveLength(17)
    // It has some after all: from now on a failure is one like any other.
    tries().at(-1)?.accept()
    await failFor(600)
    expect(tries().length).toBeGreaterThan(50)
  })

  it('has sockets for every node once one has opened: a node that is chosen in an outage is tried like any other', async () => {
    env.state.protocol = ''
    await list(itsList())
    env.sockets[0]?.accept()
    void client.sockets.connectToNode('2999')
    for (let i = 0; i < 630; i += 1) {
      for (const socket of env.held()) socket.end()
      await pass(1_000)
    }
    expect(env.sockets.filter(({ url }) => url.endsWith('/ws/2999')).length).toBeGreaterThan(40)
  })

  it('is tried once a minute by sockets that were there before the list, too', async () => {
    void client.sockets.connectToNode('2000')
    await pass(10)
    await list(itsList())
    for (let i = 0; i < 630; i += 1) {
      for (const socket of env.held()) socket.end()
      await pass(1_000)
    }
    const tries = (node: string) => env.sockets.filter(({ url }) => url.endsWith(`/ws/${node}`)).length
    expect([tries('2000'), tries('2001')]).toEqual([16, 16])
  })

  it('that turns out to be a Supermon-NG while nodes wait for a common socket has them get their own at once', async () => {
    for (let i = 2000; i < 2008; i += 1) void client.sockets.connectToNode(String(i))
    await pass(10)
    expect(paths()).toContain('ws')
    await list(itsList())
    expect(paths()).toEqual(Array.from({ length: 8 }, (_, i) => String(2000 + i)))
  })
})
