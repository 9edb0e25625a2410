import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AmiHost } from '../../src/ami/amiHost.ts'
import type { AmiHostOptions, AmiHostStatus } from '../../src/ami/amiHost.ts'
import { AmiClosedError } from '../../src/ami/closeReason.ts'
import { tcpConnect } from '../../src/ami/connect.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { ManualClock } from '../support/manualClock.ts'
import { refusedPort } from '../support/tcpProxy.ts'
import { startScriptedServer, until } from './scriptedServer.ts'
import type { Peer, ScriptedServer } from './scriptedServer.ts'

let server: ScriptedServer
let clock: ManualClock
let host: AmiHost
let sockets: Socket[]
let statuses: AmiHostStatus[]

beforeEach(async () => {
  server = await startScriptedServer()
  clock = new ManualClock()
  sockets = []
  statuses = []
})

afterEach(async () => {
  host.stop()
  expect(host.status.status).toBe('idle')
  expect(clock.pending).toBe(0)
  await until(() => sockets.every((socket) => socket.closed), 'all sockets to be gone')
  for (const socket of sockets) expect(socket.listenerCount('data')).toBe(0)
  await server.close()
})

function make(options: Partial<AmiHostOptions> = {}): AmiHost {
  host = new AmiHost({
    host: '127.0.0.1',
    port: server.port,
    user: 'gateway',
    secret: 's3cret',
    clock,
    random: () => 0.5,
    connect: (target) => {
      const socket = tcpConnect(target)
      sockets.push(socket)
      return socket
    },
    ...options,
  })
  host.onStatus((status) => statuses.push(status))
  return host
}

async function up(n = 0): Promise<Peer> {
  const peer = await server.peer(n)
  await peer.welcome()
  await until(() => host.status.status === 'up', 'up')
  return peer
}

async function down(): Promise<AmiHostStatus & { status: 'down' }> {
  await until(() => host.status.status === 'down', 'down')
  return host.status as AmiHostStatus & { status: 'down' }
}

async function refuseLogin(peer: Peer): Promise<void> {
  peer.send('Asterisk Call Manager/9.0.0\r\n')
  const challenge = await peer.takeNamed('Challenge')
  peer.send(`Response: Success\r\nActionID: ${challenge['actionid']}\r\nChallenge: 5\r\n\r\n`)
  const login = await peer.takeNamed('Login')
  peer.send(`Response: Error\r\nActionID: ${login['actionid']}\r\nMessage: Authentication failed\r\n\r\n`)
}

async function answerPing(peer: Peer): Promise<void> {
  const { actionid } = await peer.takeNamed('Ping')
  peer.send(`Response: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n`)
}

