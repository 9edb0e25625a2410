import { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AmiClosedError } from '../../src/ami/closeReason.ts'
import type { AmiCloseReason } from '../../src/ami/closeReason.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { AmiSession } from '../../src/ami/session.ts'
import type { AmiSessionOptions } from '../../src/ami/session.ts'
import { ManualClock } from '../support/manualClock.ts'
import { refusedPort } from '../support/tcpProxy.ts'
import { startScriptedServer, until } from './scriptedServer.ts'
import type { Peer, ScriptedServer } from './scriptedServer.ts'

let server: ScriptedServer
let clock: ManualClock
let session: AmiSession
let closes: AmiCloseReason[]
let events: AmiMessage[]

beforeEach(async () => {
  server = await startScriptedServer()
  clock = new ManualClock()
  closes = []
  events = []
})

afterEach(async () => {
  expect(session.state).toBe('closed')
  expect(session.pending).toBe(0)
  expect(clock.pending).toBe(0)
  expect(closes).toEqual([session.closeReason])
  for (const peer of server.peers) await until(() => peer.ended, 'the socket to end')
  await server.close()
})

function open(options: Partial<AmiSessionOptions> = {}): Promise<void> {
  session = new AmiSession({
    host: '127.0.0.1',
    port: server.port,
    user: 'gateway',
    secret: 's3cret',
    clock,
    onClose: (reason) => closes.push(reason),
    onEvent: (event) => events.push(event),
    ...options,
  })
  return session.open()
}

async function live(options: Partial<AmiSessionOptions> = {}): Promise<Peer> {
  const opened = open(options)
  const peer = await server.peer()
  await peer.welcome()
  await opened
  return peer
}

/** The reason a promise rejects with; its message must say why and what to do. */
async function fault(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => null,
    (why: unknown) => why,
  )
  expect(error).toBeInstanceOf(AmiClosedError)
  const { reason } = error as AmiClosedError
  expect(reason.message).toMatch(/^[A-Z1].+:.*\.$/s)
  expect(reason.message).not.toMatch(/s3cret|undefined|\n/)
  return reason.code
}

/** Waits until the session has read something new. The clock must have moved since it last did. */
async function heard(): Promise<void> {
  const before = session.lastReceivedAt
  await until(() => session.lastReceivedAt !== before, 'bytes to arrive')
}

