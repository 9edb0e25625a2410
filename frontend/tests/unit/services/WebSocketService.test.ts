import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { WebSocketService } from '../../../src/services/WebSocketService.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'
import { hello } from '../support/frames.ts'

const NODE = '546051'
const snapshot = (seq: number, state: object = {}, epoch = 'e1', node = NODE) => ({
  type: 'snapshot', node, epoch, seq, at: Date.now(), state: { ...EMPTY_NODE, reach: 'up', ...state },
})
const patch = (seq: number, change: object, epoch = 'e1', node = NODE) => ({
  type: 'patch', node, epoch, seq, at: Date.now(), patch: change,
})

describe('WebSocketService', () => {
  let env: ScriptedEnv
  let service: WebSocketService
  let updates: NodeUpdate[]
  let diagnostics: Diagnostic[]

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    diagnostics = []
    service = new WebSocketService({ env, onDiagnostic: (each) => diagnostics.push(each) })
    updates = []
    service.onNodeMessage(NODE, (update) => updates.push(update))
  })
  afterEach(() => {
    service.dispose()
    vi.useRealTimers()
  })

  async function live(): Promise<ScriptedSocket> {
    void service.connectToNode(NODE)
    await pass(1)
    const socket = env.last()
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(1))
    return socket
  }

  it('connects to the node below the base, with the v2 subprotocol, and gives its state', async () => {
    const socket = await live()
    expect(socket.url).toBe('ws://gateway.test/supermon-ng/ws/546051')
    expect(service.isNodeConnected(NODE)).toBe(true)
    expect(service.getAllConnectedNodes()).toEqual([NODE])
    expect(updates.map(({ state }) => state.reach)).toEqual(['up'])
  })

  it('settles connectToNode on success and on failure, and never rejects', async () => {
    const done = vi.fn()
    void service.connectToNode(NODE).then(done)
    await pass(1)
    expect(done).not.toHaveBeenCalled()
    env.last().end()
    await pass(0)
    expect(done).toHaveBeenCalledOnce()
  })

  it('has heard nothing of the node while the server has only said hello', async () => {
    void service.connectToNode(NODE)
    await pass(1)
    env.last().accept()
    env.last().say(hello())
    expect(service.heardAt(NODE)).toBeNull()
    env.last().say(snapshot(1))
    expect(service.heardAt(NODE)).toBe(Date.now())
  })

  it('has one socket however often a node is connected', async () => {
    await live()
    void service.connectToNode(NODE)
    void service.connectToNode(NODE)
    await pass(50)
    expect(env.sockets).toHaveLength(1)
  })

  it('has one socket also when a handler asks for the node while it hears of its first state', async () => {
    service.onNodeStateChange(NODE, () => { void service.connectToNode(NODE) })
    await live()
    await pass(50)
    expect(env.sockets).toHaveLength(1)
  })

  it('applies patches in order and keeps the objects of links they do not name', async () => {
    const socket = await live()
    socket.say(snapshot(2, { links: { '48752': { ...EMPTY_LINK, keyed: false }, '2000': EMPTY_LINK } }))
    const before = updates.at(-1)!.state
    socket.say(patch(3, { links: { '48752': { keyed: true } } }))
    const after = updates.at(-1)!.state
    expect(after.links['48752']?.keyed).toBe(true)
    expect(after.links['2000']).toBe(before.links['2000'])
  })

  it('S-10 asks for a snapshot once when a sequence number is missing, and applies nothing in between', async () => {
    const socket = await live()
    const count = updates.length
    socket.say(patch(3, { rx: true }))
    socket.say(patch(4, { tx: true }))
    expect(socket.frames().filter(({ type }) => type === 'resync')).toHaveLength(1)
    expect(updates).toHaveLength(count)
    socket.say(snapshot(4, { rx: true, tx: true }))
    socket.say(patch(5, { tx: false }))
    expect(updates.at(-1)?.state).toMatchObject({ rx: true, tx: false })
  })

  it('drops a patch that is old, of another epoch or for another node, and says so', async () => {
    const socket = await live()
    socket.say(patch(2, { rx: true }))
    const count = updates.length
    socket.say(patch(2, { rx: false }))
    socket.say(patch(3, { rx: false }, 'e0'))
    socket.say(patch(3, { rx: false }, 'e1', '2000'))
    expect(updates).toHaveLength(count)
    expect(diagnostics.map(({ code }) => code)).toEqual(['sequence-old', 'sequence-gap', 'frame-for-another-node'])
  })

  it('survives anything a server can say: nothing is thrown, nothing is applied, all is counted', async () => {
    const socket = await live()
    const count = updates.length
    const nonsense = [
      'null', '[]', '42', '"x"', '{', '', '{"type":"patch"}', '{"type":"pong"}', '{"type":"nobody"}',
      JSON.stringify(snapshot(2, { links: 'none' })),
      JSON.stringify(snapshot(2, { rx: 'yes' })), `"${'x'.repeat(4_000_001)}"`,
    ]
    for (const each of nonsense) socket.say(each)
    expect(updates).toHaveLength(count)
    expect(diagnostics).toHaveLength(nonsense.length)
    socket.say(patch(2, { rx: true }))
    expect(updates.at(-1)?.state.rx).toBe(true)
  })

  it('offers what it holds when it reconnects, and shows the same state when nothing was missed', async () => {
    const socket = await live()
    socket.say(patch(2, { rx: true }))
    const held = updates.at(-1)?.state
    socket.end()
    await pass(1_000)
    expect(env.last().url).toBe('ws://gateway.test/supermon-ng/ws/546051?epoch=e1&seq=2')
    env.last().accept()
    env.last().say(hello())
    env.last().say({ type: 'current', node: NODE, epoch: 'e1', seq: 2, at: Date.now() })
    env.last().say(patch(3, { tx: true }))
    expect(updates.at(-1)?.state).toEqual({ ...held, tx: true })
  })

  it('closes the socket when a node is disconnected while connecting, and hears nothing of it later', async () => {
    void service.connectToNode(NODE)
    await pass(1)
    const socket = env.last()
    service.disconnectFromNode(NODE)
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    socket.say(hello())
    socket.say(snapshot(1))
    await pass(60_000)
    expect(updates).toEqual([])
    expect(env.sockets).toHaveLength(1)
    expect(service.getNodeState(NODE)).toEqual({ status: 'idle' })
  })

  it('is not disturbed by the late close of a socket that was replaced', async () => {
    const first = await live()
    service.disconnectFromNode(NODE)
    const second = await live()
    first.end(4504)
    await pass(100)
    expect(service.isNodeConnected(NODE)).toBe(true)
    expect(second.readyState).toBe(1)
  })

  it('never gives up: a hundred failures in a row, one try at a time, and then live', async () => {
    void service.connectToNode(NODE)
    for (let i = 0; i < 100; i += 1) {
      await pass(17_001)
      expect(env.held().length).toBeLessThanOrEqual(1)
      env.last().end()
    }
    await pass(17_001)
    env.last().accept()
    env.last().say(hello())
    expect(service.isNodeConnected(NODE)).toBe(true)
    expect(env.sockets.length).toBeGreaterThan(90)
  })

  it('sees the true close code, which the library under the gate hides behind 1000', async () => {
    const socket = await live()
    socket.end(4504, 'this node is not on this server')
    expect(service.getNodeState(NODE)).toMatchObject({
      status: 'paused', why: 'refused', reason: { closeCode: 4504, message: expect.stringContaining('not on this server') as string },
    })
    await pass(44_000)
    expect(env.sockets).toHaveLength(1)
    service.retryConnection(NODE)
    await pass(1)
    expect(env.sockets).toHaveLength(2)
  })

  it('replaces a socket that opens and says nothing, or nothing valid', async () => {
    void service.connectToNode(NODE)
    await pass(1)
    env.last().accept()
    env.last().say('{"html":"<proxy error>"}')
    await pass(2_500)
    expect(service.getNodeState(NODE)).toMatchObject({ status: 'waiting', reason: { code: 'first-message-timeout' } })
    expect(env.held()).toHaveLength(0)
  })

  it('holds no timer while hidden and live', async () => {
    await live()
    await pass(10)
    env.signal('hidden')
    await pass(60_000)
    expect(vi.getTimerCount()).toBe(0)
    expect(service.isNodeConnected(NODE)).toBe(true)
  })

  it('survives a handler that throws, and the other handlers still hear', async () => {
    service.onNodeMessage(NODE, () => { throw new Error('view broke') })
    const after = vi.fn()
    service.onNodeMessage(NODE, after)
    await live()
    expect(after).toHaveBeenCalledOnce()
    expect(diagnostics.map(({ code }) => code)).toContain('handler-threw')
  })

  it('gives disposers that are safe to call twice', async () => {
    const seen = vi.fn()
    const off = service.onNodeMessage(NODE, seen)
    const other = vi.fn()
    service.onNodeMessage(NODE, other)
    off()
    off()
    await live()
    expect(seen).not.toHaveBeenCalled()
    expect(other).toHaveBeenCalledOnce()
  })

  it('leaves nothing behind: no socket, no timer, no listener, and calls do nothing', async () => {
    const socket = await live()
    void service.connectToNode('2000')
    await pass(1)
    service.dispose()
    await pass(100)
    expect(env.held()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    expect(env.listeners.size).toBe(0)
    const count = updates.length
    socket.say(patch(2, { rx: true }))
    await service.connectToNode(NODE)
    await pass(60_000)
    expect(updates).toHaveLength(count)
    expect(env.held()).toEqual([])
  })

  it('pauses with a reason in a browser without WebSocket', async () => {
    env.state.hasWebSocket = false
    await service.connectToNode(NODE)
    expect(service.getNodeState(NODE)).toMatchObject({ status: 'paused', reason: { code: 'no-websocket' } })
  })

  it('estimates server time from frames, whatever this clock says', async () => {
    void service.connectToNode(NODE)
    await pass(1)
    env.last().accept()
    env.last().say({ ...hello(), at: Date.now() + 3_600_000 })
    expect(service.serverNow() - Date.now()).toBe(3_600_000)
  })
})
