/**
 * What is wrong in Supermon-NG's browser side today (`WebSocketService.ts` and `realTime.ts`, 4.3.3), defect by defect,
 * and that it cannot happen here. `tests/dom/stores` has those that a view would show.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
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
  frame('hello', {
    beatMs: 20_000,
    server: { name: 'test', version: '0' },
    limits: { messageBytes: 1, nodes: 1 },
    features: [],
  })
const snapshot = (node: string, seq: number, state = {}) =>
  frame('snapshot', { node, epoch: 'e1', seq, state: { ...UP, ...state } })
const patch = (node: string, seq: number, change: object) => frame('patch', { node, epoch: 'e1', seq, patch: change })

describe('a defect of Supermon-NG that is impossible here:', () => {
  let env: ScriptedEnv
  let client: LiveClient
  let updates: NodeUpdate[]
  let states: ConnectionState[]
  let diagnostics: Diagnostic[]
  let answer: (url: string, init?: RequestInit) => Promise<Response>

  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    answer = (url) => {
      const ids = (new URL(url).searchParams.get('nodes') ?? '').split(',')
      const data = Object.fromEntries(
        ids.map((id) => [id, { ...toStatusRow(id, UP, Date.now()), epoch: 'e1', seq: 5 }]),
      )
      return Promise.resolve(Response.json({ success: true, data, at: Date.now() }))
    }
    env.respond = (url, init) => answer(url, init)
    diagnostics = []
    updates = []
    states = []
    client = new LiveClient({ env, onDiagnostic: (each) => diagnostics.push(each) })
    client.sockets.onNodeMessage(A, (update) => updates.push(update))
    client.sockets.onNodeStateChange(A, (state) => states.push(state))
  })
  afterEach(() => {
    client.dispose()
    vi.useRealTimers()
  })

  const state = (node = A) => client.sockets.getNodeState(node)
  const asked = () => env.fetches.map(({ url }) => new URL(url).searchParams.get('nodes'))
  async function connect(node = A): Promise<ScriptedSocket> {
    void client.ladder.watch(node)
    await pass(5)
    return env.last()
  }
  function speak(socket: ScriptedSocket, node = A, seq = 1): void {
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(node, seq))
  }
  async function live(node = A): Promise<ScriptedSocket> {
    const socket = await connect(node)
    speak(socket, node)
    return socket
  }
  /** Waits for the next try of the only node. */
  async function nextTry(): Promise<ScriptedSocket> {
    const tries = env.sockets.length
    for (let waited = 0; env.sockets.length === tries && waited < 300; waited += 1) await pass(100)
    expect(env.sockets).toHaveLength(tries + 1)
    return env.last()
  }

  it('F-1 a `subscribed` or a `pong` is no news of any node, and makes none', async () => {
    const socket = await live()
    const held = updates.at(-1)
    for (let i = 0; i < 100; i += 1) {
      socket.say({ action: 'pong' })
      socket.say({ action: 'subscribed', node: A })
      socket.say({ type: 'pong', at: Date.now() })
    }
    expect(updates).toEqual([held])
    expect(client.sockets.getAllConnectedNodes()).toEqual([A])
    expect(client.sockets.getNodeState('NaN')).toEqual({ status: 'idle' })
    expect(client.sockets.getNodeState('undefined')).toEqual({ status: 'idle' })
  })

  it('F-1 an unmodified Supermon-NG may confirm and answer as it likes: only its states are news', async () => {
    env.state.protocol = ''
    const socket = await connect()
    socket.accept()
    socket.say({ action: 'subscribed', node: A })
    for (let i = 0; i < 10; i += 1) socket.say({ action: 'pong' })
    expect(updates).toEqual([])
    socket.say({ ...toStatusRow(A, { ...UP, rx: true }, Date.now()), timestamp: Math.floor(Date.now() / 1000) })
    expect(updates).toMatchObject([{ node: A, source: 'socket', state: { reach: 'up', rx: true } }])
    for (let i = 0; i < 10; i += 1) socket.say({ action: 'pong' })
    socket.say({ action: 'subscribed', node: A })
    expect(updates).toHaveLength(1)
  })

  it('F-2 nothing unchecked is handed on, and no socket writes another node', async () => {
    const ofB: NodeUpdate[] = []
    client.sockets.onNodeMessage(B, (update) => ofB.push(update))
    const socket = await live(A)
    await live(B)
    const before = [updates.length, ofB.length]
    for (const each of [null, [], [[]], 7, 'x', true, {}, { node: A }, { [B]: { status: 'online' } }]) socket.say(each)
    socket.say(snapshot(B, 9, { rx: true }))
    socket.say(patch(B, 2, { rx: true }))
    expect([updates.length, ofB.length]).toEqual(before)
    expect(diagnostics.map(({ code }) => code)).toContain('frame-for-another-node')
    expect(state()).toMatchObject({ status: 'live' })
  })

  it('F-3 null clears a field, and a field that is absent stays', async () => {
    const socket = await live()
    const alert = { text: 'Tornado watch', level: 'critical', url: null }
    socket.say(patch(A, 2, { telemetry: { alerts: [alert], uptime: '3 days' } }))
    socket.say(patch(A, 3, { telemetry: { alerts: null } }))
    expect(updates.at(-1)?.state.telemetry).toMatchObject({ alerts: null, uptime: '3 days' })
  })

  it('F-4 a node that is left while connecting has no socket, and never becomes live', async () => {
    const socket = await connect()
    client.ladder.unwatch(A)
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    speak(socket)
    await pass(60_000)
    expect(updates).toEqual([])
    expect(state()).toEqual({ status: 'idle' })
    expect(env.held()).toEqual([])
  })

  it('F-5 the late end of an old socket does not touch the new one', async () => {
    const old = await live()
    client.ladder.unwatch(A)
    const socket = await live()
    for (const code of [1006, 4504]) old.end(code)
    await pass(1_000)
    expect(state()).toMatchObject({ status: 'live' })
    expect(client.ladder.transportOf(A)).toBe('socket')
    expect(env.held()).toEqual([socket])
    expect(env.fetches).toEqual([])
  })

  it('F-6 a close with 1000 is followed by another try and a reason; a refusal has a code of its own', async () => {
    const socket = await live()
    socket.end(1000, 'unauthorized')
    expect(state()).toMatchObject({
      status: 'waiting',
      reason: { closeCode: 1000, message: expect.stringContaining('unauthorized') as string },
    })
    const second = await nextTry()
    second.end(4503, 'origin refused')
    expect(state()).toMatchObject({ status: 'paused', why: 'refused', reason: { code: 'refused', closeCode: 4503 } })
  })

  it('F-7 there is no last attempt: the socket itself comes back after a hundred failures', async () => {
    await connect()
    for (let i = 0; i < 100; i += 1) {
      env.last().end()
      await nextTry()
    }
    speak(env.last())
    expect(state()).toMatchObject({ status: 'live' })
  })

  it('F-8 browsers that lose a server together do not come back together', async () => {
    const returns: number[] = []
    for (let i = 0; i < 40; i += 1) {
      const one = scriptedEnv(() => i / 40)
      const other = new LiveClient({ env: one })
      void other.sockets.connectToNode(A)
      await pass(5)
      speak(one.last())
      one.last().end(1012)
      const left = other.sockets.getNodeState(A)
      returns.push(left.status === 'waiting' ? left.until - Date.now() : Number.NaN)
      other.dispose()
    }
    expect(Math.max(...returns) - Math.min(...returns)).toBeGreaterThan(800)
    expect(new Set(returns).size).toBeGreaterThan(30)
  })

  it('F-9 a server that accepts and closes at once is tried ever more rarely', async () => {
    await connect()
    const tries: number[] = []
    for (let i = 0; i < 6; i += 1) {
      speak(env.last())
      env.last().end(1000)
      tries.push(Date.now())
      await nextTry()
    }
    const waits = tries.slice(1).map((at, i) => at - (tries[i] ?? 0))
    expect(waits.at(-1)).toBeGreaterThan(5 * (waits[0] ?? 0))
    const count = env.sockets.length
    for (let i = 0; i < 60; i += 1) {
      if (env.last().readyState < 2) {
        speak(env.last())
        env.last().end(1000)
      }
      await pass(1_000)
    }
    expect(env.sockets.length - count).toBeLessThan(12)
  })

  it('F-10 a half-open socket is asked, and replaced when it does not answer', async () => {
    const socket = await live()
    await pass(30_000)
    expect(socket.frames().map(({ type }) => type)).toContain('ping')
    expect(states.filter((each) => each.status === 'waiting')).toMatchObject([{ reason: { code: 'silent' } }])
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    expect(env.last()).not.toBe(socket)
  })

  it('F-11 no address is kept: each try has its own, with what is held and the base by then', async () => {
    const socket = await live()
    socket.say(patch(A, 2, { rx: true }))
    socket.end()
    expect((await nextTry()).url).toBe('ws://gateway.test/supermon-ng/ws/546051?epoch=e1&seq=2')
    env.baseUrl = () => 'https://moved.test/radio/'
    speak(env.last(), A, 7)
    env.last().end()
    expect((await nextTry()).url).toBe('wss://moved.test/radio/ws/546051?epoch=e1&seq=7')
  })

  it('F-12 each node has its own state and reason; one that fails says nothing of another', async () => {
    const a = await live(A)
    const b = await connect(B)
    b.end(1011, 'broken')
    expect(state(B)).toMatchObject({
      status: 'waiting',
      reason: { message: 'The connection was closed (1011: broken).' },
    })
    expect(state(A)).toMatchObject({ status: 'live' })
    const held = state(B)
    a.say(patch(A, 2, { rx: true }))
    expect(state(B)).toBe(held)
    expect(states.map(({ status }) => status)).toEqual(['connecting', 'live'])
  })

  it('F-13 a message tells nobody that the connection changed: ten messages, ten news, no state', async () => {
    const socket = await live()
    const [news, told] = [updates.length, states.length]
    for (let seq = 2; seq < 12; seq += 1) socket.say(patch(A, seq, { rx: seq % 2 === 0 }))
    expect(updates.length - news).toBe(10)
    expect(states.length - told).toBe(0)
  })

  it('F-14 only the node that is down is polled, and an old answer never overwrites newer news', async () => {
    await live(A)
    const b = await connect(B)
    const ofB: NodeUpdate[] = []
    client.sockets.onNodeMessage(B, (update) => ofB.push(update))
    await pass(6_000)
    expect(new Set(asked())).toEqual(new Set([B]))
    let late: (response: Response) => void = () => undefined
    answer = () =>
      new Promise((resolve) => {
        late = resolve
      })
    await pass(2_000)
    const old = Response.json({
      success: true,
      data: { [B]: { ...toStatusRow(B, UP, Date.now()), epoch: 'e1', seq: 8 } },
      at: Date.now(),
    })
    b.accept()
    b.say(hello())
    b.say(snapshot(B, 9, { rx: true }))
    late(old)
    await pass(10)
    expect(ofB.at(-1)).toMatchObject({ source: 'socket', state: { rx: true } })
    const behind = { ...toStatusRow(B, UP, Date.now()), info: null, remote_nodes: [], epoch: 'e1', seq: 8 }
    client.sockets.offerPoll(B, behind, { at: Date.now() + 1_000, askedAt: Date.now() + 1_000 })
    expect(ofB.at(-1)).toMatchObject({ source: 'socket', state: { rx: true } })
  })

  it('F-15 a socket that is merely connecting costs no request', async () => {
    const socket = await connect()
    await pass(2_300)
    speak(socket)
    await pass(60)
    expect(env.fetches).toEqual([])
  })

  it('F-16 questions do not overlap, stop ends them, and a late answer brings no node back', async () => {
    let late: (response: Response) => void = () => undefined
    answer = () =>
      new Promise((resolve) => {
        late = resolve
      })
    await connect()
    await pass(9_000)
    expect(env.fetches).toHaveLength(1)
    const signal = env.fetches[0]?.init?.signal
    client.ladder.unwatch(A)
    expect(signal?.aborted).toBe(true)
    late(Response.json({ success: true, data: { [A]: toStatusRow(A, UP, Date.now()) }, at: Date.now() }))
    await pass(60_000)
    expect(updates).toEqual([])
    expect(state()).toEqual({ status: 'idle' })
    expect(client.ladder.transportOf(A)).toBe('none')
    expect(env.fetches).toHaveLength(1)
  })

  it('F-17 Asterisk down behind an open socket is told as such: reason, since when, no claim who talks', async () => {
    const socket = await live()
    socket.say(
      patch(A, 2, {
        rx: true,
        links: { '2000': { ...EMPTY_LINK, state: 'established', mode: 'transceive', keyed: true } },
      }),
    )
    const reason = { code: 'ami-closed', message: 'Asterisk closed the manager connection.' }
    socket.say(
      patch(A, 3, {
        reach: 'down',
        reachReason: reason,
        reachSince: Date.now(),
        rx: null,
        tx: null,
        links: { '2000': { keyed: null } },
      }),
    )
    expect(state()).toMatchObject({ status: 'live' })
    expect(updates.at(-1)?.state).toMatchObject({
      reach: 'down',
      reachReason: reason,
      reachSince: Date.now(),
      rx: null,
      tx: null,
      links: { '2000': { keyed: null } },
    })
  })

  it('F-18 leaving leaves nothing: no socket, ping, poll, listener or timer', async () => {
    await live(A)
    await connect(B)
    await pass(4_000)
    client.dispose()
    await pass(10)
    const requests = env.fetches.length
    await pass(600_000)
    expect(env.held()).toEqual([])
    expect(env.fetches).toHaveLength(requests)
    expect([vi.getTimerCount(), env.listeners.size, env.activity.size]).toEqual([0, 0, 0])
  })

  it('F-19 page signals are heard: a dead socket is replaced within 3 s of waking, none held when put away', async () => {
    const dead = await live()
    env.signal('hidden')
    await pass(10_000)
    expect(env.held()).toEqual([dead])
    env.signal('visible')
    await pass(3_000)
    expect(states.filter((each) => each.status === 'waiting')).toMatchObject([{ reason: { code: 'silent' } }])
    expect(env.sockets).toHaveLength(2)
    expect(env.held()).toEqual([env.last()])
    speak(env.last())
    env.signal('pagehide')
    expect(state()).toMatchObject({ status: 'paused', why: 'hidden' })
    expect(env.held()).toEqual([])
    env.signal('pageshow')
    await pass(5)
    speak(env.last())
    env.signal('offline')
    env.last().end()
    expect(state()).toMatchObject({ status: 'paused', why: 'offline' })
    const tries = env.sockets.length
    env.signal('online')
    await pass(5)
    expect(env.sockets).toHaveLength(tries + 1)
  })

  it('F-20 one node is one socket, however many on the page watch it', async () => {
    const seen = [0, 0, 0]
    for (const i of seen.keys())
      client.sockets.onNodeMessage(A, () => {
        seen[i] = (seen[i] ?? 0) + 1
      })
    await live()
    for (let i = 0; i < 5; i += 1) {
      void client.ladder.watch(A)
      void client.sockets.connectToNode(A)
    }
    await pass(1_000)
    expect(env.sockets).toHaveLength(1)
    expect(seen).toEqual([1, 1, 1])
  })

  it('F-21 news of one link leaves the objects of all others as they were', async () => {
    const socket = await live()
    const links = Object.fromEntries(['2000', '2001', '2002'].map((id) => [id, { ...EMPTY_LINK, keyed: false }]))
    socket.say(snapshot(A, 2, { links }))
    const before = updates.at(-1)?.state
    socket.say(patch(A, 3, { links: { '2001': { keyed: true } } }))
    const after = updates.at(-1)?.state
    expect(after?.links['2001']).not.toBe(before?.links['2001'])
    for (const id of ['2000', '2002']) expect(after?.links[id]).toBe(before?.links[id])
    expect([after?.telemetry === before?.telemetry, after?.indirect === before?.indirect]).toEqual([true, true])
  })

  it('F-22 and F-23 a visit asks for the node list and, without a socket, for rows: no ports, no ASTDB', async () => {
    await client.api.nodes().catch(() => undefined)
    await live(A)
    await connect(B)
    await pass(30_000)
    client.ladder.unwatch(A)
    await pass(30_000)
    const paths = new Set(env.fetches.map(({ url }) => new URL(url).pathname))
    expect(paths).toEqual(new Set(['/supermon-ng/api/v1/nodes', '/supermon-ng/api/v1/nodes/ami/status']))
  })

  it('F-24 what is not an id does not become one, and the types are checked with every check', async () => {
    answer = () => Promise.resolve(Response.json({ success: true, data: [{ id: 546051 }, { id: '2000' }] }))
    expect((await client.api.nodes()).data.map(({ id }) => id)).toEqual(['546051', '2000'])
    answer = () => Promise.resolve(Response.json({ success: true, data: [{ id: null }] }))
    await expect(client.api.nodes()).rejects.toMatchObject({ code: 'not-understood' })
    const rows = {
      [A]: { ...toStatusRow(A, UP, 0), node: null },
      [B]: { ...toStatusRow(B, UP, 0), node: Number(B) },
      '-1': toStatusRow(A, UP, 0),
    }
    answer = () => Promise.resolve(Response.json({ success: true, data: rows }))
    expect([...(await client.api.amiStatus([A, B], new AbortController().signal)).rows.keys()]).toEqual([B])
    const manifest = readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8')
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> }
    expect(scripts).toMatchObject({
      types: expect.stringContaining('vue-tsc') as string,
      check: expect.stringContaining('types') as string,
    })
  })

  it('F-25 a message that does not name the key flags leaves them as they are', async () => {
    const socket = await live()
    socket.say(patch(A, 2, { rx: true, links: { '2000': { ...EMPTY_LINK, keyed: true } } }))
    socket.say(patch(A, 3, { telemetry: { uptime: '4 days' }, links: { '2000': { mode: 'monitor' } } }))
    expect(updates.map(({ state: { rx } }) => rx)).toEqual([false, true, true])
    expect(updates.at(-1)?.state.links['2000']).toMatchObject({ keyed: true, mode: 'monitor' })
  })

  it('F-25 nor does a row, polled or of an unmodified Supermon-NG: what it does not name stays, what is null is cleared', async () => {
    env.state.protocol = ''
    const socket = await connect()
    socket.accept()
    const flat = (fields: object) => ({ node: A, timestamp: 1, status: 'online', remote_nodes: [], ...fields })
    socket.say(flat({ cos_keyed: 1, tx_keyed: 1, ALERT: 'Flood Watch', WX: 'Clear 20 C', cpu_up: '3 days' }))
    const held = updates.at(-1)?.state
    expect(held).toMatchObject({ rx: true, tx: true, telemetry: { alerts: [{ text: 'Flood Watch' }], uptime: '3 days' } })
    socket.say(flat({}))
    expect(updates.at(-1)?.state).toEqual(held)
    await pass(1)
    client.sockets.offerPoll(A, { node: A, status: 'online', remote_nodes: [] }, { at: null, askedAt: Date.now() })
    expect(updates.at(-1)?.state).toEqual(held)
    const link = (node: string) => ({ node, info: `Node ${node}`, direction: 'OUT', mode: 'T', keyed: 'no', link: 'ESTABLISHED' })
    socket.say(flat({ remote_nodes: [link('48752'), { node: null }, link('2001')] }))
    const links = () => Object.keys(updates.at(-1)?.state.links ?? {}).sort()
    expect(links()).toEqual(['2001', '48752'])
    await pass(1)
    client.sockets.offerPoll(A, { node: A, status: 'online', cos_keyed: 0 }, { at: null, askedAt: Date.now() })
    expect(updates.at(-1)?.state.rx).toBe(false)
    expect(links()).toEqual(['2001', '48752'])
    await pass(1)
    client.sockets.offerPoll(A, { node: A, status: 'online', remote_nodes: null }, { at: null, askedAt: Date.now() })
    expect(links()).toEqual([])
    socket.say(flat({ cos_keyed: 0, tx_keyed: null, ALERT: null, WX: null, cpu_up: null }))
    expect(updates.at(-1)?.state).toMatchObject({ rx: false, tx: null, telemetry: { alerts: null, weather: null, uptime: null } })
  })

  it('F-26 ages are server time against server time: a browser clock that is off or stepped changes none', async () => {
    const AHEAD = 3_600_000
    const socket = await connect()
    const serverNow = Date.now() + AHEAD
    socket.accept()
    socket.say({ ...hello(), at: serverNow })
    socket.say({ ...snapshot(A, 1, { lastKeyedAt: serverNow - 5_000 }), at: serverNow })
    const age = () => client.sockets.serverNow() - (updates.at(-1)?.state.lastKeyedAt ?? Number.NaN)
    expect(age()).toBe(5_000)
    vi.setSystemTime(Date.now() - 86_400_000)
    socket.say({ ...patch(A, 2, { rx: true }), at: serverNow + 1_000 })
    expect(age()).toBe(6_000)
    vi.setSystemTime(Date.now() + 3 * 86_400_000)
    socket.say({ ...patch(A, 3, { rx: false }), at: serverNow + 2_000 })
    expect(age()).toBe(7_000)
  })
})
