import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { WebSocketService } from '../../../src/services/WebSocketService.ts'
import type { Topology } from '../../../src/services/WebSocketService.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'
import { hello as helloOf, patch } from '../support/frames.ts'

const at = () => Date.now()
const hello = () => helloOf({ features: ['batch'] })
const snapshot = (node: string, seq: number, state = {}) => ({ type: 'snapshot', node, epoch: 'e1', seq, at: at(), state: { ...EMPTY_NODE, reach: 'up', ...state } })

describe('over one shared socket', () => {
  let env: ScriptedEnv
  let service: WebSocketService
  let updates: NodeUpdate[]
  let diagnostics: Diagnostic[]

  beforeEach(holdTime)
  afterEach(() => {
    service.dispose()
    vi.useRealTimers()
  })
  function make(topology: Topology): void {
    env = scriptedEnv()
    diagnostics = []
    updates = []
    service = new WebSocketService({ env, topology, onDiagnostic: (each) => diagnostics.push(each) })
  }
  function connect(...nodes: string[]): void {
    for (const node of nodes) {
      service.onNodeMessage(node, (update) => updates.push(update))
      void service.connectToNode(node)
    }
  }
  async function live(...nodes: string[]): Promise<ScriptedSocket> {
    connect(...nodes)
    await pass(2)
    const socket = env.last()
    socket.accept()
    socket.say(hello())
    await pass(0)
    for (const node of nodes) socket.say(snapshot(node, 1))
    return socket
  }
  const asked = (socket: ScriptedSocket) => socket.frames().map((frame) => JSON.stringify(frame))

  it('has the same map, states and events: one socket, all nodes live, each its own news', async () => {
    make('shared')
    const socket = await live('1', '2', '3')
    expect(env.sockets).toHaveLength(1)
    expect(socket.url).toBe('ws://gateway.test/supermon-ng/ws')
    expect(asked(socket)).toEqual(['{"type":"subscribe","nodes":[{"node":"1"},{"node":"2"},{"node":"3"}]}'])
    expect(service.getAllConnectedNodes()).toEqual(['1', '2', '3'])
    socket.say(patch('2', 2, { rx: true }))
    expect(updates.at(-1)).toMatchObject({ node: '2', state: { rx: true } })
  })

  it('with auto, gives the first node a socket of its own and the rest one together: two, however many there are', async () => {
    make('auto')
    connect(...Array.from({ length: 30 }, (_, i) => String(i + 1)))
    await pass(5)
    expect(env.sockets.map(({ url }) => new URL(url).pathname)).toEqual(['/supermon-ng/ws/1', '/supermon-ng/ws'])
  })

  it('with auto, gives up to five nodes their own where a proxy passes on what is behind /ws/, and not /ws itself', async () => {
    make('auto')
    connect('1', '2', '3')
    for (let s = 0; s < 10; s += 1) {
      for (const socket of env.held().filter(({ readyState }) => readyState === 0)) {
        const node = socket.url.split('/').at(-1)
        if (node === 'ws') socket.end()
        else {
          socket.accept()
          socket.say(hello())
          socket.say(snapshot(node ?? '', 1))
        }
      }
      await pass(1_000)
    }
    expect(service.getAllConnectedNodes()).toEqual(['1', '2', '3'])
  })

  it.each([
    ['lets the handshake of /ws hang', false],
    ['takes /ws and says nothing on it', true],
  ])('with auto, gives up to five nodes their own where a proxy %s, and polls them no more', async (_how, takes) => {
    env = scriptedEnv()
    const client = new LiveClient({ env })
    service = client.sockets
    const nodes = ['1', '2', '3', '4', '5', '6']
    for (const node of nodes) void client.ladder.watch(node)
    for (let s = 0; s < 120; s += 1) {
      for (const socket of env.held().filter(({ readyState }) => readyState === 0)) {
        const node = socket.url.split('/').at(-1) ?? ''
        if (takes || node !== 'ws') socket.accept()
        if (node === 'ws') continue
        socket.say(hello())
        socket.say(snapshot(node, 1))
      }
      await pass(1_000)
      // A socket that says nothing for long is dead.
      for (const socket of env.held().filter(({ readyState, url }) => readyState === 1 && !url.endsWith('/ws'))) socket.say({ type: 'pong', at: at() })
    }
    expect(nodes.map((node) => client.ladder.transportOf(node))).toEqual([...Array.from({ length: 5 }, () => 'socket'), 'polling'])
    client.dispose()
  })

  it('with auto, takes no other places while every handshake hangs, as without coverage', async () => {
    make('auto')
    connect('1', '2', '3', '4', '5', '6')
    await pass(75_000)
    for (const socket of env.held().filter(({ readyState }) => readyState === 0)) socket.end()
    expect(new Set(env.sockets.map(({ url }) => url.split('/').at(-1)))).toEqual(new Set(['1', 'ws']))
  })

  it('with auto, takes no other places where there is none for the common socket', async () => {
    make('auto')
    connect('1', '2', '3')
    for (let s = 0; s < 60; s += 1) {
      for (const socket of env.held().filter(({ readyState }) => readyState === 0)) {
        socket.accept()
        socket.end(4429)
      }
      await pass(1_000)
    }
    expect(new Set(env.sockets.map(({ url }) => url.split('/').at(-1)))).toEqual(new Set(['1', 'ws']))
  })

  it('takes many frames in one message, each judged by itself', async () => {
    make('shared')
    const socket = await live('1', '2')
    socket.say({ type: 'batch', at: at(), frames: [patch('1', 2, { rx: true }), { type: 'patch', node: 7 }, null, patch('2', 2, { tx: true })] })
    expect(updates.slice(-2)).toMatchObject([{ node: '1', state: { rx: true } }, { node: '2', state: { tx: true } }])
    expect(diagnostics.map(({ code }) => code)).toEqual(['frame-not-understood', 'frame-not-understood'])
  })

  it('pauses one node that the server refuses, with its reason, and no other', async () => {
    make('shared')
    const states: string[] = []
    const socket = await live('1', '2')
    service.onNodeStateChange('2', (state) => states.push(state.status))
    socket.say({ type: 'error', at: at(), code: 'no-such-node', message: 'This node is not on this server.', node: '2' })
    expect(service.getNodeState('2')).toMatchObject({ status: 'paused', why: 'refused', reason: { serverCode: 'no-such-node' } })
    expect(service.getNodeState('1').status).toBe('live')
    expect(states).toEqual(['paused'])
    service.retryConnection('2')
    await pass(0)
    expect(asked(socket).at(-1)).toBe('{"type":"subscribe","nodes":[{"node":"2","epoch":"e1","seq":1}]}')
    expect(env.sockets).toHaveLength(1)
  })

  it('asks again about once a minute for a node that the server does not have, without a word of it, and shows it once it is there', async () => {
    make('shared')
    const socket = await live('1', '2')
    const refuse = () => { socket.say({ type: 'error', at: at(), code: 'no-such-node', message: 'This node is not on this server.', node: '2' }) }
    const told: string[] = []
    refuse()
    service.onNodeStateChange('2', (state) => told.push(state.status))
    const questions = () => asked(socket).filter((each) => each.includes('"subscribe"')).length
    for (let minute = 0; minute < 5; minute += 1) {
      const before = questions()
      for (let s = 0; s < 44; s += 11) {
        await pass(11_000)
        socket.say({ type: 'beat', at: at(), nodes: { 1: { epoch: 'e1', seq: 1 } } })
      }
      expect(questions()).toBe(before)
      for (let s = 0; s < 31 && questions() === before; s += 1) await pass(1_000)
      expect(questions()).toBe(before + 1)
      refuse()
    }
    expect(new Set(told)).toEqual(new Set(['paused']))
    const before = questions()
    for (let s = 0; s < 75 && questions() === before; s += 1) {
      await pass(1_000)
      if (s % 15 === 0) socket.say({ type: 'beat', at: at(), nodes: { 1: { epoch: 'e1', seq: 1 } } })
    }
    socket.say(snapshot('2', 7))
    expect(service.getNodeState('2').status).toBe('live')
    expect([env.sockets.length, service.getNodeState('1').status]).toEqual([1, 'live'])
  })

  it('asks the common socket whether it lives when the user retries a node that it has no answer for', async () => {
    make('shared')
    const socket = await live('1', '2')
    socket.say({ type: 'error', at: at(), code: 'no-such-node', message: 'This node is not on this server.', node: '2' })
    // From here on nothing arrives any more, and nobody is told.
    service.retryConnection('2')
    await pass(0)
    expect(socket.frames().slice(-2).map(({ type }) => type).sort()).toEqual(['ping', 'subscribe'])
    await pass(2_400)
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    expect(env.held()).toHaveLength(1)
  })

  it('resumes each node from its own place after a reconnect', async () => {
    make('shared')
    const socket = await live('1', '2')
    socket.say(patch('2', 2, { rx: true }))
    socket.end()
    await pass(1_100)
    env.last().accept()
    env.last().say(hello())
    await pass(0)
    expect(env.last().frames()).toEqual([
      { type: 'subscribe', nodes: [{ node: '1', epoch: 'e1', seq: 1 }, { node: '2', epoch: 'e1', seq: 2 }] },
    ])
  })

  it('subscribes nodes that come later, unsubscribes those that leave, and drops what still arrives for them', async () => {
    make('shared')
    const socket = await live('1', '2')
    connect('3')
    await pass(0)
    expect(asked(socket).at(-1)).toBe('{"type":"subscribe","nodes":[{"node":"3"}]}')
    service.disconnectFromNode('2')
    await pass(0)
    expect(asked(socket).at(-1)).toBe('{"type":"unsubscribe","nodes":["2"]}')
    const count = updates.length
    socket.say(patch('2', 2, { rx: true }))
    expect(updates).toHaveLength(count)
    expect(diagnostics.at(-1)?.code).toBe('frame-for-another-node')
    service.disconnectFromNode('1')
    service.disconnectFromNode('3')
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    await pass(60_000)
    expect(env.held()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('asks again for a node that the server does not count among its own', async () => {
    make('shared')
    const socket = await live('1', '2')
    socket.say({ type: 'beat', at: at(), nodes: { '1': { epoch: 'e1', seq: 1 } } })
    expect(service.getNodeState('2').status).toBe('connecting')
    await pass(0)
    expect(asked(socket).at(-1)).toBe('{"type":"subscribe","nodes":[{"node":"2","epoch":"e1","seq":1}]}')
    expect(asked(socket)).toHaveLength(2)
  })

  it('asks for the one node that missed something, which is live again with the answer', async () => {
    make('shared')
    const socket = await live('1', '2')
    socket.say(patch('2', 5, { rx: true }))
    expect(service.getAllConnectedNodes()).toEqual(['1'])
    await pass(0)
    expect(asked(socket).at(-1)).toBe('{"type":"subscribe","nodes":[{"node":"2","epoch":"e1","seq":1}]}')
    socket.say({ type: 'beat', at: at(), nodes: { '1': { epoch: 'e1', seq: 3 }, '2': { epoch: 'e1', seq: 9 } } })
    await pass(0)
    expect(asked(socket).at(-1)).toBe('{"type":"subscribe","nodes":[{"node":"1","epoch":"e1","seq":1}]}')
    for (const node of ['1', '2']) socket.say(snapshot(node, 9))
    expect(service.getAllConnectedNodes()).toEqual(['1', '2'])
    socket.say(patch('2', 10, { rx: true }))
    expect(updates.at(-1)).toMatchObject({ node: '2', state: { rx: true } })
  })

  it('fetches a fresh ticket for each try, and a failed fetch is a failed try', async () => {
    env = scriptedEnv()
    let number = 0
    service = new WebSocketService({
      env, topology: 'per-node', ticket: (node) => (++number === 2 ? Promise.reject(new Error('401')) : Promise.resolve(`${node ?? ''}-${number}`)),
    })
    void service.connectToNode('1')
    await pass(2)
    expect(env.last().url).toContain('token=1-1')
    env.last().end()
    await pass(1_100)
    expect(service.getNodeState('1').status).toBe('waiting')
    await pass(2_100)
    expect(env.last().url).toContain('token=1-3')
  })

  it('fetches none until a server closes with 4401; then one for each try, if there are any', async () => {
    env = scriptedEnv()
    let tickets = 0
    env.respond = () => Promise.resolve(Response.json({ success: true, node: '1', token: `t${(tickets += 1)}` }))
    const client = new LiveClient({ env, topology: 'per-node' })
    void client.sockets.connectToNode('1')
    await pass(2)
    expect(env.last().url).not.toContain('token')
    env.last().accept()
    env.last().end(4401)
    await pass(300)
    expect(env.last().url).toContain('token=t1')
    env.last().accept()
    env.last().say(hello())
    env.last().say(snapshot('1', 1))
    await pass(6_000)
    env.last().end(1006)
    await pass(1_100)
    expect(env.last().url).toContain('token=t2')
    client.dispose()
  })

  it('tries without one where 4401 means: sign in, and no ticket is to be had', async () => {
    env = scriptedEnv()
    env.respond = () => Promise.resolve(Response.json({ success: false, message: 'Authentication required' }, { status: 401 }))
    const client = new LiveClient({ env, topology: 'per-node' })
    void client.sockets.connectToNode('1')
    await pass(2)
    env.last().end(4401)
    await pass(300)
    expect(env.sockets).toHaveLength(2)
    env.last().end(4401)
    await pass(10)
    expect(client.sockets.getNodeState('1')).toMatchObject({ status: 'paused', why: 'needs-auth' })
    client.sockets.signedIn()
    await pass(300)
    expect(env.sockets).toHaveLength(3)
    expect(env.last().url).not.toContain('token')
    client.dispose()
  })

  it.each([
    ['busy', () => Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '5' } }))],
    ['busy, for nobody says how long', () => Promise.resolve(Response.json({ message: 'busy' }, { status: 429 }))],
    ['broken', () => Promise.resolve(new Response('<html>', { status: 502 }))],
    ['out of reach', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('does not send anybody to sign in because the tickets are %s, and does not spin', async (_how, respond) => {
    env = scriptedEnv()
    env.respond = respond
    const client = new LiveClient({ env, topology: 'per-node' })
    void client.sockets.connectToNode('1')
    for (let s = 0; s < 120; s += 1) {
      for (const socket of env.held()) {
        socket.accept()
        socket.end(4401)
      }
      await pass(1_000)
      expect(client.sockets.getNodeState('1').status).not.toBe('paused')
    }
    expect(env.sockets.length).toBeLessThan(16)
    env.respond = () => Promise.resolve(Response.json({ success: true, node: '1', token: 't1' }))
    for (let s = 0; s < 20 && !env.last().url.includes('token=t1'); s += 1) await pass(1_000)
    env.last().accept()
    env.last().say(hello())
    env.last().say(snapshot('1', 1))
    expect(client.sockets.getNodeState('1').status).toBe('live')
    client.dispose()
  })

  it('tries without one where the question for it is never answered', async () => {
    env = scriptedEnv()
    env.respond = (_url, init) => new Promise((_resolve, reject) => { init?.signal?.addEventListener('abort', () => { reject(new Error('aborted')) }) })
    const client = new LiveClient({ env, topology: 'per-node' })
    void client.sockets.connectToNode('1')
    await pass(2)
    env.last().end(4401)
    await pass(9_000)
    expect(env.sockets).toHaveLength(2)
    expect(client.sockets.getNodeState('1').status).toBe('connecting')
    client.dispose()
  })

  it('does not take the question of a try that was given up for that of the next one', async () => {
    env = scriptedEnv()
    let asked = 0
    env.respond = (_url, init) => {
      asked += 1
      if (asked > 1) return Promise.resolve(Response.json({ success: true, node: '1', token: 't2' }))
      return new Promise((_resolve, reject) => { init?.signal?.addEventListener('abort', () => { reject(new Error('aborted')) }) })
    }
    const client = new LiveClient({ env, topology: 'per-node' })
    void client.sockets.connectToNode('1')
    await pass(2)
    env.last().end(4401)
    await pass(2_000)
    client.sockets.retryConnection('1')
    await pass(10)
    expect([asked, env.last().url]).toEqual([2, expect.stringContaining('token=t2')])
    // The server was asked by somebody it knows.
    env.last().end(4401)
    expect(client.sockets.getNodeState('1')).toMatchObject({ status: 'paused', why: 'needs-auth' })
    client.dispose()
  })
})
