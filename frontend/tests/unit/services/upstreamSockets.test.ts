/**
 * What is wrong with the sockets of Supermon-NG's browser side today (`WebSocketService.ts`, 4.3.3), defect by defect, and that it cannot
 * happen here: F-1 to F-13. `tests/dom/stores` has those that a view would show.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toStatusRow } from '../../../../protocol/statusRow.ts'
import { LiveClient } from '../../../src/services/liveClient.ts'
import type { NodeUpdate } from '../../../src/services/watchedNode.ts'
import { A, B, ClientStage, patch, snapshot, speak, UP } from '../support/clientStage.ts'
import { pass, scriptedEnv } from '../support/scriptedEnv.ts'

describe('a defect of Supermon-NG that is impossible here:', () => {
  let stage: ClientStage
  beforeEach(() => { stage = new ClientStage() })
  afterEach(() => { stage.close() })

  it('F-1 a `subscribed` or a `pong` is no news of any node, and makes none', async () => {
    const socket = await stage.live()
    const held = stage.updates.at(-1)
    for (let i = 0; i < 100; i += 1) {
      socket.say({ action: 'pong' })
      socket.say({ action: 'subscribed', node: A })
      socket.say({ type: 'pong', at: Date.now() })
    }
    expect(stage.updates).toEqual([held])
    expect(stage.client.sockets.getAllConnectedNodes()).toEqual([A])
    expect(stage.client.sockets.getNodeState('NaN')).toEqual({ status: 'idle' })
    expect(stage.client.sockets.getNodeState('undefined')).toEqual({ status: 'idle' })
  })

  it('F-1 an unmodified Supermon-NG may confirm and answer as it likes: only its states are news', async () => {
    stage.env.state.protocol = ''
    const socket = await stage.connect()
    socket.accept()
    socket.say({ action: 'subscribed', node: A })
    for (let i = 0; i < 10; i += 1) socket.say({ action: 'pong' })
    expect(stage.updates).toEqual([])
    socket.say({ ...toStatusRow(A, { ...UP, rx: true }, Date.now()), timestamp: Math.floor(Date.now() / 1000) })
    expect(stage.updates).toMatchObject([{ node: A, source: 'socket', state: { reach: 'up', rx: true } }])
    for (let i = 0; i < 10; i += 1) socket.say({ action: 'pong' })
    socket.say({ action: 'subscribed', node: A })
    expect(stage.updates).toHaveLength(1)
  })

  it('F-2 nothing unchecked is handed on, and no socket writes another node', async () => {
    const ofB: NodeUpdate[] = []
    stage.client.sockets.onNodeMessage(B, (update) => ofB.push(update))
    const socket = await stage.live(A)
    await stage.live(B)
    const before = [stage.updates.length, ofB.length]
    for (const each of [null, [], [[]], 7, 'x', true, {}, { node: A }, { [B]: { status: 'online' } }]) socket.say(each)
    socket.say(snapshot(B, 9, { rx: true }))
    socket.say(patch(B, 2, { rx: true }))
    expect([stage.updates.length, ofB.length]).toEqual(before)
    expect(stage.diagnostics.map(({ code }) => code)).toContain('frame-for-another-node')
    expect(stage.state()).toMatchObject({ status: 'live' })
  })

  it('F-3 null clears a field, and a field that is absent stays', async () => {
    const socket = await stage.live()
    const alert = { text: 'Tornado watch', level: 'critical', url: null }
    socket.say(patch(A, 2, { telemetry: { alerts: [alert], uptime: '3 days' } }))
    socket.say(patch(A, 3, { telemetry: { alerts: null } }))
    expect(stage.updates.at(-1)?.state.telemetry).toMatchObject({ alerts: null, uptime: '3 days' })
  })

  it('F-4 a node that is left while connecting has no socket, and never becomes live', async () => {
    const socket = await stage.connect()
    stage.client.ladder.unwatch(A)
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    speak(socket)
    await pass(60_000)
    expect(stage.updates).toEqual([])
    expect(stage.state()).toEqual({ status: 'idle' })
    expect(stage.env.held()).toEqual([])
  })

  it('F-5 the late end of an old socket does not touch the new one', async () => {
    const old = await stage.live()
    stage.client.ladder.unwatch(A)
    const socket = await stage.live()
    for (const code of [1006, 4504]) old.end(code)
    await pass(1_000)
    expect(stage.state()).toMatchObject({ status: 'live' })
    expect(stage.client.ladder.transportOf(A)).toBe('socket')
    expect(stage.env.held()).toEqual([socket])
    expect(stage.env.fetches).toEqual([])
  })

  it('F-6 a close with 1000 is followed by another try and a reason; a refusal has a code of its own', async () => {
    const socket = await stage.live()
    socket.end(1000, 'unauthorized')
    expect(stage.state()).toMatchObject({
      status: 'waiting',
      reason: { closeCode: 1000, message: expect.stringContaining('unauthorized') as string },
    })
    const second = await stage.nextTry()
    second.end(4503, 'origin refused')
    expect(stage.state()).toMatchObject({ status: 'paused', why: 'refused', reason: { code: 'refused', closeCode: 4503 } })
  })

  it('F-7 there is no last attempt: the socket itself comes back after a hundred failures', async () => {
    await stage.connect()
    for (let i = 0; i < 100; i += 1) {
      stage.env.last().end()
      await stage.nextTry()
    }
    speak(stage.env.last())
    expect(stage.state()).toMatchObject({ status: 'live' })
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
    await stage.connect()
    const tries: number[] = []
    for (let i = 0; i < 6; i += 1) {
      speak(stage.env.last())
      stage.env.last().end(1000)
      tries.push(Date.now())
      await stage.nextTry()
    }
    const waits = tries.slice(1).map((at, i) => at - (tries[i] ?? 0))
    expect(waits.at(-1)).toBeGreaterThan(5 * (waits[0] ?? 0))
    const count = stage.env.sockets.length
    for (let i = 0; i < 60; i += 1) {
      if (stage.env.last().readyState < 2) {
        speak(stage.env.last())
        stage.env.last().end(1000)
      }
      await pass(1_000)
    }
    expect(stage.env.sockets.length - count).toBeLessThan(12)
  })

  it('F-10 a half-open socket is asked, and replaced when it does not answer', async () => {
    const socket = await stage.live()
    await pass(30_000)
    expect(socket.frames().map(({ type }) => type)).toContain('ping')
    expect(stage.states.filter((each) => each.status === 'waiting')).toMatchObject([{ reason: { code: 'silent' } }])
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    expect(stage.env.last()).not.toBe(socket)
  })

  it('F-11 no address is kept: each try has its own, with what is held and the base by then', async () => {
    const socket = await stage.live()
    socket.say(patch(A, 2, { rx: true }))
    socket.end()
    expect((await stage.nextTry()).url).toBe('ws://gateway.test/supermon-ng/ws/546051?epoch=e1&seq=2')
    stage.env.baseUrl = () => 'https://moved.test/radio/'
    speak(stage.env.last(), A, 7)
    stage.env.last().end()
    expect((await stage.nextTry()).url).toBe('wss://moved.test/radio/ws/546051?epoch=e1&seq=7')
  })

  it('F-12 each node has its own state and reason; one that fails says nothing of another', async () => {
    const a = await stage.live(A)
    const b = await stage.connect(B)
    b.end(1011, 'broken')
    expect(stage.state(B)).toMatchObject({
      status: 'waiting',
      reason: { message: 'The connection was closed (1011: broken).' },
    })
    expect(stage.state(A)).toMatchObject({ status: 'live' })
    const held = stage.state(B)
    a.say(patch(A, 2, { rx: true }))
    expect(stage.state(B)).toBe(held)
    expect(stage.states.map(({ status }) => status)).toEqual(['connecting', 'live'])
  })

  it('F-13 a message tells nobody that the connection changed: ten messages, ten news, no state', async () => {
    const socket = await stage.live()
    const [news, told] = [stage.updates.length, stage.states.length]
    for (let seq = 2; seq < 12; seq += 1) socket.say(patch(A, seq, { rx: seq % 2 === 0 }))
    expect(stage.updates.length - news).toBe(10)
    expect(stage.states.length - told).toBe(0)
  })
})
