import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { Diagnostic } from '../../../src/services/diagnostics.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const A = '546051'
const B = '546055'
const UP = { ...EMPTY_NODE, reach: 'up', rx: false, tx: false } as const
const frame = (type: string, fields: object) => ({ type, at: Date.now(), ...fields })
const hello = () =>
  frame('hello', { beatMs: 20_000, server: { name: 'test', version: '0' }, limits: { messageBytes: 1, nodes: 1 }, features: [] })
const snapshot = (node: string, seq: number, state = {}) => frame('snapshot', { node, epoch: 'e1', seq, state: { ...UP, ...state } })

describe('the transport ladder', () => {
  let env: ScriptedEnv
  let client: LiveClient
  let updates: NodeUpdate[]
  let diagnostics: Diagnostic[]
  /** What the HTTP side answers. */
  let seq: number
  let rx: boolean
  let answer: (url: string, init?: RequestInit) => Promise<Response>

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    seq = 5
    rx = false
    answer = (url) => {
      const ids = (new URL(url).searchParams.get('nodes') ?? '').split(',')
      const data = Object.fromEntries(
        ids.map((id) => [id, { ...toStatusRow(id, { ...UP, rx }, Date.now()), epoch: 'e1', seq }]),
      )
      return Promise.resolve(Response.json({ success: true, data, at: Date.now() }))
    }
    env.respond = (url, init) => answer(url, init)
    diagnostics = []
    client = new LiveClient({ env, onDiagnostic: (each) => diagnostics.push(each) })
    updates = []
    client.sockets.onNodeMessage(A, (update) => updates.push(update))
  })
  afterEach(() => {
    client.dispose()
    vi.useRealTimers()
  })

  async function connect(node: string): Promise<ScriptedSocket> {
    void client.ladder.watch(node)
    await pass(2)
    return env.last()
  }
  async function live(node: string): Promise<ScriptedSocket> {
    const socket = await connect(node)
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(node, 1))
    return socket
  }
  const asked = () => env.fetches.map(({ url }) => new URL(url).searchParams.get('nodes'))

  it('asks nothing while sockets are fine, and nothing while one is merely connecting', async () => {
    await live(A)
    await pass(20_000)
    await connect(B)
    await pass(2_400)
    expect(env.fetches).toEqual([])
    expect(client.ladder.transportOf(A)).toBe('socket')
  })

  it('polls after 2.5 s without a word, only the nodes that are down, in one request a second', async () => {
    await live(A)
    await connect(B)
    await connect('2000')
    await pass(3_000)
    expect(asked()).toEqual([`${B},2000`])
    expect(client.ladder.transportOf(B)).toBe('polling')
    await pass(5_000)
    expect(asked().length).toBeGreaterThanOrEqual(5)
    expect(asked().length).toBeLessThanOrEqual(7)
    expect(new Set(asked())).toEqual(new Set([`${B},2000`]))
  })

  it('shows what it polled, and leaves polling with the first valid frame', async () => {
    const socket = await connect(A)
    rx = true
    await pass(3_000)
    expect(updates.at(-1)).toMatchObject({ source: 'poll', state: { reach: 'up', rx: true } })
    await pass(20_000)
    const second = env.last()
    expect(second).not.toBe(socket)
    second.accept()
    second.say(hello())
    second.say(snapshot(A, 9))
    expect(client.ladder.transportOf(A)).toBe('socket')
    const count = env.fetches.length
    await pass(30_000)
    expect(env.fetches.length).toBe(count)
  })

  it('does not offer a polled place for resuming: patches are never laid over a row', async () => {
    const socket = await connect(A)
    await pass(4_000)
    expect(updates.at(-1)?.source).toBe('poll')
    socket.accept()
    await pass(20_000)
    expect(env.last().url).not.toContain('epoch')
  })

  it('never goes back in time: an answer older than the socket is dropped', async () => {
    let late: (response: Response) => void = () => undefined
    answer = () => new Promise((resolve) => { late = resolve })
    const socket = await connect(A)
    await pass(2_600)
    expect(env.fetches).toHaveLength(1)
    socket.end()
    await pass(1_100)
    const second = env.last()
    second.accept()
    second.say(hello())
    second.say(snapshot(A, 9, { rx: true }))
    const { rx: shown } = updates.at(-1)!.state
    late(Response.json({ success: true, data: { [A]: { ...toStatusRow(A, UP, Date.now()), epoch: 'e1', seq: 8 } }, at: Date.now() }))
    await pass(10)
    expect(shown).toBe(true)
    expect(updates.at(-1)?.state.rx).toBe(true)
    expect(updates.every(({ source }) => source === 'socket')).toBe(true)
  })

  it('asks one question at a time, however slow the answers are', async () => {
    let open = 0
    let most = 0
    const quick = answer
    answer = async (url) => {
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, 7_000))
      open -= 1
      return quick(url)
    }
    await connect(A)
    await pass(60_000)
    expect(most).toBe(1)
    expect(env.fetches.length).toBeGreaterThan(4)
  })

  it('aborts on stop, and a late answer goes nowhere', async () => {
    let late: (response: Response) => void = () => undefined
    answer = () => new Promise((resolve) => { late = resolve })
    await connect(A)
    await pass(2_600)
    const { signal } = env.fetches[0]!.init!
    client.ladder.unwatch(A)
    expect(signal?.aborted).toBe(true)
    late(Response.json({ success: true, data: { [A]: toStatusRow(A, UP, Date.now()) } }))
    await pass(60_000)
    expect(updates).toEqual([])
    expect(env.fetches).toHaveLength(1)
  })

  it('slows down: 5 s when nobody does anything, 10 s while hidden, at once when somebody comes back', async () => {
    env.state.hasWebSocket = false
    await connect(A)
    await pass(40_000)
    const inactive = env.fetches.length
    await pass(50_000)
    expect(env.fetches.length - inactive).toBe(10)
    env.act()
    await pass(10)
    expect(env.fetches.length - inactive).toBe(11)
    env.signal('hidden')
    await pass(1_000)
    const hidden = env.fetches.length
    await pass(60_000)
    expect(env.fetches.length - hidden).toBe(6)
  })

  it('backs off when the server fails, honours Retry-After, and goes on for ever', async () => {
    env.state.hasWebSocket = false
    answer = () => Promise.resolve(new Response('', { status: 429, headers: { 'retry-after': '20' } }))
    await connect(A)
    await pass(2_600)
    expect(env.fetches).toHaveLength(1)
    await pass(19_800)
    expect(env.fetches).toHaveLength(1)
    await pass(400)
    expect(env.fetches).toHaveLength(2)
    answer = () => Promise.reject(new TypeError('network'))
    const before = env.fetches.length
    await pass(600_000)
    expect(env.fetches.length - before).toBeGreaterThan(20)
    expect(env.fetches.length - before).toBeLessThan(60)
    expect(diagnostics.map(({ code }) => code)).toContain('poll-failed')
  })

  it('does not ask while offline, and asks at once when back', async () => {
    env.state.hasWebSocket = false
    await connect(A)
    await pass(3_000)
    env.signal('offline')
    const count = env.fetches.length
    await pass(120_000)
    expect(env.fetches).toHaveLength(count)
    env.signal('online')
    await pass(10)
    expect(env.fetches).toHaveLength(count + 1)
  })

  it('does not call it polling that a page which is offline tries its socket, asks when that is back meanwhile, and rests when it is not', async () => {
    const socket = await live(A)
    const transports: string[] = []
    client.ladder.onTransport((_node, transport) => { transports.push(transport) })
    env.signal('offline')
    socket.end()
    await pass(180_000)
    expect([transports, env.fetches, env.sockets.length > 2]).toEqual([['none'], [], true])
    while (client.sockets.getNodeState(A).status !== 'connecting') await pass(1_000)
    await pass(3_000)
    env.signal('online')
    await pass(10)
    expect([client.ladder.transportOf(A), env.fetches.length]).toEqual(['polling', 1])
    env.signal('offline')
    expect(client.ladder.transportOf(A)).toBe('none')
  })

  it('asks for nothing while the page is put away, also for a node that just then fell back, and at once when shown', async () => {
    const socket = await connect(A)
    socket.end(4401)
    await pass(101)
    env.last().end(4401)
    expect(client.sockets.getNodeState(A)).toMatchObject({ why: 'needs-auth' })
    await pass(2_320)
    env.signal('pagehide')
    const polls = () => env.fetches.filter(({ url }) => url.includes('/ami/status'))
    await pass(120_000)
    expect(polls()).toEqual([])
    env.signal('pageshow')
    await pass(10)
    expect(polls()).toHaveLength(1)
  })

  it('keeps a browser without WebSocket current, and says so', async () => {
    env.state.hasWebSocket = false
    rx = true
    await connect(A)
    await pass(3_000)
    expect(client.sockets.getNodeState(A)).toMatchObject({ status: 'paused', reason: { code: 'no-websocket' } })
    expect(client.ladder.transportOf(A)).toBe('polling')
    expect(updates.at(-1)?.state.rx).toBe(true)
  })

  it('does not poll a node that the server does not have', async () => {
    const socket = await connect(A)
    socket.end(4504)
    const told: string[] = []
    client.ladder.onTransport((_node, transport) => told.push(transport))
    for (let minute = 0; minute < 5; minute += 1) {
      for (let s = 0; s < 75 && env.sockets.length === minute + 1; s += 1) await pass(1_000)
      expect(env.sockets).toHaveLength(minute + 2)
      // Nor while it is only asked whether it has it now.
      await pass(5_000)
      env.last().end(4504)
    }
    expect([env.fetches, told, client.ladder.transportOf(A)]).toEqual([[], [], 'none'])
    // A server that cannot be asked that is another matter.
    await pass(90_000)
    expect(client.ladder.transportOf(A)).toBe('polling')
  })

  it('survives an answer of another shape, row by row', async () => {
    env.state.hasWebSocket = false
    answer = () => Promise.resolve(Response.json({ success: true, data: { [A]: { nonsense: true } } }))
    await connect(A)
    await pass(3_000)
    expect(updates).toEqual([])
    expect(diagnostics.at(-1)).toMatchObject({ code: 'poll-not-understood', node: A })
    answer = () => Promise.resolve(Response.json({ success: true, data: [] }))
    await pass(2_000)
    answer = () => Promise.resolve(new Response('<html>'))
    await pass(3_000)
    expect(diagnostics.at(-1)?.code).toBe('poll-failed')
  })

  it('tells when polling fails and when it works again, per node, and when its pace changes', async () => {
    env.state.hasWebSocket = false
    const told: (string | null)[] = []
    const off = client.ladder.onPolling(() => { told.push(client.ladder.failureOf(A)) })
    await connect(A)
    await pass(3_000)
    expect(told.at(-1)).toBeNull()
    const good = answer
    answer = () => Promise.reject(new TypeError('network'))
    await pass(2_000)
    expect(told.at(-1)).toBe('The server cannot be reached.')
    answer = () => new Promise(() => undefined)
    await pass(30_000)
    expect(told.at(-1)).toBe('The server did not answer in time.')
    answer = () => Promise.resolve(Response.json({ success: true, data: { [A]: { nonsense: true } } }))
    await pass(31_000)
    expect(told.at(-1)).toBe('A polled row is not in the expected form.')
    answer = () => Promise.resolve(Response.json({ success: true, data: [] }))
    await pass(5_001)
    expect(told.at(-1)).toBe('The server says nothing of this node.')
    answer = good
    await pass(5_001)
    expect(told.at(-1)).toBeNull()
    expect(client.ladder.failureOf(B)).toBeNull()
    const before = told.length
    env.act()
    expect(told.length).toBe(before + 1)
    expect(client.ladder.pollingState()).toMatchObject({ currentInterval: 1_000, lastInterval: 5_000 })
    off()
    const after = told.length
    await pass(5_000)
    expect(told.length).toBe(after)
  })

  it('asked by hand, asks once for what no socket feeds, waits for it, and hands back what is not watched here', async () => {
    await live(A)
    await connect(B)
    rx = true
    const { rows } = await client.ladder.refresh([A, B, '2000'])
    expect(asked()).toEqual([`${B},2000`])
    expect([...rows.keys()]).toEqual(['2000'])
    expect(client.sockets.currentState(B)).toMatchObject({ rx: true })
    await client.ladder.refresh([A])
    expect(asked()).toHaveLength(1)
    answer = () => Promise.reject(new TypeError('network'))
    await expect(client.ladder.refresh([B])).rejects.toThrow('cannot be reached')
  })

  it('does not let an answer that was asked for earlier undo the one asked for by hand, where rows have no order', async () => {
    const late: ((response: Response) => void)[] = []
    answer = () => new Promise((resolve) => { late.push(resolve) })
    const row = (cos: boolean) => Response.json({ success: true, data: { [A]: toStatusRow(A, { ...UP, rx: cos }, Date.now()) } })
    env.state.hasWebSocket = false
    await connect(A)
    await pass(2_600)
    const byHand = client.ladder.refresh([A])
    late[1]?.(row(true))
    await byHand
    late[0]?.(row(false))
    await pass(10)
    expect(client.sockets.currentState(A)?.rx).toBe(true)
  })

  it('does nothing after dispose, whoever still asks', async () => {
    client.dispose()
    void client.ladder.watch(A)
    let ticks = 0
    client.ticker.watch(() => { ticks += 1 })
    await pass(60_000)
    expect([ticks, env.sockets.length, env.fetches.length, env.listeners.size, vi.getTimerCount()]).toEqual([0, 0, 0, 0, 0])
  })

  it('ends with the client what watches its ticker, and tells who waits on its behalf', async () => {
    let ticks = 0
    client.ticker.watch(() => { ticks += 1 })
    const ends: string[] = []
    client.onDispose(() => { ends.push('told') })
    client.onDispose(() => { ends.push('left before') })()
    await pass(3_000)
    expect(ticks).toBe(3)
    client.dispose()
    await pass(3_000)
    expect([ticks, ends, vi.getTimerCount(), env.listeners.size]).toEqual([3, ['told'], 0, 0])
    expect(client.disposed).toBe(true)
    client.revive()
    const off = client.ticker.watch(() => { ticks += 1 })
    await pass(2_000)
    expect(ticks).toBe(5)
    off()
  })

  it('leaves nothing behind after dispose', async () => {
    env.state.hasWebSocket = false
    await connect(A)
    await pass(3_000)
    client.dispose()
    await pass(10)
    expect(vi.getTimerCount()).toBe(0)
    expect(env.listeners.size).toBe(0)
    expect(env.activity.size).toBe(0)
  })
})
