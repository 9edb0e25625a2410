import { afterEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/env/clock.ts'
import { startFakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { FakeAsterisk, FakeAsteriskOptions } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { AmiHost } from '../../src/ami/amiHost.ts'
import type { AmiHostOptions } from '../../src/ami/amiHost.ts'
import type { Read } from '../../src/ami/read.ts'
import { readCommandReply } from '../../src/ami/replies.ts'
import { ilinkCommand } from '../../src/ami/rptCommand.ts'
import { readRptEvent } from '../../src/ami/rptEvents.ts'
import type { RptEvent } from '../../src/ami/rptEvents.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseVoterStatus } from '../../src/ami/voterStatus.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import type { XStat } from '../../src/ami/xstat.ts'
import { until } from './scriptedServer.ts'

// The server here was written by other hands, from the same facts and without a line of this client.

let fake: FakeAsterisk
let host: AmiHost
let events: RptEvent[]

async function start(options: FakeAsteriskOptions = {}, more: Partial<AmiHostOptions> = {}): Promise<void> {
  fake = await startFakeAsterisk({ links: 4, ...options })
  host = new AmiHost({
    host: '127.0.0.1',
    port: fake.port,
    user: 'admin',
    secret: 'demo',
    clock: systemClock,
    random: () => 0.5,
    ...more,
  })
  events = []
  host.onEvent((message) => {
    const event = readRptEvent(message)
    if (event) events.push(event)
  })
  host.start()
  await until(() => host.status.status === 'up' || host.status.status === 'down', 'a verdict')
}

afterEach(async () => {
  host.stop()
  await fake.close()
})

function value<T>(read: Read<T>): T {
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`)
  return read.value
}

async function look(node: string): Promise<XStat> {
  const saw = value(parseSawStat(await host.request('RptStatus', { COMMAND: 'SawStat', NODE: node })))
  const names = saw.links.map((link) => link.name)
  const xstat = value(parseXStat(await host.request('RptStatus', { COMMAND: 'XStat', NODE: node }), names))
  expect(saw.unreadConns + xstat.unreadConns).toBe(0)
  expect(xstat.conns.map((conn) => conn.name).sort()).toEqual([...names].sort())
  return xstat
}

describe.each([
  ['Asterisk 22', { dialect: 'asterisk' }],
  ['ASL2', { dialect: 'asl2' }],
  ['Asterisk 22 in torn writes', { dialect: 'asterisk', splitWrites: true }],
  ['ASL2 in torn writes', { dialect: 'asl2', splitWrites: true }],
] as const)('with the fake as %s', (_name, knobs) => {
  it('status, voter, command and key-up are all read', async () => {
    await start({ knobs })
    const [node = '', , voter = ''] = fake.nodes
    const before = await look(node)
    expect(before.conns).toHaveLength(4)
    expect(before.rxKeyed).toBe(false)

    const [instance] = value(parseVoterStatus(await host.request('VoterStatus', { NODE: voter }))).instances
    expect(instance?.node).toBe(voter)
    expect(instance?.receivers.length).toBeGreaterThan(0)
    expect(value(parseVoterStatus(await host.request('VoterStatus', { NODE: node }))).instances).toEqual([])
    expect(parseXStat(await host.request('RptStatus', { COMMAND: 'XStat', NODE: '4242' }))).toMatchObject({
      code: 'no-such-node',
    })

    await fake.key({ node, on: true })
    await until(() => events.some((event) => event.kind === 'rxkeyed' && event.node === node && event.keyed), 'key-up')
    expect(host.eventsSeen).toBe(true)
    expect((await look(node)).rxKeyed).toBe(true)

    const gone = before.conns[0]?.name ?? ''
    const command = await host.request('Command', { Command: ilinkCommand(node, 11, gone) })
    expect(value(readCommandReply(command))).toEqual([])
    const dropped = (event: RptEvent) =>
      event.kind === 'alinks' && event.node === node && event.links?.some((link) => link.name === gone) === false
    await until(() => events.some(dropped), 'the link to drop')
    expect((await look(node)).conns.map((conn) => conn.name)).not.toContain(gone)
  })
})

describe('with the fake', () => {
  it('a wrong secret is told as such', async () => {
    await start({ knobs: { badLoginDelayMs: 20 } }, { secret: 'wrong' })
    expect(host.status).toMatchObject({ status: 'down', reason: { code: 'login-refused' } })
  })

  it('a wedged node ends the session, a nudge brings the next', async () => {
    const faults = [{ kind: 'never', command: 'XStat', times: 1 }] as const
    await start({ knobs: { faults } }, { requestDeadlineMs: 100 })
    const [node = ''] = fake.nodes
    await expect(host.request('RptStatus', { COMMAND: 'XStat', NODE: node })).rejects.toMatchObject({
      reason: { code: 'no-answer' },
    })
    host.nudge()
    await until(() => host.status.status === 'up', 'up again')
    expect((await look(node)).conns).toHaveLength(4)
  })
})