describe('no session', () => {
  it('nothing listens there: refused', async () => {
    expect(await fault(open(await refusedPort()))).toBe('refused')
  })

  it.each([
    ['EHOSTUNREACH', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['ETIMEDOUT', 'unreachable'],
    ['ECONNREFUSED', 'refused'],
  ])('the socket fails with %s: %s', async (code, expected) => {
    const socket = new Socket()
    const opened = open({ connect: () => socket })
    socket.destroy(Object.assign(new Error('x'), { code }))
    expect(await fault(opened)).toBe(expected)
  })

  it('the port is no port: unreachable', async () => {
    expect(await fault(open({ port: 70_000 }))).toBe('unreachable')
  })

  it('TCP is never accepted: unreachable, at its deadline', async () => {
    const opened = open({ connect: () => new Socket(), loginDeadlineMs: 700 })
    clock.advance(699)
    expect(session.state).toBe('connecting')
    clock.advance(1)
    expect(await fault(opened)).toBe('unreachable')
  })

  it('an error that the socket reports after the end harms nobody', async () => {
    const socket = new Socket()
    const opened = open({ connect: () => socket })
    session.close()
    expect(await fault(opened)).toBe('closed')
    expect(() => socket.emit('error', new Error('late'))).not.toThrow()
  })

  it('accepted, then silence: no greeting, at its deadline', async () => {
    const opened = open({ loginDeadlineMs: 900 })
    await until(() => session.state === 'greeting')
    clock.advance(899)
    expect(session.state).toBe('greeting')
    clock.advance(1)
    expect(await fault(opened)).toBe('no-greeting')
  })

  it('accepted and closed at once: closed', async () => {
    const opened = open()
    const peer = await server.peer()
    await until(() => session.state === 'greeting')
    peer.socket.end()
    expect(await fault(opened)).toBe('closed')
  })

  it.each([
    'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n',
    'HTTP/1.1 400 Bad Request\r\n\r\n',
    '220 mail ESMTP\r\n',
    '\0\0\0\0',
  ])('%j greets: not AMI', async (greeting) => {
    const opened = open()
    const peer = await server.peer()
    peer.send(greeting)
    expect(await fault(opened)).toBe('not-ami')
    expect(peer.unread).toBe('')
  })

  it('silent after the greeting: no answer', async () => {
    const opened = open({ loginDeadlineMs: 900 })
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/11.0.0\r\n')
    await peer.takeNamed('Challenge')
    expect(clock.nextIn).toBe(900)
    clock.advance(900)
    expect(await fault(opened)).toBe('no-answer')
  })

  it('a little late at every step: one deadline for all of them', async () => {
    const opened = open({ loginDeadlineMs: 900 })
    const peer = await server.peer()
    await until(() => session.state === 'greeting')
    clock.advance(400)
    peer.send('Asterisk Call Manager/11.0.0\r\n')
    const { actionid } = await peer.takeNamed('Challenge')
    clock.advance(400)
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nChallenge: 304194181\r\n\r\n`)
    await peer.takeNamed('Login')
    clock.advance(99)
    expect(session.state).toBe('login')
    clock.advance(1)
    expect(await fault(opened)).toBe('no-answer')
  })

  it('closed in the middle of the login: closed', async () => {
    const opened = open()
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/11.0.0\r\n')
    await peer.takeNamed('Challenge')
    peer.send('Response: Succ')
    peer.socket.end()
    expect(await fault(opened)).toBe('closed')
  })
})

describe('a living session ends', () => {
  it('when it is silent: no answer at the deadline; all that wait are told, and which of them it was', async () => {
    const peer = await live()
    const first = session.request('RptStatus', { COMMAND: 'XStat', NODE: '1999' })
    const second = session.ping()
    await peer.takeNamed('RptStatus')
    clock.advance(4999)
    expect(session.state).toBe('live')
    clock.advance(1)
    expect(await fault(first)).toBe('no-answer')
    expect(await fault(second)).toBe('no-answer')
    await expect(first).rejects.toMatchObject({ own: true })
    await expect(second).rejects.toMatchObject({ own: false })
    expect(closes[0]?.message).toContain('RptStatus')
  })

  it("so that a late reply is nobody else's (edge case 15)", async () => {
    const peer = await live()
    const late = session.request('RptStatus', { COMMAND: 'XStat', NODE: '1999' })
    const { actionid } = await peer.take()
    clock.advance(5000)
    expect(await fault(late)).toBe('no-answer')
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nNode: 1999\r\n\r\n`)
    expect(await fault(session.ping())).toBe('no-answer')
  })

  it('when not even the Ping behind a question is answered: it was that question, and half a reply is none', async () => {
    const peer = await live()
    const asked = session.request('RptStatus', { COMMAND: 'XStat', NODE: '1999' }, { ends: () => false })
    const { actionid } = await peer.takeNamed('RptStatus')
    clock.advance(4000)
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nNode: 1999\r\n\r\n`)
    await peer.takeNamed('Ping')
    clock.advance(4999)
    expect(session.state).toBe('live')
    clock.advance(1)
    await expect(asked).rejects.toMatchObject({ own: true, reason: { code: 'no-answer' } })
    expect(closes[0]?.message).toContain('RptStatus')
  })

  it.each(['Response: Success\r\nActionID: ID\r\nNode: 19', 'Response: Success\r\nActionID: ID\r\nNode: 1999\r\n', ''])(
    'when it is cut behind %j: closed, never half a reply',
    async (part) => {
      const peer = await live()
      const asked = session.request('RptStatus', { COMMAND: 'XStat', NODE: '1999' })
      const { actionid = '' } = await peer.take()
      peer.socket.end(part.replace('ID: ID', `ID: ${actionid}`))
      expect(await fault(asked)).toBe('closed')
    },
  )

  it('when it is closed in place of an answer: all that wait are told, and which of them it was', async () => {
    const peer = await live()
    const first = session.request('RptStatus', { COMMAND: 'XStat', NODE: '1999' })
    const second = session.ping()
    const { actionid } = await peer.takeNamed('RptStatus')
    peer.socket.end(`Response: Success\r\nActionID: ${actionid}\r\nNode: 1999\r\n`)
    await expect(first).rejects.toMatchObject({ own: true, reason: { code: 'closed', unanswered: true } })
    await expect(second).rejects.toMatchObject({ own: false })
    expect(closes[0]?.message).toContain('RptStatus')
  })

  it('on this side while a question waits: over nothing', async () => {
    const peer = await live()
    const asked = session.ping()
    await peer.take()
    session.close()
    await expect(asked).rejects.toMatchObject({ own: false })
    expect(session.closeReason?.unanswered).toBeUndefined()
  })

  it('when it is reset: closed', async () => {
    const peer = await live()
    const asked = session.ping()
    await peer.take()
    peer.socket.resetAndDestroy()
    expect(await fault(asked)).toBe('closed')
  })

  it('at once: what stands behind its end in the same read is not looked at', async () => {
    const peer = await live({
      onEvent: (event) => {
        events.push(event)
        session.close()
      },
    })
    peer.send('Event: Last\r\n\r\nEvent: Behind\r\n\r\n')
    await until(() => session.state === 'closed')
    expect(events.map(({ event }) => event)).toEqual(['Last'])
  })

  it('when a message has no end: protocol', async () => {
    const peer = await live()
    const asked = session.ping()
    await peer.take()
    const line = Buffer.from(`Var: x=${'y'.repeat(65_527)}\r\n`)
    for (let sent = 0; sent <= 8 * 1024 * 1024; sent += line.length) peer.send(line)
    expect(await fault(asked)).toBe('protocol')
  })

  it('and keeps reading what nobody waits for, so that Asterisk never finds it slow', async () => {
    const peer = await live()
    const chunk = Buffer.from('Event: VarSet\r\nVariable: x\r\n\r\n'.repeat(2000))
    let drained = 0
    for (let i = 0; i < 50; i += 1) peer.socket.write(chunk, () => (drained += 1))
    await until(() => drained === 50, 'all bytes to be read')
    clock.jump(5)
    peer.send('Event: Last\r\n\r\n')
    await heard()
    expect(session.state).toBe('live')
    peer.socket.end()
    await until(() => session.state === 'closed')
    expect(closes[0]?.code).toBe('closed')
  })
})
