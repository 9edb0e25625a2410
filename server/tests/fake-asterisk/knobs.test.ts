import { Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { startBench } from './bench.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { loggedIn, RawClient, until } from './rawClient.ts'

let fake: FakeAsterisk
let clock: ManualClock
afterEach(() => fake.close())

async function start(options: FakeAsteriskOptions = {}): Promise<void> {
  ;({ fake, clock } = await startBench(options))
}

const SAW = { Action: 'RptStatus', COMMAND: 'SawStat', NODE: '1999', ActionID: 'a' }

/** Lets the server read what was sent to it: a later request of another connection has been answered. */
async function serverHasRead(): Promise<void> {
  const other = await RawClient.open(fake.port)
  await other.take('\r\n')
  await other.ask({ Action: 'Ping' })
  other.close()
}

describe('an older server', () => {
  test('header order: the ActionID comes first in success replies of app_rpt only', async () => {
    await start({ knobs: { headerOrder: 'actionid-first' } })
    const client = await loggedIn(fake.port)
    expect(await client.ask(SAW)).toBe('ActionID: a\r\nResponse: Success\r\nNode: 1999\r\n\r\n')
    expect(await client.ask({ ...SAW, NODE: '1' })).toMatch(/^Response: Error\r\nActionID: a\r\n/)
    client.close()
  })

  test('command format: raw text up to a marker, glued on when the text has no line end', async () => {
    await start({ knobs: { commandFormat: 'follows' } })
    const client = await loggedIn(fake.port)
    client.action({ Action: 'Command', Command: 'core show uptime seconds', ActionID: 'a' })
    expect(await client.take('--END COMMAND--\r\n\r\n')).toBe(
      'Response: Follows\r\nPrivilege: Command\r\nActionID: a\r\nSystem uptime: 47\nLast reload: 47\n--END COMMAND--\r\n\r\n',
    )
    client.close()
  })

  test('event times with one line feed too many: no empty line before the real end', async () => {
    await start({ knobs: { eventTimesExtraLf: true } })
    const client = await loggedIn(fake.port, { events: 'call' })
    await fake.key({ node: '1999', on: true })
    expect(await client.block()).toMatch(/LastKeyedTime: [^\r\n]+\n\r\nLastTxKeyedTime: [^\r\n]+\n\r\n\r\n$/)
    client.close()
  })

  test('asl2: banner, words and silences of Asterisk 1.4', async () => {
    await start({ knobs: { dialect: 'asl2' } })
    const client = await RawClient.open(fake.port)
    expect(await client.take('\r\n')).toBe('Asterisk Call Manager/1.0\r\n')
    expect(await client.ask({ Action: 'Ping' })).toBe('Response: Error\r\nMessage: Authentication Required\r\n\r\n')
    const login = { Action: 'Login', Username: 'admin', Secret: 'testsecret' }
    expect(await client.ask(login)).toContain('Message: Authentication accepted')
    expect(await client.ask({ Action: 'Ping' })).toBe('Response: Pong\r\n\r\n')
    client.action({ Action: 'Events', EventMask: '' })
    expect(await client.ask({ Action: 'Events', EventMask: 'call' })).toBe('Response: Events On\r\n\r\n')
    expect(await client.ask(SAW)).toMatch(/^ActionID: a\r\nResponse: Success/)
    client.close()
  })

  test('asl2: every link that is lost is called again, as one knob says alone too', async () => {
    for (const knobs of [{ dialect: 'asl2' }, { redialsAll: true }, {}] as const) {
      await start({ knobs, links: { '1999': [{ name: '2001' }] } })
      await fake.lose({ node: '1999', link: '2001', ms: 0 })
      clock.advance(5_250)
      expect(fake.state().nodes['1999']?.links['2001']?.reconnects).toBe('dialect' in knobs || 'redialsAll' in knobs ? 1 : undefined)
      await fake.close()
    }
  })

  test('any banner', async () => {
    await start({ knobs: { banner: 'Asterisk Call Manager/9.0.0' } })
    const client = await RawClient.open(fake.port)
    expect(await client.take('\r\n')).toBe('Asterisk Call Manager/9.0.0\r\n')
    client.close()
  })
})

describe('a slow or broken server', () => {
  test('writes cut at random places carry the same bytes', async () => {
    await start({ links: { '1999': Array.from({ length: 30 }, (_, i) => ({ name: String(2_000 + i) })) } })
    const client = await loggedIn(fake.port)
    const whole = await client.ask(SAW)
    fake.setKnobs({ splitWrites: true })
    client.reads.length = 0
    expect(await client.ask(SAW)).toBe(whole)
    expect(client.reads.length).toBeGreaterThan(10)
    expect(client.reads.some((size) => size < 10)).toBe(true)
    client.close()
  })

  test('a reply is many small writes, an event is one', async () => {
    await start({ links: { '1999': [{ name: '2001' }] } })
    const client = await loggedIn(fake.port, { events: 'call' })
    const write = vi.spyOn(Socket.prototype, 'write')
    const written = () =>
      write.mock.calls.splice(0).map(([bytes]) => Buffer.from(bytes as Uint8Array).toString('latin1'))
    const reply = await client.ask({ ...SAW, COMMAND: 'XStat' })
    const [, ...pieces] = written()
    expect(pieces.join('')).toBe(reply)
    expect(pieces.length).toBeGreaterThan(25)
    expect(pieces).toContain('LinkedNodes: ')
    await fake.key({ node: '1999', on: true })
    expect(written().map((text) => text.endsWith('\r\n\r\n'))).toEqual([true, true, true])
    write.mockRestore()
    client.close()
  })

  test('every reply late, in order, with events between them and never inside', async () => {
    await start({ knobs: { replyDelayMs: 300 } })
    const opening = loggedIn(fake.port, { events: 'call' })
    // One timer is for logging in, the other for the reply.
    await until(() => clock.pending === 2)
    clock.advance(300)
    const client = await opening
    client.action(SAW)
    client.action({ Action: 'Ping', ActionID: 'b' })
    await until(() => clock.pending === 1)
    await fake.key({ node: '1999', on: true })
    expect(client.text).toBe('')
    clock.advance(300)
    expect(await client.block()).toContain('ActionID: a\r\n')
    for (const name of ['RXKEYED', 'TXKEYED', 'ETXKEYED'])
      expect(await client.block()).toContain(`Event: RPT_${name}\r\n`)
    clock.advance(300)
    expect(await client.block()).toContain('ActionID: b\r\n')
    client.close()
  })

  test('one kind of reply held back, once', async () => {
    await start({
      knobs: { faults: [{ kind: 'delay', ms: 5_000, action: 'RptStatus', command: 'SawStat', times: 1 }] },
    })
    const client = await loggedIn(fake.port)
    client.action(SAW)
    client.action({ Action: 'Ping', ActionID: 'b' })
    await serverHasRead()
    clock.advance(4_999)
    await serverHasRead()
    expect(client.text).toBe('')
    clock.advance(1)
    expect(await client.block()).toContain('ActionID: a\r\n')
    expect(await client.block()).toContain('ActionID: b\r\n')
    expect(await client.ask(SAW)).toContain('ActionID: a\r\n')
    client.close()
  })

  test('a connection that ends in the middle of a reply', async () => {
    await start({ knobs: { faults: [{ kind: 'cut', bytes: 24, node: '1999' }] } })
    const client = await loggedIn(fake.port)
    client.action(SAW)
    await client.untilClosed()
    expect(client.text).toBe('Response: Success\r\nActio')
  })

  test('a wedged node: no reply to this and to nothing after it', async () => {
    await start({ knobs: { faults: [{ kind: 'never', node: '1999' }] } })
    const client = await loggedIn(fake.port)
    client.action(SAW)
    client.action({ Action: 'Ping' })
    await serverHasRead()
    clock.advance(60_000)
    await serverHasRead()
    expect(client.text).toBe('')
    expect(client.closed).toBe(false)
    client.close()
  })

  test('VoterStatus that finds nothing, and XStat without variables', async () => {
    await start({ voters: { '1999': [{ name: 'NORTH' }] } })
    const client = await loggedIn(fake.port)
    expect(await client.ask({ Action: 'VoterStatus' })).toContain('Client: NORTH\r\n')
    fake.setKnobs({ voterReplyEmpty: true, varsMissing: true })
    client.action({ Action: 'VoterStatus', NODE: '1999' })
    expect(await client.take('\r\n')).toBe('\r\n')
    const text = await client.ask({ ...SAW, COMMAND: 'XStat' })
    expect(text).not.toContain('Var: ')
    expect(text).toContain('parrot_ena: 0\r\n')
    client.close()
  })

  test('a remote base: XStat breaks off and ends the connection, SawStat tells of nobody', async () => {
    await start({ knobs: { remoteBases: ['1999'] } })
    const client = await loggedIn(fake.port)
    expect(await client.ask(SAW)).toBe('Response: Success\r\nActionID: a\r\nNode: 1999\r\n\r\n')
    client.action({ ...SAW, COMMAND: 'XStat' })
    await client.untilClosed()
    expect(client.text).toBe('Response: Success\r\nActionID: a\r\nNode: 1999\r\n')
  })

  test('a client that does not read is cut off after the write timeout', async () => {
    await start()
    await fake.setVar({ node: '1999', name: 'BIG', value: 'x'.repeat(16_000_000) })
    const client = await loggedIn(fake.port)
    client.socket.pause()
    client.action({ ...SAW, COMMAND: 'XStat' })
    await until(() => clock.pending > 0)
    clock.advance(100)
    client.socket.resume()
    await client.untilClosed()
    expect(fake.state().sessions).toBe(0)
  })
})

describe('logging in', () => {
  test('a wrong secret is answered late and ends the connection', async () => {
    await start({ knobs: { badLoginDelayMs: 700 } })
    const client = await RawClient.open(fake.port)
    await client.take('\r\n')
    client.action({ Action: 'Login', Username: 'admin', Secret: 'wrong' })
    await until(() => clock.pending > 1)
    clock.advance(699)
    await serverHasRead()
    expect(client.text).toBe('')
    clock.advance(1)
    expect(await client.block()).toBe('Response: Error\r\nMessage: Authentication failed\r\n\r\n')
    await client.untilClosed()
  })

  test('who does not log in is dropped after the time allowed, who did is not', async () => {
    await start()
    const silent = await RawClient.open(fake.port)
    await silent.take('\r\n')
    const client = await loggedIn(fake.port)
    clock.advance(29_999)
    await serverHasRead()
    expect(silent.closed).toBe(false)
    clock.advance(1)
    await silent.untilClosed()
    expect(await client.ask({ Action: 'Ping' })).toContain('Pong')
    client.close()
  })

  test('more unknown callers than allowed get no banner', async () => {
    await start({ knobs: { authLimit: 1 } })
    const first = await RawClient.open(fake.port)
    await first.take('\r\n')
    const second = await RawClient.open(fake.port)
    await second.untilClosed()
    expect(second.text).toBe('')
    first.close()
  })

  test.each([
    ['call', true],
    ['2', true],
    ['1', false],
    ['system,call', true],
    ['on', true],
    ['n', false],
    ['nonsense', false],
  ])('Events: %s brings RPT events: %s', async (events, wanted) => {
    await start()
    const client = await loggedIn(fake.port, { user: 'reader', secret: 'readersecret', events })
    await fake.key({ node: '1999', on: true })
    const text = await client.ask({ Action: 'Ping' })
    expect(text.startsWith('Event: RPT_RXKEYED')).toBe(wanted)
    client.close()
  })

  test('without an Events header all classes come, FullyBooted first', async () => {
    await start()
    const client = await RawClient.open(fake.port)
    await client.take('\r\n')
    await client.ask({ Action: 'Login', Username: 'admin', Secret: 'testsecret' })
    expect(await client.block()).toMatch(/^Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 47\r\n/)
    await fake.key({ node: '1999', on: true })
    expect(await client.block()).toContain('Event: VarSet\r\n')
    expect(await client.block()).toContain('Event: RPT_RXKEYED\r\n')
    client.close()
  })
})
