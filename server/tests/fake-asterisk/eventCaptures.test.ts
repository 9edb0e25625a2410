import { afterEach, describe, expect, test } from 'vitest'
import type { FakeAsterisk } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { bytesOf, readCapture } from '../fixtures/capture.ts'
import { normalise, startBench } from './bench.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { loggedIn, until } from './rawClient.ts'
import type { RawClient } from './rawClient.ts'

let fake: FakeAsterisk
let clock: ManualClock
afterEach(() => fake.close())

/** The blocks that are events of app_rpt. */
function rptEvents(text: string): readonly string[] {
  return text.split('\r\n\r\n').filter((block) => /^Event: RPT_/.test(block))
}

function ofNode(events: readonly string[], node: string): readonly string[] {
  return events.filter((e) => e.includes(`\r\nNode: ${node}\r\n`)).map((e) => normalise(`${e}\r\n`))
}

/** The order between nodes is chance (each has a thread of its own); within one node it is fixed. */
async function expectEvents(capture: string, nodes: readonly string[], client: RawClient): Promise<void> {
  const expected = rptEvents(bytesOf(readCapture(capture), 'S').toString())
  await until(
    () => rptEvents(client.text).length >= expected.length,
    () => `${expected.length} events, got ${client.text}`,
  )
  const got = rptEvents(client.text)
  for (const node of nodes) expect(ofNode(got, node)).toEqual(ofNode(expected, node))
  expect(got).toHaveLength(expected.length)
}

const reader = { user: 'reader', secret: 'readersecret', events: 'on' }

