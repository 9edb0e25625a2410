import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AmiClosedError } from '../../src/ami/closeReason.ts'
import type { AmiCloseReason } from '../../src/ami/closeReason.ts'
import { AmiEncodeError } from '../../src/ami/encode.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { AmiWithdrawnError } from '../../src/ami/requestQueue.ts'
import { AmiSession } from '../../src/ami/session.ts'
import type { AmiSessionOptions } from '../../src/ami/session.ts'
import { ManualClock } from '../support/manualClock.ts'
import { startScriptedServer, until } from './scriptedServer.ts'
import type { Peer, ScriptedServer } from './scriptedServer.ts'

const SECRET = 's3cret'
let server: ScriptedServer
let clock: ManualClock
let session: AmiSession
let events: AmiMessage[]
let closes: AmiCloseReason[]

beforeEach(async () => {
  server = await startScriptedServer()
  clock = new ManualClock()
  events = []
  closes = []
})

afterEach(async () => {
  session.close()
  await server.close()
  // Whatever happened: nothing is left running, and the end was told exactly once.
  expect(clock.pending).toBe(0)
  expect(closes).toHaveLength(1)
  for (const { message } of closes) expect(message).not.toContain(SECRET)
})

function make(options: Partial<AmiSessionOptions> = {}): AmiSession {
  session = new AmiSession({
    host: '127.0.0.1',
    port: server.port,
    user: 'gateway',
    secret: SECRET,
    clock,
    onEvent: (event) => events.push(event),
    onClose: (reason) => closes.push(reason),
    ...options,
  })
  return session
}

async function live(options: Partial<AmiSessionOptions> = {}): Promise<Peer> {
  const opened = make(options).open()
  const peer = await server.peer()
  await peer.welcome()
  await opened
  expect(session.state).toBe('live')
  return peer
}

async function reasonOf(promise: Promise<unknown>): Promise<AmiCloseReason> {
  const error = await promise.then(
    () => null,
    (why: unknown) => why,
  )
  expect(error).toBeInstanceOf(AmiClosedError)
  return (error as AmiClosedError).reason
}

describe('login', () => {
  it('goes by challenge, and sends no secret', async () => {
    await live()
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['Asterisk refuses the challenge', 'Error', 'Message: Must specify AuthType\r\n'],
    ['the answer has no challenge', 'Success', ''],
  ])('goes by plain secret when %s', async (_what, response, more) => {
    const opened = make().open()
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/1.0\r\n')
    const { actionid } = await peer.takeNamed('Challenge')
    peer.send(`Response: ${response}\r\nActionID: ${actionid}\r\n${more}\r\n`)
    const login = await peer.takeNamed('Login')
    expect(login).toMatchObject({ username: 'gateway', secret: SECRET, events: 'call' })
    peer.send(`ActionID: ${login['actionid']}\r\nResponse: Success\r\nMessage: Authentication accepted\r\n\r\n`)
    await opened
  })

  it('survives replies cut at every byte, and events in between', async () => {
    const opened = make().open()
    const peer = await server.peer()
    await peer.sendByteByByte('Asterisk Call Manager/11.0.0\r\n')
    const challenge = await peer.takeNamed('Challenge')
    await peer.sendByteByByte(`Response: Success\r\nActionID: ${challenge['actionid']}\r\nChallenge: 5\r\n\r\n`)
    const login = await peer.takeNamed('Login')
    await peer.sendByteByByte(
      `Response: Success\r\nActionID: ${login['actionid']}\r\nMessage: Authentication accepted\r\n\r\n` +
        'Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n',
    )
    await opened
    expect(events.map((event) => event.event)).toEqual(['FullyBooted'])
  })

  it('refused says whom, and what to check', async () => {
    const opened = make().open()
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/9.0.0\r\n')
    const challenge = await peer.takeNamed('Challenge')
    peer.send(`Response: Success\r\nActionID: ${challenge['actionid']}\r\nChallenge: 5\r\n\r\n`)
    const login = await peer.takeNamed('Login')
    peer.send(`Response: Error\r\nActionID: ${login['actionid']}\r\nMessage: Authentication failed for ${SECRET}\r\n\r\n`)
    const reason = await reasonOf(opened)
    expect(reason.code).toBe('login-refused')
    expect(reason.message).toBe(
      `Asterisk at 127.0.0.1:${server.port} refused the login of user "gateway" ` +
        '(Asterisk refused: "Authentication failed for ***"): check user and secret, and permit in manager.conf.',
    )
    await until(() => peer.ended, 'the socket to end')
  })

  it('refused for being in use says that, and not to look at the secret', async () => {
    const opened = make().open()
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/11.0.0\r\n')
    const challenge = await peer.takeNamed('Challenge')
    peer.send(`Response: Success\r\nActionID: ${challenge['actionid']}\r\nChallenge: 5\r\n\r\n`)
    const login = await peer.takeNamed('Login')
    peer.send(`Response: Error\r\nActionID: ${login['actionid']}\r\nMessage: Login Already In Use\r\n\r\n`)
    const reason = await reasonOf(opened)
    expect(reason).toMatchObject({ code: 'login-refused', inUse: true })
    expect(reason.message).toMatch(/signed in already, and allowmultiplelogin = no .*; give each program a user of its own\.$/)
  })

  it('with a secret that AMI can not carry is refused here, unsent', async () => {
    const opened = make({ secret: 'a\r\nAction: Command' }).open()
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/9.0.0\r\n')
    const { actionid } = await peer.takeNamed('Challenge')
    peer.send(`Response: Error\r\nActionID: ${actionid}\r\n\r\n`)
    expect((await reasonOf(opened)).code).toBe('login-refused')
    await until(() => peer.ended)
    expect(peer.unread).toBe('')
  })

  it('is needed before a request', async () => {
    make()
    expect(await reasonOf(session.request('Ping'))).toMatchObject({ code: 'closed' })
    const opened = session.open()
    const peer = await server.peer()
    expect(await reasonOf(session.request('Ping'))).toMatchObject({ code: 'closed' })
    await peer.welcome()
    await opened
  })
})

