import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { startBench } from './bench.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { loggedIn, RawClient, until } from './rawClient.ts'

let fake: FakeAsterisk
let clock: ManualClock
beforeEach(async () => {
  ;({ fake, clock } = await startBench({ controlPort: 0, links: { '1999': [{ name: '2001' }] } }))
})
afterEach(() => fake.close())

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${fake.controlPort ?? 0}${path}`, {
    method,
    headers: { connection: 'close' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

const post = (path: string, body: unknown) => call('POST', path, body)
const DONE = { status: 200, body: { ok: true } }

describe('control over HTTP', () => {
  test('key and link-key: done and written when answered, released after ms', async () => {
    const client = await loggedIn(fake.port, { events: 'call' })
    expect(await post('/key', { node: '1999', on: true, ms: 1_000 })).toEqual(DONE)
    expect(fake.state().nodes['1999']?.rx).toBe(true)
    expect(await client.block()).toContain('Event: RPT_RXKEYED\r\n')
    clock.advance(1_000)
    expect(fake.state().nodes['1999']?.rx).toBe(false)
    expect(await post('/link-key', { node: 1999, link: '2001', on: true, ms: 500 })).toEqual(DONE)
    expect(fake.state().nodes['1999']?.links['2001']?.keyed).toBe(true)
    await client.take('EventValue: 1,2001TK\r\n')
    clock.advance(500)
    expect(fake.state().nodes['1999']?.links['2001']?.keyed).toBe(false)
    client.close()
  })

  test('a key-up without ms is not ended by the release of one before it', async () => {
    await fake.key({ node: '1999', on: true, ms: 100 })
    await fake.key({ node: '1999', on: true })
    clock.advance(1_000)
    expect(fake.state().nodes['1999']?.rx).toBe(true)
  })

  test('connect, answer, change of mode, disconnect', async () => {
    const link = () => fake.state().nodes['1999']?.links['2002']
    expect(await post('/connect', { node: '1999', link: '2002', mode: 'connecting', direction: 'in' })).toEqual(DONE)
    expect(link()).toMatchObject({ state: 'CONNECTING', direction: 'IN' })
    clock.advance(600_000)
    expect(link()).toMatchObject({ state: 'CONNECTING' })
    expect((await post('/link-key', { node: '1999', link: '2002', on: true })).status).toBe(400)
    expect(await post('/connect', { node: '1999', link: '2002', mode: 'transceive' })).toEqual(DONE)
    expect(link()).toMatchObject({ state: 'ESTABLISHED', mode: 'transceive' })
    expect(await post('/connect', { node: '1999', link: '2002', mode: 'local-monitor' })).toEqual(DONE)
    expect(fake.state().nodes['1999']?.linkedNodes).toEqual(['T2001'])
    expect(await post('/disconnect', { node: '1999', link: '2002' })).toEqual(DONE)
    expect(link()).toBeUndefined()
    expect(await post('/lose', { node: '1999', link: '2001', ms: 1_000 })).toEqual(DONE)
    expect(fake.state().nodes['1999']?.links['2001']).toMatchObject({ state: 'CONNECTING', peer: '(none)' })
    expect(await post('/connect', { node: '1999', link: '2001' })).toEqual(DONE)
    clock.advance(60_000)
    await post('/connect', { node: '1999', link: '2003', permanent: true, behind: ['T2004'] })
    expect(fake.state().nodes['1999']?.linkedNodes).toEqual(['T2001', 'T2003', 'T2004'])
  })

  test('a ring of local nodes is refused: its audio would never end', async () => {
    await post('/connect', { node: '1999', link: '1998' })
    await post('/connect', { node: '1998', link: '1997' })
    expect(await post('/connect', { node: '1997', link: '1999' })).toMatchObject({
      status: 400,
      body: { code: 'loop' },
    })
  })

  test('set-var, receivers, knobs', async () => {
    const client = await loggedIn(fake.port)
    expect(await post('/set-var', { node: '1999', name: 'cpu_temp', value: '41 °C' })).toEqual(DONE)
    const text = await client.ask({ Action: 'RptStatus', COMMAND: 'XStat', NODE: '1999' })
    expect(Buffer.from(text, 'latin1').toString('utf8')).toContain('Var: cpu_temp=41 °C\r\n')
    expect(fake.state().nodes['1999']?.vars['cpu_temp']).toBe('41 °C')
    expect(await post('/knobs', { varsMissing: true })).toEqual(DONE)
    expect(await client.ask({ Action: 'RptStatus', COMMAND: 'XStat', NODE: '1999' })).not.toContain('Var:')
    client.close()
  })

  test('GET /state is what state() says', async () => {
    expect(await call('GET', '/state')).toEqual({ status: 200, body: fake.state() })
  })

  test.each([
    ['/key', 'not json', 400, 'bad-json'],
    ['/key', [], 400, 'bad-json'],
    ['/key', { node: '1999' }, 400, 'bad-field'],
    ['/key', { node: '1999', on: 'yes' }, 400, 'bad-field'],
    ['/key', { node: '1999', on: true, ms: -1 }, 400, 'bad-field'],
    ['/key', { node: '19\r\n99', on: true }, 400, 'bad-field'],
    ['/key', { node: '1234', on: true }, 404, 'no-such-node'],
    ['/link-key', { node: '1999', link: '2999', on: true }, 404, 'no-such-link'],
    ['/connect', { node: '1999', link: '2002', mode: 'loud' }, 400, 'bad-field'],
    ['/connect', { node: '1999', link: '1999' }, 400, 'bad-link'],
    ['/set-var', { node: '1999', name: 'A B', value: '' }, 400, 'bad-name'],
    ['/set-var', { node: '1999', name: 'A', value: 'a\nb' }, 400, 'bad-value'],
    ['/receiver', { node: '1999', receiver: 'NORTH', rssi: 1 }, 404, 'no-such-receiver'],
    ['/knobs', { nosuch: 1 }, 400, 'bad-knob'],
    ['/knobs', { headerOrder: 'any' }, 400, 'bad-knob'],
    ['/knobs', { remoteBases: [1999] }, 400, 'bad-knob'],
    ['/nosuch', {}, 404, 'no-such-path'],
  ])('POST %s %j: %i %s', async (path, body, status, code) => {
    const answer = await post(path, body)
    expect(answer).toMatchObject({ status, body: { code } })
    expect((answer.body as { message: string }).message.length).toBeGreaterThan(5)
  })

  test('a wrong method', async () => {
    expect(await call('GET', '/key')).toMatchObject({ status: 405, body: { code: 'bad-method' } })
  })
})

describe('an outage', () => {
  test('cuts and refuses connections, then the same port answers again', async () => {
    const client = await loggedIn(fake.port)
    expect(await post('/outage', { ms: 3_000 })).toEqual(DONE)
    await client.untilClosed()
    await expect(RawClient.open(fake.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(fake.state()).toMatchObject({ listening: false, sessions: 0 })
    clock.advance(3_000)
    await until(() => fake.state().listening)
    const again = await loggedIn(fake.port)
    expect(await again.ask({ Action: 'Ping' })).toContain('Pong')
    again.close()
  })

  test('ends at once with ms 0', async () => {
    await fake.outage({ ms: 3_600_000 })
    await fake.outage({ ms: 0 })
    ;(await loggedIn(fake.port)).close()
  })

  test('a clean stop says so to who may read system events', async () => {
    const client = await loggedIn(fake.port, { events: 'system' })
    await client.block()
    await fake.outage({ ms: 1_000, clean: true })
    expect(await client.block()).toContain('Event: Shutdown\r\n')
    await client.untilClosed()
  })
})

describe('mute', () => {
  test('connections stay and are taken, and nothing is said', async () => {
    const client = await loggedIn(fake.port, { events: 'call' })
    await fake.mute({ ms: 2_000 })
    client.action({ Action: 'Ping', ActionID: 'lost' })
    const late = await RawClient.open(fake.port)
    await until(() => fake.state().sessions === 2 && client.socket.writableLength === 0)
    await fake.key({ node: '1999', on: true })
    await call('GET', '/state')
    expect(client.text + late.text).toBe('')
    expect(client.closed || late.closed).toBe(false)
    clock.advance(2_000)
    expect(await late.take('\r\n')).toContain('Asterisk Call Manager/')
    expect(await client.ask({ Action: 'Ping', ActionID: 'after' })).toContain('ActionID: after')
    client.close()
    late.close()
  })
})

describe('life and end', () => {
  test('two fakes in one process have nothing in common', async () => {
    const other = await startBench()
    await fake.key({ node: '1999', on: true })
    expect(other.fake.port).not.toBe(fake.port)
    expect(other.fake.state().nodes['1999']?.rx).toBe(false)
    await other.fake.close()
  })

  test('close leaves no timer and no port', async () => {
    const client = await loggedIn(fake.port)
    await fake.key({ node: '1999', on: true, ms: 10_000 })
    const { port } = fake
    await fake.close()
    await client.untilClosed()
    expect(clock.pending).toBe(0)
    await expect(RawClient.open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('close in an outage, and close twice', async () => {
    await fake.outage({ ms: 5_000 })
    await fake.close()
    await fake.close()
    expect(clock.pending).toBe(0)
  })

  test('a port that is taken rejects, and leaves the other one free', async () => {
    const wanted = startFakeAsterisk({ port: 0, controlPort: fake.port, clock })
    await expect(wanted).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