describe('events come as from a real app_rpt', () => {
  test('20: two links come up, one talks, the links go', async () => {
    // Recorded without a jitter buffer.
    ;({ fake, clock } = await startBench({ knobs: { farewellsLost: false } }))
    const client = await loggedIn(fake.port, reader)
    const admin = await loggedIn(fake.port)
    const cli = (line: string) => admin.ask({ Action: 'Command', Command: line })
    await cli('rpt cmd 1999 ilink 3 1998')
    clock.advance(4_000)
    await cli('rpt cmd 1999 ilink 3 1997')
    clock.advance(3_800)
    await fake.key({ node: '1997', on: true, ms: 1_260 })
    clock.advance(5_200)
    await cli('rpt cmd 1999 ilink 1 1998')
    clock.advance(3_000)
    await cli('rpt cmd 1999 ilink 6')
    clock.advance(3_000)
    await expectEvents('20-events-connect-key-disconnect', ['1999', '1998', '1997'], client)
    client.close()
    admin.close()
  })

  test('20: what becomes of a channel is told by the fields that Asterisk has for it', async () => {
    ;({ fake, clock } = await startBench())
    const client = await loggedIn(fake.port, { ...reader, events: 'call' })
    await fake.connect({ node: '1999', link: '1998' })
    await fake.lose({ node: '1998', link: '1999', ms: 60_000 })
    await fake.disconnect({ node: '1999', link: '1998' })
    const shape = (text: string) =>
      new Set(text.split('\r\n\r\n').filter((block) => /^Event: (Newstate|Hangup|SoftHangupRequest)\r/.test(block)).map((block) => `${block}\r\n`.replaceAll(/: .*\r\n/g, '').concat(/^Event: (\w+)/.exec(block)?.[1] ?? '')))
    const real = shape(bytesOf(readCapture('20-events-connect-key-disconnect'), 'S').toString())
    await until(() => shape(client.text).size >= real.size, () => `${real.size} kinds, got ${client.text}`)
    expect(shape(client.text)).toEqual(real)
    client.close()
  })

  test('20: the channels of a call between two nodes of a server are told in the order of the real one', async () => {
    ;({ fake, clock } = await startBench())
    const client = await loggedIn(fake.port, { ...reader, events: 'call' })
    /** Which event of which end: who was called, for whom, by whom. */
    const moves = (text: string) => [...text.matchAll(/Event: (Newstate)\r\n[^]*?CallerIDNum: (.*)\r\n[^]*?ConnectedLineNum: (.*)\r\n[^]*?Exten: (.*)\r\n/g)].map((match) => match.slice(1).join(' '))
    const real = moves(bytesOf(readCapture('20-events-connect-key-disconnect'), 'S').toString()).slice(0, 3)
    const operator = await loggedIn(fake.port)
    await operator.ask({ Action: 'Command', Command: 'rpt cmd 1999 ilink 3 1998' })
    clock.advance(1_000)
    await until(() => client.text.includes('Event: RPT_NUMLINKS'), () => `links in ${client.text}`)
    expect(real).toHaveLength(3)
    expect(moves(client.text)).toEqual(real)
    client.close()
    operator.close()
  })

  test('23: a key-up of the radio alone', async () => {
    ;({ fake, clock } = await startBench())
    const client = await loggedIn(fake.port, { ...reader, events: 'call' })
    await fake.key({ node: '1997', on: true, ms: 1_060 })
    clock.advance(4_000)
    await expectEvents('23-events-on-all-classes-one-keyup', ['1997'], client)
    client.close()
  })

  test('31: a voter that hears somebody tells it of the node only', async () => {
    ;({ fake, clock } = await startBench({ nodes: ['1996'], voters: { '1996': [{ name: 'NORTH' }] } }))
    const client = await loggedIn(fake.port, reader)
    await fake.key({ node: '1996', on: true, ms: 2_200 })
    clock.advance(5_000)
    await expectEvents('31-voter-events', ['1996'], client)
    client.close()
  })

  test('an event is one write, and its times are of this server', async () => {
    ;({ fake, clock } = await startBench())
    const client = await loggedIn(fake.port, reader)
    client.reads.length = 0
    await fake.key({ node: '1997', on: true })
    await until(() => rptEvents(client.text).length === 3)
    const [rx = ''] = rptEvents(client.text)
    const shown = /LastKeyedTime: (.*)/.exec(rx)?.[1] ?? ''
    expect(Date.parse(shown)).toBe(Math.floor(clock.now() / 1_000) * 1_000)
    client.close()
  })

  test('47: a phone talks, and is listed as silent all the time', async () => {
    const user = { name: 'phonerec', secret: 'rptsecret', read: 'call', write: 'command', eventFilters: ['Event: RPT_(ALINKS|TXKEYED)'] }
    ;({ fake, clock } = await startBench({ users: [user] }))
    const admin = await loggedIn(fake.port)
    await admin.ask({ Action: 'Command', Command: 'rpt cmd 1999 cop 34' })
    const client = await loggedIn(fake.port, { user: user.name, secret: user.secret, events: 'call' })
    await fake.connect({ node: '1999', link: 'KJ6AAA-P', direction: 'IN' })
    await fake.linkKey({ node: '1999', link: 'KJ6AAA-P', on: true })
    clock.advance(100)
    expect(fake.state().nodes['1999']).toMatchObject({ tx: true, links: { 'KJ6AAA-P': { keyed: true } } })
    expect(await admin.ask({ Action: 'RptStatus', COMMAND: 'SawStat', NODE: '1999' })).toContain('\r\nConn: KJ6AAA-P 0 -1 -1\r\n')
    await fake.linkKey({ node: '1999', link: 'KJ6AAA-P', on: false })
    clock.advance(5_000)
    await fake.disconnect({ node: '1999', link: 'KJ6AAA-P' })
    // When a phone hangs up, app_rpt tells once more what it has told.
    const told = (text: string) => rptEvents(text).map((event) => /^Event: (\w+)[^]*EventValue: (.*)\r/.exec(event)?.slice(1).join(' '))
    const real = told(bytesOf(readCapture('47-phone-talks'), 'S').toString())
    expect(real[3]).toBe(real[0])
    const expected = real.filter((_, i) => i !== 3)
    await until(() => told(client.text).length >= expected.length, () => client.text)
    expect(told(client.text)).toEqual(expected)
    admin.close()
    client.close()
  })
})