describe('requests', () => {
  it('are answered one by one, in order', async () => {
    const peer = await live()
    const first = session.request('RptStatus', { COMMAND: 'SawStat', NODE: '1999' })
    const second = session.request('RptStatus', { COMMAND: 'SawStat', NODE: '1998' })
    expect(session.pending).toBe(2)
    const asked = await peer.take()
    expect(asked).toMatchObject({ action: 'RptStatus', command: 'SawStat', node: '1999' })
    expect(peer.unread).toBe('')
    peer.send(`Response: Success\r\nActionID: ${asked['actionid']}\r\nNode: 1999\r\nConn: 1998 1 2 -1\r\n\r\n`)
    expect(parseSawStat(await first)).toMatchObject({ ok: true, value: { node: '1999' } })
    const next = await peer.take()
    // app_rpt before 3.5.0 puts ActionID first.
    peer.send(`ActionID: ${next['actionid']}\r\nResponse: Success\r\nNode: 1998\r\n\r\n`)
    expect(parseSawStat(await second)).toMatchObject({ ok: true, value: { node: '1998' } })
    expect(session.pending).toBe(0)
    expect(clock.pending).toBe(0)
  })

  it('events before, between and behind replies go to the listener, in order (edge case 14)', async () => {
    const peer = await live()
    const ping = session.ping()
    const { actionid } = await peer.take()
    peer.send(
      'Event: A\r\nNode: 1\r\n\r\n' +
        `Response: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n` +
        'Event: B\r\n\r\nEvent: C\r\n\r\n',
    )
    await ping
    await until(() => events.length === 3)
    expect(events.map((event) => event.event)).toEqual(['A', 'B', 'C'])
  })

  it('an empty block is nothing (edge case 10)', async () => {
    const peer = await live()
    const ping = session.ping()
    const { actionid } = await peer.take()
    peer.send(`\r\nResponse: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n\r\n`)
    await ping
    expect(session.state).toBe('live')
    expect(peer.unread).toBe('')
  })

  it('an Error is a reply, and the session goes on', async () => {
    const peer = await live()
    const asked = session.request('RptStatus', { COMMAND: 'XStat', NODE: '4242' })
    const { actionid } = await peer.take()
    peer.send(`Response: Error\r\nActionID: ${actionid}\r\nMessage: RptStatus unknown or missing node\r\n\r\n`)
    expect((await asked).response).toBe('Error')
    expect(session.state).toBe('live')
  })

  it('that can not be encoded are refused alone', async () => {
    const peer = await live()
    await expect(session.request('RptStatus', { NODE: '1999\r\nAction: Logoff' })).rejects.toBeInstanceOf(
      AmiEncodeError,
    )
    expect(session.pending).toBe(0)
    const ping = session.ping()
    const { actionid } = await peer.takeNamed('Ping')
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n`)
    await ping
  })

  it('that are urgent go before all that wait and are not, in their own order, and never before what is on the wire', async () => {
    const peer = await live()
    const nodes = ['1', '2', '3'].map((node) => session.request('RptStatus', { COMMAND: 'XStat', NODE: node }))
    const commands = ['a', 'b'].map((line) => session.request('Command', { Command: line }, { urgent: true }))
    const order: string[] = []
    for (const _each of [...nodes, ...commands]) {
      const asked = await peer.take()
      order.push(asked['node'] ?? asked['command'] ?? '')
      peer.send(`Response: Success\r\nActionID: ${asked['actionid']}\r\n\r\n`)
    }
    await Promise.all([...nodes, ...commands])
    expect(order).toEqual(['1', 'a', 'b', '2', '3'])
  })

  it('that nobody wants any more when their turn comes are not sent, and the next one is', async () => {
    const peer = await live()
    const first = session.ping()
    let wanted: boolean = true
    const given = session.request('Command', { Command: 'a' }, { urgent: true, go: () => wanted })
    const kept = session.request('Command', { Command: 'b' }, { urgent: true, go: () => !wanted })
    const { actionid } = await peer.takeNamed('Ping')
    wanted = false
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n`)
    await first
    await expect(given).rejects.toBeInstanceOf(AmiWithdrawnError)
    const next = await peer.takeNamed('Command')
    expect(next['command']).toBe('b')
    peer.send(`Response: Success\r\nActionID: ${next['actionid']}\r\n\r\n`)
    await kept
    expect(session.pending).toBe(0)
  })

  it('of a slow Asterisk have their time each, the Ping behind a VoterStatus too', async () => {
    const peer = await live({ requestDeadlineMs: 2200 })
    const asked = session.request('VoterStatus', { NODE: '1999' })
    await peer.takeNamed('VoterStatus')
    clock.advance(1900)
    peer.send('\r\n')
    const { actionid } = await peer.takeNamed('Ping')
    clock.advance(1900)
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n`)
    expect((await asked).isEmpty).toBe(true)
    expect(session.state).toBe('live')
    expect(clock.pending).toBe(0)
  })

  it('ping gives the round trip', async () => {
    const peer = await live()
    const ping = session.ping()
    const { actionid } = await peer.take()
    clock.advance(37)
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n`)
    expect(await ping).toBe(37)
  })
})

