/**
 * What is wrong with polling, the life of a page and what becomes of data in Supermon-NG's browser side today (`WebSocketService.ts` and
 * `realTime.ts`, 4.3.3), defect by defect, and that it cannot happen here: F-14 to F-26. `tests/dom/stores` has those that a view would show.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EMPTY_LINK } from '../../../../protocol/nodeState.ts'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { A, B, ClientStage, hello, patch, snapshot, speak, UP } from '../support/clientStage.ts'
import { pass } from '../support/scriptedEnv.ts'

describe('a defect of Supermon-NG that is impossible here:', () => {
  let stage: ClientStage
  beforeEach(() => { stage = new ClientStage() })
  afterEach(() => { stage.close() })

  it('F-14 only the node that is down is polled, and an old answer never overwrites newer news', async () => {
    await stage.live(A)
    const b = await stage.connect(B)
    const ofB: NodeUpdate[] = []
    stage.client.sockets.onNodeMessage(B, (update) => ofB.push(update))
    await pass(6_000)
    expect(new Set(stage.asked())).toEqual(new Set([B]))
    let late: (response: Response) => void = () => undefined
    stage.answer = () =>
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
    stage.client.sockets.offerPoll(B, behind, { at: Date.now() + 1_000, askedAt: Date.now() + 1_000 })
    expect(ofB.at(-1)).toMatchObject({ source: 'socket', state: { rx: true } })
  })

  it('F-15 a socket that is merely connecting costs no request', async () => {
    const socket = await stage.connect()
    await pass(2_300)
    speak(socket)
    await pass(60)
    expect(stage.env.fetches).toEqual([])
  })

  it('F-16 questions do not overlap, stop ends them, and a late answer brings no node back', async () => {
    let late: (response: Response) => void = () => undefined
    stage.answer = () =>
      new Promise((resolve) => {
        late = resolve
      })
    await stage.connect()
    await pass(9_000)
    expect(stage.env.fetches).toHaveLength(1)
    const signal = stage.env.fetches[0]?.init?.signal
    stage.client.ladder.unwatch(A)
    expect(signal?.aborted).toBe(true)
    late(Response.json({ success: true, data: { [A]: toStatusRow(A, UP, Date.now()) }, at: Date.now() }))
    await pass(60_000)
    expect(stage.updates).toEqual([])
    expect(stage.state()).toEqual({ status: 'idle' })
    expect(stage.client.ladder.transportOf(A)).toBe('none')
    expect(stage.env.fetches).toHaveLength(1)
  })

  it('F-17 Asterisk down behind an open socket is told as such: reason, since when, no claim who talks', async () => {
    const socket = await stage.live()
    socket.say(
      patch(A, 2, {
        rx: true,
        links: { '2000': { ...EMPTY_LINK, state: 'established', mode: 'transceive', keyed: true } },
      }),
    )
    const reason = { code: 'ami-closed', message: 'Asterisk closed the manager connection.' }
    const down = { reach: 'down', reachReason: reason, reachSince: Date.now(), rx: null, tx: null, links: { '2000': { keyed: null } } } as const
    socket.say(patch(A, 3, down))
    expect(stage.state()).toMatchObject({ status: 'live' })
    expect(stage.updates.at(-1)?.state).toMatchObject(down)
  })

  it('F-18 leaving leaves nothing: no socket, ping, poll, listener or timer', async () => {
    await stage.live(A)
    await stage.connect(B)
    await pass(4_000)
    stage.client.dispose()
    await pass(10)
    const requests = stage.env.fetches.length
    await pass(600_000)
    expect(stage.env.held()).toEqual([])
    expect(stage.env.fetches).toHaveLength(requests)
    expect([vi.getTimerCount(), stage.env.listeners.size, stage.env.activity.size]).toEqual([0, 0, 0])
  })

  it('F-19 page signals are heard: a dead socket is replaced within 3 s of waking, none held when put away', async () => {
    const dead = await stage.live()
    stage.env.signal('hidden')
    await pass(10_000)
    expect(stage.env.held()).toEqual([dead])
    stage.env.signal('visible')
    await pass(3_000)
    expect(stage.states.filter((each) => each.status === 'waiting')).toMatchObject([{ reason: { code: 'silent' } }])
    expect(stage.env.sockets).toHaveLength(2)
    expect(stage.env.held()).toEqual([stage.env.last()])
    speak(stage.env.last())
    stage.env.signal('pagehide')
    expect(stage.state()).toMatchObject({ status: 'paused', why: 'hidden' })
    expect(stage.env.held()).toEqual([])
    stage.env.signal('pageshow')
    await pass(5)
    speak(stage.env.last())
    stage.env.signal('offline')
    stage.env.last().end()
    expect(stage.state()).toMatchObject({ status: 'paused', why: 'offline' })
    const tries = stage.env.sockets.length
    stage.env.signal('online')
    await pass(5)
    expect(stage.env.sockets).toHaveLength(tries + 1)
  })

  it('F-20 one node is one socket, however many on the page watch it', async () => {
    const seen = [0, 0, 0]
    for (const i of seen.keys())
      stage.client.sockets.onNodeMessage(A, () => {
        seen[i] = (seen[i] ?? 0) + 1
      })
    await stage.live()
    for (let i = 0; i < 5; i += 1) {
      void stage.client.ladder.watch(A)
      void stage.client.sockets.connectToNode(A)
    }
    await pass(1_000)
    expect(stage.env.sockets).toHaveLength(1)
    expect(seen).toEqual([1, 1, 1])
  })

  it('F-21 news of one link leaves the objects of all others as they were', async () => {
    const socket = await stage.live()
    const links = Object.fromEntries(['2000', '2001', '2002'].map((id) => [id, { ...EMPTY_LINK, keyed: false }]))
    socket.say(snapshot(A, 2, { links }))
    const before = stage.updates.at(-1)?.state
    socket.say(patch(A, 3, { links: { '2001': { keyed: true } } }))
    const after = stage.updates.at(-1)?.state
    expect(after?.links['2001']).not.toBe(before?.links['2001'])
    for (const id of ['2000', '2002']) expect(after?.links[id]).toBe(before?.links[id])
    expect([after?.telemetry === before?.telemetry, after?.indirect === before?.indirect]).toEqual([true, true])
  })

  it('F-22 and F-23 a visit asks for the node list and, without a socket, for rows: no ports, no ASTDB', async () => {
    await stage.client.api.nodes().catch(() => undefined)
    await stage.live(A)
    await stage.connect(B)
    await pass(30_000)
    stage.client.ladder.unwatch(A)
    await pass(30_000)
    const paths = new Set(stage.env.fetches.map(({ url }) => new URL(url).pathname))
    expect(paths).toEqual(new Set(['/supermon-ng/api/v1/nodes', '/supermon-ng/api/v1/nodes/ami/status']))
  })

  it('F-24 what is not an id does not become one, and the types are checked with every check', async () => {
    stage.answer = () => Promise.resolve(Response.json({ success: true, data: [{ id: 546051 }, { id: '2000' }] }))
    expect((await stage.client.api.nodes()).data.map(({ id }) => id)).toEqual(['546051', '2000'])
    stage.answer = () => Promise.resolve(Response.json({ success: true, data: [{ id: null }] }))
    await expect(stage.client.api.nodes()).rejects.toMatchObject({ code: 'not-understood' })
    const rows = {
      [A]: { ...toStatusRow(A, UP, 0), node: null },
      [B]: { ...toStatusRow(B, UP, 0), node: Number(B) },
      '-1': toStatusRow(A, UP, 0),
    }
    stage.answer = () => Promise.resolve(Response.json({ success: true, data: rows }))
    expect([...(await stage.client.api.amiStatus([A, B], new AbortController().signal)).rows.keys()]).toEqual([B])
    const manifest = readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8')
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> }
    expect(scripts).toMatchObject({
      types: expect.stringContaining('vue-tsc') as string,
      check: expect.stringContaining('types') as string,
    })
  })

  it('F-25 a message that does not name the key flags leaves them as they are', async () => {
    const socket = await stage.live()
    socket.say(patch(A, 2, { rx: true, links: { '2000': { ...EMPTY_LINK, keyed: true } } }))
    socket.say(patch(A, 3, { telemetry: { uptime: '4 days' }, links: { '2000': { mode: 'monitor' } } }))
    expect(stage.updates.map(({ state: { rx } }) => rx)).toEqual([false, true, true])
    expect(stage.updates.at(-1)?.state.links['2000']).toMatchObject({ keyed: true, mode: 'monitor' })
  })

  it('F-25 nor does a row, polled or of an unmodified Supermon-NG: what it does not name stays, what is null is cleared', async () => {
    stage.env.state.protocol = ''
    const socket = await stage.connect()
    socket.accept()
    const flat = (fields: object) => ({ node: A, timestamp: 1, status: 'online', remote_nodes: [], ...fields })
    socket.say(flat({ cos_keyed: 1, tx_keyed: 1, ALERT: 'Flood Watch', WX: 'Clear 20 C', cpu_up: '3 days' }))
    const held = stage.updates.at(-1)?.state
    expect(held).toMatchObject({ rx: true, tx: true, telemetry: { alerts: [{ text: 'Flood Watch' }], uptime: '3 days' } })
    socket.say(flat({}))
    expect(stage.updates.at(-1)?.state).toEqual(held)
    await pass(1)
    stage.client.sockets.offerPoll(A, { node: A, status: 'online', remote_nodes: [] }, { at: null, askedAt: Date.now() })
    expect(stage.updates.at(-1)?.state).toEqual(held)
    const link = (node: string) => ({ node, info: `Node ${node}`, direction: 'OUT', mode: 'T', keyed: 'no', link: 'ESTABLISHED' })
    socket.say(flat({ remote_nodes: [link('48752'), { node: null }, link('2001')] }))
    const links = () => Object.keys(stage.updates.at(-1)?.state.links ?? {}).sort()
    expect(links()).toEqual(['2001', '48752'])
    await pass(1)
    stage.client.sockets.offerPoll(A, { node: A, status: 'online', cos_keyed: 0 }, { at: null, askedAt: Date.now() })
    expect(stage.updates.at(-1)?.state.rx).toBe(false)
    expect(links()).toEqual(['2001', '48752'])
    await pass(1)
    stage.client.sockets.offerPoll(A, { node: A, status: 'online', remote_nodes: null }, { at: null, askedAt: Date.now() })
    expect(links()).toEqual([])
    socket.say(flat({ cos_keyed: 0, tx_keyed: null, ALERT: null, WX: null, cpu_up: null }))
    expect(stage.updates.at(-1)?.state).toMatchObject({ rx: false, tx: null, telemetry: { alerts: null, weather: null, uptime: null } })
  })

  it('F-26 ages are server time against server time: a browser clock that is off or stepped changes none', async () => {
    const AHEAD = 3_600_000
    const socket = await stage.connect()
    const serverNow = Date.now() + AHEAD
    socket.accept()
    socket.say({ ...hello(), at: serverNow })
    socket.say({ ...snapshot(A, 1, { lastKeyedAt: serverNow - 5_000 }), at: serverNow })
    const age = () => stage.client.sockets.serverNow() - (stage.updates.at(-1)?.state.lastKeyedAt ?? Number.NaN)
    expect(age()).toBe(5_000)
    vi.setSystemTime(Date.now() - 86_400_000)
    socket.say({ ...patch(A, 2, { rx: true }), at: serverNow + 1_000 })
    expect(age()).toBe(6_000)
    vi.setSystemTime(Date.now() + 3 * 86_400_000)
    socket.say({ ...patch(A, 3, { rx: false }), at: serverNow + 2_000 })
    expect(age()).toBe(7_000)
  })
})
