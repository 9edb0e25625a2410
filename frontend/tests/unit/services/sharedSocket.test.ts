/** A node on the common socket is live while the server answers for it, and only then; and is asked for until it does. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_CLIENT_MESSAGE } from '../../../../protocol/frames.ts'
import type { ConnectionState } from '../../../src/services/connectionState.ts'
import { hello, patch, snapshot } from '../support/frames.ts'
import { pass } from '../support/scriptedEnv.ts'
import type { ScriptedSocket } from '../support/scriptedEnv.ts'
import { askedOf, current, error, questions, SharedSocketStage } from '../support/sharedSocketStage.ts'

describe('a node on the common socket', () => {
  let stage: SharedSocketStage
  beforeEach(() => { stage = new SharedSocketStage() })
  afterEach(() => { stage.close() })

  it('is not live because the socket is, is polled meanwhile, and is live with the answer', async () => {
    const socket = await stage.greet('1', '2')
    socket.say(snapshot('1'))
    await pass(3_000)
    expect(stage.state('1')).toMatchObject({ status: 'live' })
    expect(stage.state('2')).toMatchObject({ status: 'connecting' })
    expect(stage.client.ladder.transportOf('2')).toBe('polling')
    expect(stage.client.sockets.heardAt('2')).toBeNull()
    socket.say(snapshot('2'))
    expect(stage.state('2')).toMatchObject({ status: 'live' })
    expect(stage.client.ladder.transportOf('2')).toBe('socket')
  })

  it('has the right time a moment after the clock was set, though nothing is told of any node', async () => {
    const socket = await stage.greet('1')
    socket.say(snapshot('1'))
    await pass(1_000)
    const server = Date.now()
    const pings = () => socket.frames().filter(({ type }) => type === 'ping').length
    vi.setSystemTime(server + 90_000)
    await pass(600)
    expect(pings()).toBe(1)
    socket.say({ type: 'pong', at: server + 600 })
    expect(stage.client.sockets.serverNow()).toBe(server + 600)
  })

  it('has the time of whatever comes, also of what concerns no node', async () => {
    const socket = await stage.greet('1')
    const server = Date.now()
    for (const [index, frame] of [{ type: 'error', code: 'too-fast', message: 'slower' }, { type: 'beat', nodes: {} }].entries()) {
      const at = server + 100_000 * (index + 1)
      socket.say({ ...frame, at })
      expect(stage.client.sockets.serverNow()).toBe(at)
    }
    socket.say({ ...snapshot('1'), at: server })
    expect(stage.client.sockets.serverNow()).toBe(server)
  })

  it('is asked for again when nothing comes, at 2.5 s and then ever more rarely, however much others say', async () => {
    const socket = await stage.greet('1', '2')
    socket.say(snapshot('1'))
    for (let s = 1; s <= 60; s += 1) {
      await pass(1_000)
      socket.say(patch('1', 1 + s, { rx: s % 2 === 0 }))
    }
    const again = askedOf(socket).slice(1)
    expect(new Set(again)).toEqual(new Set(['2']))
    expect(again.length).toBeGreaterThanOrEqual(4)
    expect(again.length).toBeLessThanOrEqual(6)
  })

  it('waits while the answers of others come in: a slow way is not made slower', async () => {
    const nodes = Array.from({ length: 20 }, (_, i) => String(2_000 + i))
    const socket = await stage.greet(...nodes)
    for (const node of nodes) {
      await pass(2_000)
      socket.say(snapshot(node))
    }
    expect(askedOf(socket)).toEqual([nodes.join()])
  })

  it('that is chosen with sixty others costs one message, and so does their leaving', async () => {
    const socket = await stage.greet('1')
    socket.say(snapshot('1'))
    const more = Array.from({ length: 67 }, (_, i) => String(2_000 + i))
    for (const node of more) void stage.client.ladder.watch(node)
    await pass(0)
    expect(questions(socket).slice(1).map(({ type, nodes }) => [type, nodes.length])).toEqual([['subscribe', 67]])
    for (const node of more) stage.client.ladder.unwatch(node)
    await pass(0)
    expect(questions(socket).slice(2).map(({ type, nodes }) => [type, nodes.length])).toEqual([['unsubscribe', 67]])
  })

  it('that is let go and taken up again in one moment is not let go', async () => {
    const socket = await stage.greet('1', '2')
    for (const node of ['1', '2']) socket.say(snapshot(node))
    stage.client.ladder.unwatch('2')
    void stage.client.ladder.watch('2')
    await pass(0)
    expect(questions(socket).slice(1).map(({ type, nodes }) => [type, nodes.length])).toEqual([['subscribe', 1]])
  })

  it('that was let go is let go of again where news of it say that the server did not read so', async () => {
    const socket = await stage.greet('1', '2')
    for (const node of ['1', '2']) socket.say(snapshot(node))
    stage.client.ladder.unwatch('2')
    await pass(2_000)
    // This may have been on its way before.
    socket.say(patch('2', 2, { rx: true }))
    await pass(0)
    expect(questions(socket).slice(1)).toEqual([{ type: 'unsubscribe', nodes: ['2'] }])
    await pass(600)
    for (const seq of [3, 4, 5]) socket.say(patch('2', seq, { rx: seq === 4 }))
    await pass(0)
    expect(questions(socket).slice(2)).toEqual([{ type: 'unsubscribe', nodes: ['2'] }])
    expect(stage.state('1')).toMatchObject({ status: 'live' })
    await pass(2_600)
    socket.say(patch('2', 6, { rx: true }))
    await pass(0)
    expect(questions(socket).slice(3)).toEqual([{ type: 'unsubscribe', nodes: ['2'] }])
  })

  describe('that was let go and is taken up again', () => {
    const pong = (ping: object) => ({ ...ping, type: 'pong', at: Date.now() })
    const frames = (socket: ScriptedSocket, from: number) => socket.frames().slice(from)
    async function takenUpAgain(): Promise<ScriptedSocket> {
      const socket = await stage.greet('1', '2')
      socket.say(snapshot('1'))
      // The answer for 2 is still under way.
      stage.client.ladder.unwatch('2')
      await pass(10)
      void stage.client.ladder.watch('2')
      await pass(10)
      return socket
    }

    it('is not live by an answer of before: the question may not have been read, and is put again', async () => {
      const socket = await takenUpAgain()
      expect(frames(socket, 1)).toEqual([
        { type: 'unsubscribe', nodes: ['2'] }, { type: 'ping', id: -1 }, { type: 'subscribe', nodes: [{ node: '2' }] },
      ])
      socket.say(snapshot('2', { rx: true }))
      socket.say(error('too-fast'))
      // It is true for all that.
      expect(stage.client.sockets.currentState('2')?.rx).toBe(true)
      // Another node goes on talking, so no beat ever comes.
      for (let s = 1; s <= 10; s += 1) {
        await pass(1_000)
        socket.say(patch('1', 1 + s, { rx: s % 2 === 0 }))
        expect(stage.state('2').status).toBe('connecting')
      }
      expect(stage.client.ladder.transportOf('2')).toBe('polling')
      const [ping, question] = frames(socket, 4)
      expect([ping, question]).toMatchObject([{ type: 'ping', id: -1 }, { type: 'subscribe', nodes: [{ node: '2' }] }])
      socket.say(pong(ping!))
      socket.say(snapshot('2'))
      expect(stage.state('2').status).toBe('live')
    })

    it('is live with its answer, without another question, where the server reads everything', async () => {
      const socket = await takenUpAgain()
      socket.say(pong(frames(socket, 2)[0]!))
      socket.say(snapshot('2'))
      expect(stage.state('2').status).toBe('live')
      await pass(20_000)
      expect(askedOf(socket)).toEqual(['1,2', '2'])
    })

    it('is not refused by a word of before either', async () => {
      const socket = await takenUpAgain()
      socket.say(error('not-allowed', '2'))
      expect(stage.state('2').status).toBe('connecting')
      socket.say(pong(frames(socket, 2)[0]!))
      socket.say(error('not-allowed', '2'))
      expect(stage.state('2')).toMatchObject({ status: 'paused', why: 'needs-auth' })
    })

    it('is live by no answer that the server gave before it was let go once more, nor by a pong to a probe', async () => {
      const socket = await takenUpAgain()
      const early = frames(socket, 2)[0]!
      stage.client.ladder.unwatch('2')
      await pass(10)
      void stage.client.ladder.watch('2')
      await pass(10)
      stage.client.sockets.retryConnection('1')
      const pings = frames(socket, 5).filter(({ type }) => type === 'ping')
      expect(pings).toEqual([{ type: 'ping', id: -2 }, { type: 'ping', id: 1 }])
      for (const ping of [early, pings[1]!]) {
        socket.say(pong(ping))
        socket.say(snapshot('2'))
        expect(stage.state('2').status).toBe('connecting')
      }
      // Others come and go meanwhile.
      void stage.client.ladder.watch('3')
      await pass(10)
      stage.client.ladder.unwatch('3')
      await pass(10)
      socket.say(pong(pings[0]!))
      socket.say(snapshot('2'))
      expect(stage.state('2').status).toBe('live')
    })

    it('is on another socket as if it had never been let go', async () => {
      const socket = await takenUpAgain()
      socket.end()
      await pass(1_100)
      stage.env.last().accept()
      stage.env.last().say(hello())
      await pass(0)
      expect(stage.env.last().frames().map(({ type }) => type)).toEqual(['subscribe'])
      stage.env.last().say(snapshot('2'))
      expect(stage.state('2').status).toBe('live')
    })
  })

  it('is asked for in messages that the server takes: as long as it says, and 500 nodes at most', async () => {
    const nodes = Array.from({ length: 1_200 }, (_, i) => String(500_000 + i))
    const socket = await stage.greet(...nodes)
    const long = askedOf(socket).map((each) => each.split(',').length)
    expect(long.length).toBeGreaterThan(2)
    expect(Math.max(...long)).toBeLessThanOrEqual(500)
    for (const text of socket.sent) expect(text.length).toBeLessThanOrEqual(MAX_CLIENT_MESSAGE)
    socket.end()
    await pass(1_100)
    stage.env.last().accept()
    stage.env.last().say(hello({ limits: { messageBytes: 1_000, nodes: 200 } }))
    await pass(0)
    for (const text of stage.env.last().sent) expect(text.length).toBeLessThanOrEqual(1_000)
    expect(askedOf(stage.env.last()).flatMap((each) => each.split(','))).toEqual(nodes)
  })

  it('that missed something is not live, does not look fresh, and is asked for again when the question is lost', async () => {
    const socket = await stage.greet('1', '2')
    for (const node of ['1', '2']) socket.say(snapshot(node))
    await pass(1_000)
    const lastHeard = stage.client.sockets.heardAt('1')
    socket.say(patch('1', 5, { rx: true }))
    expect(stage.state('1').status).toBe('connecting')
    await pass(0)
    socket.say(error('too-fast'))
    for (let s = 1; s <= 30; s += 1) {
      await pass(1_000)
      socket.say(patch('2', 1 + s, { rx: s % 2 === 0 }))
    }
    expect(stage.client.sockets.heardAt('1')).toBe(lastHeard)
    expect(stage.client.sockets.heardAt('2')).toBe(Date.now())
    expect(askedOf(socket).filter((each) => each === '1').length).toBeGreaterThanOrEqual(3)
    socket.say(snapshot('1', { rx: true }, { seq: 9 }))
    expect(stage.state('1').status).toBe('live')
    expect(stage.client.sockets.heardAt('1')).toBe(Date.now())
  })

  it('keeps the age it had when the socket went, and not that of its last change', async () => {
    const socket = await stage.greet('1', '2')
    for (const node of ['1', '2']) socket.say(snapshot(node))
    await pass(9_000)
    socket.say(patch('2', 2, { rx: true }))
    const heard = Date.now()
    socket.end()
    expect(stage.client.sockets.heardAt('1')).toBe(heard)
    await pass(2_000)
    expect(stage.client.sockets.heardAt('1')).toBe(heard)
  })

  it('for which there is no seat now waits and asks again by itself, and is polled meanwhile', async () => {
    const socket = await stage.greet('1', '2')
    socket.say(snapshot('1'))
    socket.say(snapshot('2'))
    socket.end(1012)
    await pass(1_100)
    stage.env.last().accept()
    stage.env.last().say(hello())
    await pass(0)
    stage.env.last().say(current('1', 1))
    stage.env.last().say(error('too-many-viewers', '2'))
    expect(stage.state('2')).toMatchObject({ status: 'waiting', reason: { serverCode: 'too-many-viewers' } })
    let asked = 0
    for (let s = 1; s <= 40; s += 1) {
      await pass(1_000)
      stage.env.last().say(patch('1', 1 + s, { rx: s % 2 === 0 }))
      if (askedOf(stage.env.last()).length === asked) continue
      asked = askedOf(stage.env.last()).length
      stage.env.last().say(error('too-many-viewers', '2'))
    }
    expect(asked).toBeGreaterThan(3)
    expect(asked).toBeLessThan(12)
    expect(stage.client.ladder.transportOf('2')).toBe('polling')
    stage.client.sockets.retryConnection('2')
    await pass(0)
    stage.env.last().say(snapshot('2'))
    expect(stage.state('2')).toMatchObject({ status: 'live' })
  })

  it('gets the place that another one leaves', async () => {
    const socket = await stage.greet('1', '2', '3')
    socket.say(snapshot('1'))
    socket.say(snapshot('2'))
    socket.say(error('too-many-nodes', '3'))
    expect(stage.state('3')).toMatchObject({ status: 'paused', why: 'refused' })
    stage.client.ladder.unwatch('1')
    await pass(0)
    expect(questions(socket).slice(1)).toEqual([{ type: 'unsubscribe', nodes: ['1'] }, { type: 'subscribe', nodes: [{ node: '3' }] }])
    expect(stage.state('3')).toMatchObject({ status: 'connecting' })
  })

  it('that a stranger may not see waits for a sign-in, and is asked for on the socket of whoever signs in', async () => {
    const socket = await stage.greet('1', '2')
    socket.say(snapshot('1'))
    socket.say(error('not-allowed', '2'))
    expect(stage.state('2')).toMatchObject({ status: 'paused', why: 'needs-auth', wake: 'signed-in', reason: { code: 'needs-auth' } })
    stage.client.userChanged()
    await pass(2)
    expect(socket.readyState).toBeGreaterThanOrEqual(2)
    stage.env.last().accept()
    stage.env.last().say(hello())
    await pass(0)
    // Nothing is offered for resuming: to another user the server may say other things.
    expect(questions(stage.env.last())).toEqual([{ type: 'subscribe', nodes: [{ node: '1' }, { node: '2' }] }])
    stage.env.last().say(snapshot('2'))
    expect(stage.state('2')).toMatchObject({ status: 'live' })
  })

  it('says that it is closed when it is left, and settles whoever waits for it', async () => {
    const heard: ConnectionState['status'][] = []
    const settled: string[] = []
    stage.client.sockets.onNodeStateChange('2', ({ status }) => heard.push(status))
    for (const node of ['1', '2', '3']) void stage.client.sockets.connectToNode(node).then(() => settled.push(node))
    await pass(5)
    expect(settled).toEqual([])
    stage.client.sockets.disconnectFromNode('2')
    await pass(0)
    expect(heard).toEqual(['connecting', 'closed'])
    expect(settled).toEqual(['2'])
    stage.client.dispose()
    await pass(0)
    expect(settled).toEqual(['2', '1', '3'])
  })

  it('leaves no question behind when its watcher lets it go while it hears of it', async () => {
    stage.client.sockets.onNodeStateChange('2', ({ status }) => {
      if (status === 'waiting') stage.client.ladder.unwatch('2')
    })
    const socket = await stage.greet('1', '2')
    socket.say(snapshot('1'))
    socket.say(error('too-many-viewers', '2'))
    await pass(60_000)
    expect(askedOf(socket)).toEqual(['1,2'])
    expect(stage.state('2')).toEqual({ status: 'idle' })
  })

  it('runs no timer while hidden, once all have their answer', async () => {
    const socket = await stage.greet('1', '2')
    socket.say(snapshot('1'))
    expect(vi.getTimerCount()).toBeGreaterThan(0)
    socket.say(snapshot('2'))
    stage.env.signal('hidden')
    await pass(10)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('of a gateway that was down when the page came is live when it is up: its socket never goes without its greeting', async () => {
    for (const node of ['1', '2']) void stage.client.ladder.watch(node)
    await pass(2)
    stage.env.last().end()
    await pass(2_000)
    expect(stage.env.sockets).toHaveLength(2)
    for (const socket of stage.env.sockets) expect(socket.offered).toEqual(['supermon.v2'])
  })
})