describe('the dialogue of Asterisk 1.4 (ASL2)', () => {
  it('is understood from greeting to command', async () => {
    const opened = make().open()
    const peer = await server.peer()
    peer.send('Asterisk Call Manager/1.0\r\n')
    const challenge = await peer.takeNamed('Challenge')
    peer.send(`Response: Success\r\nActionID: ${challenge['actionid']}\r\nChallenge: 12345\r\n\r\n`)
    const login = await peer.takeNamed('Login')
    peer.send(`Response: Success\r\nActionID: ${login['actionid']}\r\nMessage: Authentication accepted\r\n\r\n`)
    await opened

    const mask = session.request('Events', { EventMask: 'call' })
    const events14 = await peer.take()
    peer.send(`Response: Events On\r\nActionID: ${events14['actionid']}\r\n\r\n`)
    expect((await mask).response).toBe('Events On')

    const ping = session.ping()
    const pinged = await peer.take()
    peer.send(`Response: Pong\r\nActionID: ${pinged['actionid']}\r\n\r\n`)
    await ping

    const command = session.request('Command', { Command: 'core show uptime seconds' })
    const asked = await peer.take()
    peer.send(
      `Response: Follows\r\nPrivilege: Command\r\nActionID: ${asked['actionid']}\r\nSystem uptime: 81234\n\nActionID: 9\nResponse: Error\r\n\r\n` +
        '--END COMMAND--\r\n\r\n' +
        'Event: RPT_RXKEYED\r\nNode: 1\r\nEventValue: 1\r\nLastKeyedTime: a 2026\n\r\nLastTxKeyedTime: a 2026\n\r\n\r\n',
    )
    expect((await command).output).toEqual(['System uptime: 81234', '', 'ActionID: 9', 'Response: Error', ''])
    await until(() => events.length === 1)
    expect(events[0]?.get('LastTxKeyedTime')).toBe('a 2026')
  })
})

describe('the end', () => {
  it('close() says Logoff when live, and repeats do nothing', async () => {
    const peer = await live()
    const ping = session.ping()
    await peer.take()
    session.close()
    session.close()
    expect(await reasonOf(ping)).toMatchObject({ code: 'closed' })
    expect(await peer.take()).toMatchObject({ action: 'Logoff' })
    await until(() => peer.ended, 'the socket to end')
    expect(await reasonOf(session.request('Ping'))).toMatchObject({ code: 'closed' })
  })

  it('close() while connecting ends the attempt', async () => {
    const opened = make().open()
    session.close()
    expect(await reasonOf(opened)).toMatchObject({ code: 'closed' })
  })

  it('a listener that throws costs no frame, and is not silenced', async () => {
    const thrown: unknown[] = []
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => thrown.push(error))
    try {
      const peer = await live({
        onEvent: () => {
          throw new Error('listener')
        },
      })
      const ping = session.ping()
      const { actionid } = await peer.take()
      peer.send(`Event: A\r\n\r\nResponse: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n`)
      await ping
      await until(() => thrown.length === 1)
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of before) process.on('uncaughtException', listener)
    }
  })
})