describe('AmiHost', () => {
  it('opens nothing until started, and one session however often', async () => {
    make()
    expect(host.status).toMatchObject({ status: 'idle' })
    await expect(host.request('Ping')).rejects.toBeInstanceOf(AmiClosedError)
    expect(sockets).toHaveLength(0)
    host.start()
    host.start()
    await up()
    host.start()
    host.nudge()
    expect(sockets).toHaveLength(1)
    expect(statuses.map((status) => status.status)).toEqual(['connecting', 'up'])
  })

  it('answers requests, hands on events, and knows whether app_rpt events come', async () => {
    make().start()
    const heard: AmiMessage[] = []
    const off = host.onEvent((message) => heard.push(message))
    const peer = await up()
    const asked = host.request('RptStatus', { COMMAND: 'XStat', NODE: '1' })
    expect(host.pending).toBe(1)
    const { actionid } = await peer.take()
    peer.send(`Event: Newchannel\r\n\r\nResponse: Success\r\nActionID: ${actionid}\r\nNode: 1\r\n\r\n`)
    expect((await asked).get('Node')).toBe('1')
    expect(host.eventsSeen).toBe(false)
    peer.send('Event: RPT_TXKEYED\r\nNode: 1\r\nEventValue: 1\r\n\r\n')
    await until(() => host.eventsSeen)
    expect(heard.map((message) => message.event)).toEqual(['Newchannel', 'RPT_TXKEYED'])
    off()
    peer.send('Event: RPT_TXKEYED\r\nNode: 1\r\nEventValue: 0\r\n\r\n')
    const ping = host.request('Ping')
    await answerPing(peer)
    await ping
    expect(heard).toHaveLength(2)
  })

  it('comes back after Asterisk restarts, by itself, and forgets old events (edge case 17)', async () => {
    make().start()
    const first = await up()
    first.send('Event: RPT_TXKEYED\r\nNode: 1\r\nEventValue: 1\r\n\r\n')
    await until(() => host.eventsSeen)
    const waiting = host.request('Command', { Command: 'x' })
    await first.take()
    first.socket.end()
    await expect(waiting).rejects.toBeInstanceOf(AmiClosedError)
    const status = await down()
    expect(status.reason.code).toBe('closed')
    expect(status.nextTryAt - clock.now()).toBe(375)
    await expect(host.request('Ping')).rejects.toThrow(status.reason.message)
    clock.advance(374)
    expect(sockets).toHaveLength(1)
    clock.advance(1)
    expect(host.status).toMatchObject({ status: 'connecting', reason: status.reason })
    await up(1)
    expect(host.status.reason).toBeNull()
    expect(host.eventsSeen).toBe(false)
  })

  it('is quick at first, waits longer after a minute, and tries for ever', async () => {
    make(await refusedPort()).start()
    const waits: number[] = []
    for (let n = 0; n < 67; n += 1) {
      const status = await down()
      expect(status.reason.code).toBe('refused')
      expect(clock.pending).toBe(1)
      waits.push(status.nextTryAt - clock.now())
      clock.advance(status.nextTryAt - clock.now())
    }
    await down()
    expect(waits.slice(0, 3)).toEqual([375, 1125, 1125])
    expect(waits.slice(59)).toEqual([1125, 2250, 4500, 9000, 18_000, 22_500, 22_500, 22_500])
    expect(waits.slice(0, 60).reduce((sum, ms) => sum + ms)).toBeGreaterThan(60_000)
  })

  it('a nudge tries at once and begins the backoff anew, but not twice within half a second', async () => {
    make(await refusedPort()).start()
    for (let n = 0; n < 65; n += 1) clock.advance((await down()).nextTryAt - clock.now())
    await down()
    clock.advance(5000)
    host.nudge()
    expect(host.status.status).toBe('connecting')
    expect((await down()).nextTryAt - clock.now()).toBe(375)
    clock.advance(375)
    expect((await down()).nextTryAt - clock.now()).toBe(1125)
    host.nudge()
    expect(host.status).toMatchObject({ status: 'down', nextTryAt: clock.now() + 500 })
    expect(clock.pending).toBe(1)
    const before = sockets.length
    clock.advance(500)
    expect(sockets).toHaveLength(before + 1)
    expect((await down()).nextTryAt - clock.now()).toBe(375)
  })

  it('after a refused login it waits at least 10 s, whoever nudges', async () => {
    make().start()
    await refuseLogin(await server.peer())
    const status = await down()
    expect(status.reason.code).toBe('login-refused')
    expect(status.nextTryAt - clock.now()).toBe(15_000)
    for (let n = 0; n < 10; n += 1) host.nudge()
    expect(statuses.map((each) => each.status)).toEqual(['connecting', 'down', 'down'])
    expect((await down()).nextTryAt - clock.now()).toBe(10_000)
    clock.advance(9999)
    expect(sockets).toHaveLength(1)
    clock.advance(1)
    expect(sockets).toHaveLength(2)
  })

  it('and longer each time, up to 30 s at least, also under a nudge a second', async () => {
    make().start()
    const waits: number[] = []
    for (let n = 0; n < 4; n += 1) {
      await refuseLogin(await server.peer(n))
      await down()
      const from = clock.now()
      while (sockets.length === n + 1) {
        clock.advance(1000)
        host.nudge()
      }
      waits.push(clock.now() - from)
    }
    expect(waits).toEqual([10_000, 20_000, 30_000, 30_000])
  })

  it('a connection that is never accepted is told within 5 s of the try, and so is a login that hangs', async () => {
    make({ connect: () => (sockets.push(new Socket()), sockets.at(-1)!) }).start()
    clock.advance(4499)
    expect(host.status.status).toBe('connecting')
    clock.advance(1)
    expect((await down()).reason.code).toBe('unreachable')
    host.stop()
    make().start()
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/9.0.0\r\n')
    await peer.takeNamed('Challenge')
    clock.advance(4500)
    expect((await down()).reason.code).toBe('no-answer')
  })

  it('a session that falls at once does not begin the backoff anew, one that was stable does', async () => {
    make({ stableMs: 10_000, pingIdleMs: 60_000 }).start()
    for (const [n, wait] of [
      [0, 375],
      [1, 1125],
      [2, 1125],
    ] as const) {
      const peer = await up(n)
      clock.advance(9999)
      peer.socket.end()
      expect((await down()).nextTryAt - clock.now()).toBe(wait)
      clock.advance(wait)
    }
    const peer = await up(3)
    clock.advance(10_000)
    peer.socket.end()
    expect((await down()).nextTryAt - clock.now()).toBe(375)
  })

  it('counts refused logins by themselves: what fell before them lengthens no wait', async () => {
    make().start()
    for (const n of [0, 1, 2]) {
      ;(await server.peer(n)).socket.destroy()
      clock.advance((await down()).nextTryAt - clock.now())
    }
    await refuseLogin(await server.peer(3))
    await until(() => host.status.reason?.code === 'login-refused', 'refused')
    expect((await down()).nextTryAt - clock.now()).toBe(15_000)
  })

  it('a silent Asterisk is noticed within 5 s (edge cases 16 and 18)', async () => {
    make().start()
    const peer = await up()
    clock.advance(2499)
    expect(host.pending).toBe(0)
    clock.advance(1)
    await peer.takeNamed('Ping')
    clock.advance(2199)
    expect(host.status.status).toBe('up')
    clock.advance(1)
    expect((await down()).reason.code).toBe('no-answer')
  })

  it('an answered Ping keeps it up, and the next comes after the next silence', async () => {
    make().start()
    const peer = await up()
    for (let n = 0; n < 5; n += 1) {
      clock.advance(2500)
      await answerPing(peer)
      await until(() => host.pending === 0)
    }
    expect(host.status.status).toBe('up')
    expect(clock.pending).toBe(1)
  })

  it('does not ping while something else is heard', async () => {
    make().start()
    const peer = await up()
    let heard = 0
    host.onEvent(() => (heard += 1))
    for (let n = 1; n <= 10; n += 1) {
      clock.advance(1000)
      peer.send('Event: A\r\n\r\n')
      await until(() => heard === n)
    }
    expect(host.pending).toBe(0)
    expect(peer.unread).toBe('')
  })

  it('a request under way is its own health check, and no timer spins meanwhile', async () => {
    make({ requestDeadlineMs: 20_000 }).start()
    const peer = await up()
    const asked = host.request('RptStatus', { COMMAND: 'XStat', NODE: '1' })
    await peer.take()
    clock.advance(2500)
    expect(clock.nextIn).toBe(2500)
    clock.advance(10_000)
    expect(host.pending).toBe(1)
    expect(peer.unread).toBe('')
    clock.advance(7500)
    await expect(asked).rejects.toBeInstanceOf(AmiClosedError)
    expect((await down()).reason.code).toBe('no-answer')
  })

  it('a clock set back or forward does not put off the health check', async () => {
    make().start()
    const peer = await up()
    clock.jump(-3_600_000)
    clock.advance(2500)
    await answerPing(peer)
    await until(() => host.pending === 0)
    clock.jump(3_600_000)
    clock.advance(2500)
    await peer.takeNamed('Ping')
  })

  it('stop() ends everything and says nothing more; start() begins anew', async () => {
    make().start()
    const peer = await up()
    const asked = host.request('Ping')
    await peer.take()
    host.stop()
    host.stop()
    expect(host.status.status).toBe('idle')
    expect(clock.pending).toBe(0)
    await expect(asked).rejects.toBeInstanceOf(AmiClosedError)
    await until(() => peer.ended)
    host.nudge()
    expect(statuses.map((status) => status.status)).toEqual(['connecting', 'up', 'idle'])
    host.start()
    await up(1)
    expect(sockets).toHaveLength(2)
  })

  it('stop() while connecting leaves nothing', () => {
    make({ connect: () => (sockets.push(new Socket()), sockets[0]!) }).start()
    expect(host.status.status).toBe('connecting')
    host.stop()
    expect(clock.pending).toBe(0)
    expect(sockets[0]?.destroyed).toBe(true)
  })

  it('stop() while waiting leaves nothing', async () => {
    make().start()
    const peer = await up()
    peer.socket.end()
    await down()
    host.stop()
    expect(clock.pending).toBe(0)
  })

  it('may be stopped by its own status listener', async () => {
    make()
    const off = host.onStatus((status) => {
      if (status.status === 'connecting') host.stop()
    })
    host.start()
    expect(host.status.status).toBe('idle')
    expect(clock.pending).toBe(0)
    off()
    await Promise.resolve()
  })
})
