import { afterEach, describe, expect, test } from 'vitest'
import type { FakeAsterisk, FakeAsteriskOptions, FakeLinkState } from '../../src/fake-asterisk/fakeAsterisk.ts'
import { startBench } from './bench.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { loggedIn } from './rawClient.ts'
import type { RawClient } from './rawClient.ts'

let fake: FakeAsterisk
let clock: ManualClock
/** Asks and commands. */
let client: RawClient
/** Gets the events. */
let watcher: RawClient
afterEach(async () => {
  client.close()
  watcher.close()
  await fake.close()
})

async function start(options: FakeAsteriskOptions = {}): Promise<void> {
  ;({ fake, clock } = await startBench(options))
  client = await loggedIn(fake.port)
  watcher = await loggedIn(fake.port, { events: 'call' })
}

function cli(line: string): Promise<string> {
  return client.ask({ Action: 'Command', Command: line })
}

/** Sends a command and lets the node's loop pick it up. */
async function command(line: string): Promise<void> {
  await cli(line)
  clock.advance(20)
}

function xstat(): Promise<string> {
  return client.ask({ Action: 'RptStatus', COMMAND: 'XStat', NODE: '1999' })
}

function link(name: string): FakeLinkState | undefined {
  return fake.state().nodes['1999']?.links[name]
}

/** The values of one event, so far. Whatever the server sent before it answers a ping has come. */
async function values(event: string): Promise<readonly string[]> {
  watcher.action({ Action: 'Ping' })
  const text = await watcher.take('Ping: Pong')
  return [...text.matchAll(new RegExp(`Event: ${event}\r\n[^]*?EventValue: (.*)\r\n`, 'g'))].map((m) => m[1] ?? '')
}

describe('rpt cmd … ilink', () => {
  test('3 rings first: CONNECTING shows in XStat and no event tells', async () => {
    await start()
    await command('rpt cmd 1999 ilink 3 2001')
    const ringing = await xstat()
    expect(ringing).toContain('0           OUT        00:00:00            CONNECTING          \r\n')
    expect(ringing).toContain('LinkedNodes: C2001\r\n')
    expect(ringing).toContain('Var: RPT_ALINKS=0\r\n')
    expect(await values('RPT_ALINKS')).toEqual([])
    clock.advance(250)
    expect(await values('RPT_ALINKS')).toEqual(['1,2001TU'])
    expect(link('2001')).toMatchObject({ state: 'ESTABLISHED', mode: 'transceive', direction: 'OUT', permanent: false })
  })

  test('2 monitors, 8 monitors locally and is in no list but Conn and SawStat', async () => {
    await start()
    await command('rpt cmd 1999 ilink 2 2001')
    await command('rpt cmd 1999 ilink 8 2002')
    clock.advance(5_000)
    const text = await xstat()
    expect(text).toMatch(/^Conn: 2002 .* ESTABLISHED {9}\r$/m)
    expect(text).toContain('LinkedNodes: R2001\r\n')
    expect(text).toContain('Var: RPT_ALINKS=1,2001RU\r\n')
    const saw = await client.ask({ Action: 'RptStatus', COMMAND: 'SawStat', NODE: '1999' })
    expect(saw).toContain('Conn: 2002 0 -1 -1\r\nConn: 2001 0 -1 -1\r\n')
  })

  test('1 leaves a permanent link alone, 11 drops it', async () => {
    await start()
    await command('rpt cmd 1999 ilink 13 2001')
    clock.advance(1_000)
    expect(link('2001')).toMatchObject({ permanent: true })
    await command('rpt cmd 1999 ilink 1 2001')
    expect(link('2001')).toBeDefined()
    await command('rpt cmd 1999 ilink 11 2001')
    expect(link('2001')).toBeUndefined()
  })

  test('6 drops all links but clients, and 16 brings them back as they were', async () => {
    await start()
    await fake.connect({ node: '1999', link: '2001', mode: 'monitor' })
    await fake.connect({ node: '1999', link: '2002', permanent: true })
    await fake.connect({ node: '1999', link: 'W1AW' })
    await command('rpt cmd 1999 ilink 6')
    expect(Object.keys(fake.state().nodes['1999']?.links ?? {})).toEqual(['W1AW'])
    await command('rpt cmd 1999 ilink 16')
    clock.advance(1_000)
    expect(link('2001')).toMatchObject({ mode: 'monitor', permanent: false })
    expect(link('2002')).toMatchObject({ mode: 'transceive', permanent: true })
  })

  test('target 0 is the last node used', async () => {
    await start()
    await command('rpt cmd 1999 ilink 3 2001')
    clock.advance(1_000)
    await command('rpt cmd 1999 ilink 1 0')
    expect(link('2001')).toBeUndefined()
  })

  test('of two commands within one frame the second is lost, and both are a Success', async () => {
    await start()
    client.action({ Action: 'Command', Command: 'rpt cmd 1999 ilink 3 2001' })
    client.action({ Action: 'Command', Command: 'rpt cmd 1999 ilink 3 2002' })
    client.action({ Action: 'Command', Command: 'rpt cmd 1998 ilink 3 2003' })
    for (let i = 0; i < 3; i += 1) {
      expect(await client.block()).toBe('Response: Success\r\nMessage: Command output follows\r\nOutput: \r\n\r\n')
    }
    clock.advance(20)
    await command('rpt cmd 1999 ilink 3 2004')
    clock.advance(1_000)
    expect(Object.keys(fake.state().nodes['1999']?.links ?? {})).toEqual(['2001', '2004'])
    expect(Object.keys(fake.state().nodes['1998']?.links ?? {})).toEqual(['2003'])
  })

  test('the same mode again changes nothing, another one dials anew', async () => {
    await start()
    await command('rpt cmd 1999 ilink 3 2001')
    clock.advance(60_000)
    const since = link('2001')?.connectedAt
    await command('rpt cmd 1999 ilink 3 2001')
    expect(link('2001')?.connectedAt).toBe(since)
    await command('rpt cmd 1999 ilink 2 2001')
    expect(link('2001')).toMatchObject({ mode: 'monitor', state: 'CONNECTING' })
  })

  test('of another mode events tell the end of the link, and not the answer, which counts as a reconnect', async () => {
    await start()
    await command('rpt cmd 1999 ilink 13 2001')
    clock.advance(5_000)
    await values('RPT_ALINKS')
    await command('rpt cmd 1999 ilink 2 2001')
    expect(link('2001')).toMatchObject({ state: 'CONNECTING', permanent: false, reconnects: 0, connectedAt: clock.now() })
    expect(await values('RPT_ALINKS')).toEqual([''])
    clock.advance(5_000)
    expect(link('2001')).toMatchObject({ state: 'ESTABLISHED', mode: 'monitor', reconnects: 1 })
    expect(await values('RPT_ALINKS')).toEqual([])
    const text = await xstat()
    expect(text).toContain('LinkedNodes: R2001\r\n')
    expect(text).toContain('Var: RPT_ALINKS=\r\n')
    await command('rpt cmd 1999 ilink 13 2001')
    clock.advance(5_000)
    expect(link('2001')).toMatchObject({ permanent: true, reconnects: 2 })
    // The next key-up of any link tells of it.
    await fake.linkKey({ node: '1999', link: '2001', on: true })
    expect((await values('RPT_ALINKS')).at(-1)).toBe('1,2001TK')
  })

  test('an EchoLink link only switches its mode, and no event tells', async () => {
    await start()
    await fake.connect({ node: '1999', link: '3101425' })
    clock.advance(5_000)
    expect(await values('RPT_ALINKS')).toEqual(['1,3101425TU'])
    await command('rpt cmd 1999 ilink 2 3101425')
    clock.advance(5_000)
    expect(link('3101425')).toMatchObject({ mode: 'monitor', state: 'ESTABLISHED' })
    expect(await xstat()).toContain('LinkedNodes: R3101425\r\n')
    expect(await values('RPT_ALINKS')).toEqual([])
  })

  test('so does one of TheLinkBox, whose name is like a node\'s and which has no peer', async () => {
    await start({ tlb: ['2202'] })
    await command('rpt cmd 1999 ilink 3 2202')
    clock.advance(5_000)
    expect(await values('RPT_ALINKS')).toEqual(['1,2202TU'])
    await command('rpt cmd 1999 ilink 12 2202')
    expect(link('2202')).toMatchObject({ kind: 'tlb', mode: 'monitor', state: 'ESTABLISHED', peer: '', permanent: false })
    expect(await xstat()).toMatch(/^Conn: 2202 {26}0 {11}OUT /m)
    expect(await values('RPT_ALINKS')).toEqual([])
  })

  test('a node that is behind another link is refused, on air only', async () => {
    await start({ links: { '1999': [{ name: '2001', behind: ['T2002'] }] } })
    await command('rpt cmd 1999 ilink 3 2002')
    clock.advance(1_000)
    expect(link('2002')).toBeUndefined()
    expect(fake.state().nodes['1999']?.tx).toBe(true)
  })

  test('one that never answers disappears again; a permanent one is tried for ever, with no peer between', async () => {
    await start({ unreachableTargets: ['2001', '2002'] })
    await command('rpt cmd 1999 ilink 3 2001')
    await command('rpt cmd 1999 ilink 13 2002')
    clock.advance(10_000)
    expect(link('2001')).toBeUndefined()
    expect(link('2002')).toMatchObject({ state: 'CONNECTING', peer: '(none)', reconnects: 0 })
    expect(await xstat()).toMatch(/^Conn: 2002 {6}\(none\) {14}0 /m)
    // Between two tries not even another mode is taken.
    await command('rpt cmd 1999 ilink 2 2002')
    expect(link('2002')).toMatchObject({ mode: 'transceive', permanent: true, peer: '(none)' })
    clock.advance(5_000)
    // Only an answer counts as a reconnect.
    expect(link('2002')).toMatchObject({ state: 'CONNECTING', reconnects: 0 })
    expect(link('2002')?.peer).not.toBe('(none)')
  })

  test.each(['3101425', '2202'])('a permanent one of EchoLink or TheLinkBox is not: %s', async (name) => {
    await start({ unreachableTargets: [name], tlb: ['2202'] })
    await command(`rpt cmd 1999 ilink 13 ${name}`)
    expect(link(name)).toMatchObject({ state: 'CONNECTING', permanent: true, peer: '' })
    clock.advance(60_000)
    expect(link(name)).toBeUndefined()
  })

  test('a permanent one that is lost is called again, and no event tells of either', async () => {
    await start({ links: { '1999': [{ name: '2001', permanent: true, ageMs: 60_000, peer: '192.0.2.1' }] } })
    await fake.lose({ node: '1999', link: '2001', ms: 5_000 })
    expect(link('2001')).toMatchObject({ state: 'CONNECTING', peer: '(none)', reconnects: 0, connectedAt: clock.now() })
    expect(await xstat()).toContain('LinkedNodes: C2001\r\n')
    clock.advance(5_000)
    expect(link('2001')).toMatchObject({ state: 'CONNECTING', peer: '192.0.2.1', reconnects: 0, connectedAt: clock.now() })
    clock.advance(250)
    expect(link('2001')).toMatchObject({ state: 'ESTABLISHED', reconnects: 1, connectedAt: clock.now() - 250 })
    expect(await xstat()).toContain('Var: RPT_ALINKS=1,2001TU\r\n')
    expect(await values('RPT_\\w+')).toEqual([])
  })

  test('but that nothing is behind it any more events tell before, and that it talks no more after it', async () => {
    await start({ links: { '1999': [{ name: '2001', permanent: true, behind: ['T2002'] }] } })
    await fake.linkKey({ node: '1999', link: '2001', on: true })
    await values('RPT_ALINKS')
    await fake.lose({ node: '1999', link: '2001', ms: 5_000 })
    expect(await values('RPT_A?LINKS')).toEqual(['1,2001TK', '1,T2001', '1,2001CU', '1,C2001'])
    clock.advance(5_250)
    expect(await xstat()).toContain('LinkedNodes: T2001, T2002\r\n')
    expect(await values('RPT_A?LINKS')).toEqual([])
  })

  test.each([['linking', 'link_ena', 12, 11], ['the system', 'sys_ena', 3, 2]])('with %s disabled nothing is dialled and nothing dropped', async (_what, shown, off, on) => {
    await start()
    await fake.connect({ node: '1999', link: '2001' })
    await command('rpt cmd 1999 ilink 6')
    await fake.connect({ node: '1999', link: '2002' })
    await command(`rpt cmd 1999 cop ${off}`)
    expect(await xstat()).toContain(`${shown}: 1\r\n`)
    for (const rest of ['3 2003', '1 2002', '11 2002', '6', '16']) await command(`rpt cmd 1999 ilink ${rest}`)
    clock.advance(1_000)
    expect(Object.keys(fake.state().nodes['1999']?.links ?? {})).toEqual(['2002'])
    await command(`rpt cmd 1999 cop ${on}`)
    await command('rpt cmd 1999 ilink 6')
    expect(link('2002')).toBeUndefined()
  })
})

test('a node that is starting takes no commands, and tells how it is', async () => {
  await start({ knobs: { notReady: ['1999'] } })
  expect(await cli('rpt cmd 1999 ilink 3 2001')).toMatch(/^Response: Success\r\n.*\r\nOutput: Node 1999 is not ready\.\r\n/)
  clock.advance(1_000)
  expect(link('2001')).toBeUndefined()
  expect(await xstat()).toContain('LinkedNodes: <NONE>\r\n')
})

describe('lines and columns', () => {
  test('a long name leaves no blank before the peer', async () => {
    await start({
      links: {
        '1999': [
          { name: 'VE3ABC/W6-P', peer: '192.0.2.1' },
          { name: 'W1AW', peer: '192.0.2.2' },
        ],
      },
    })
    const conns = (await xstat()).split('\r\n').filter((line) => line.startsWith('Conn: '))
    expect(conns[0]).toMatch(/^Conn: VE3ABC\/W6-P192\.0\.2\.1 /)
    expect(conns[1]).toHaveLength(99)
    expect(conns[1]?.slice(6, 16)).toBe('W1AW      ')
  })

  test('a peer is cut after 30 characters', async () => {
    await start({ links: { '1999': [{ name: '42000', peer: '2001:db8:1111:2222:3333:4444:5555:6666' }] } })
    expect(await xstat()).toContain('Conn: 42000     2001:db8:1111:2222:3333:4444:50           OUT        ')
  })

  test('hours have no upper bound', async () => {
    await start({ links: { '1999': [{ name: '2001', ageMs: 1_203 * 3_600_000 + 10_000 }] } })
    expect(await xstat()).toContain(' 1203:00:10 ')
  })

  test('nodes behind a link are no better than the link, and repeats stay', async () => {
    const links = [
      { name: '2001', mode: 'monitor', behind: ['T2003', 'R2004'] },
      { name: '2002', connected: false, behind: ['T2003', 'R2005'] },
    ] as const
    await start({ links: { '1999': links } })
    expect(await xstat()).toContain('LinkedNodes: R2001, C2002, C2003, R2003, R2004, C2005\r\n')
  })

  test('a name that begins with 0 is hidden', async () => {
    await start({ links: { '1999': [{ name: '0PHONE' }] } })
    expect(await xstat()).toContain('Node: 1999\r\nLinkedNodes: <NONE>\r\n')
  })

  test('a link that talks keys the transmitter for its hang time too, but is no demand', async () => {
    await start({ links: { '1999': [{ name: '2001' }] } })
    await fake.linkKey({ node: '1999', link: '2001', on: true, ms: 2_000 })
    clock.advance(20)
    expect(fake.state().nodes['1999']).toMatchObject({
      rx: false,
      tx: true,
      vars: { RPT_ETXKEYED: '0', RPT_TXKEYED: '1' },
    })
    clock.advance(2_400)
    expect(fake.state().nodes['1999']?.tx).toBe(true)
    clock.advance(100)
    expect(fake.state().nodes['1999']?.tx).toBe(false)
  })

  test('two nodes of one server that are linked at the start hear each other', async () => {
    await start({ links: { '1999': [{ name: '1998', direction: 'OUT' }] } })
    expect(fake.state().nodes['1998']?.links['1999']).toMatchObject({ direction: 'IN', state: 'ESTABLISHED' })
    await fake.key({ node: '1998', on: true })
    expect(link('1998')?.keyed).toBe(true)
    await fake.key({ node: '1998', on: false })
    expect(link('1998')?.keyed).toBe(false)
  })

  test('a hub without a radio never keys', async () => {
    await start({ links: { '1999': [{ name: '2001' }] }, radioless: ['1999'] })
    await fake.linkKey({ node: '1999', link: '2001', on: true })
    clock.advance(1_000)
    expect(fake.state().nodes['1999']).toMatchObject({ tx: false, links: { '2001': { keyed: true } } })
  })
})

describe('other commands', () => {
  test('rpt fun takes DTMF', async () => {
    await start()
    await command('rpt fun 1999 *32001')
    clock.advance(1_000)
    expect(link('2001')).toMatchObject({ mode: 'transceive' })
  })

  test('echolink dbget finds the demo stations and no others', async () => {
    await start()
    expect(await cli('echolink dbget nodename 101425')).toMatch(/\r\nOutput: 101425\|N0CALL-L\|[\d.]+\r\n\r\n$/)
    expect(await cli('echolink dbget nodename 12')).toBe(
      'Response: Error\r\nMessage: Command output follows\r\nOutput: Error: Entry for 12 not found!\r\n' +
        "Output: Command 'echolink dbget nodename 12' failed.\r\n\r\n",
    )
  })

  test('echolink dbget has the directory it is given, and compares numbers as text', async () => {
    await start({ echoLink: { '546': 'W5GLE-L' } })
    expect(await cli('echolink dbget nodename 546')).toMatch(/\r\nOutput: 546\|W5GLE-L\|[\d.]+\r\n\r\n$/)
    expect(await cli('echolink dbget c W5GLE-L')).toContain('\r\nOutput: 546|W5GLE-L|')
    expect(await cli('echolink dbget nodename 000546')).toContain('Error: Entry for 000546 not found!')
    expect(await cli('echolink dbget nodename')).toContain('Output: Usage: echolink dbget')
    expect(await cli('echolink dbget nodename 546 x')).toContain('Output: Usage: echolink dbget')
  })

  test('without chan_echolink there is no such command', async () => {
    await start({ knobs: { echoLinkLoaded: false } })
    expect(await cli('echolink dbget nodename 546')).toBe(
      'Response: Error\r\nMessage: Command output follows\r\nOutput: No such command ' +
        "'echolink dbget nodename 546' (type 'core show help echolink' for other possible commands)\r\n\r\n",
    )
    fake.setKnobs({ echoLinkLoaded: true })
    expect(await cli('echolink dbget nodename 546')).toContain('Error: Entry for 546 not found!')
  })

  test('Asterisk 1.4 says less of what failed', async () => {
    await start({ knobs: { dialect: 'asl2' } })
    const say = async (line: string) => {
      client.action({ Action: 'Command', Command: line })
      return client.take('--END COMMAND--\r\n\r\n')
    }
    expect(await say('echolink dbget nodename 12')).toBe(
      'Response: Follows\r\nPrivilege: Command\r\nError: Entry for 12 not found!\n--END COMMAND--\r\n\r\n',
    )
    fake.setKnobs({ echoLinkLoaded: false })
    expect(await say('echolink dbget nodename 12')).toContain("\r\nNo such command 'echolink' (type 'help' for help)\n")
  })

  test('the old app_rpt takes commands of six words and answers all others by the usage', async () => {
    await start({ knobs: { dialect: 'asl2' }, links: { '1999': [{ name: '2001' }] } })
    const say = async (line: string) => {
      client.action({ Action: 'Command', Command: line })
      const answer = await client.take('--END COMMAND--\r\n\r\n')
      clock.advance(20)
      return answer
    }
    for (const rest of ['', ' 1999', ' 1999 ilink 6', ' 4242 ilink 6', ' 1999 ilink 6 0 0']) {
      expect(await say(`rpt cmd${rest}`)).toContain('\r\nUsage: rpt cmd <nodename> <cmd-name> <cmd-index> <cmd-args>\n       Send')
    }
    expect(link('2001')).toBeDefined()
    expect(await say('rpt cmd 1999 ilink 6 0')).toBe('Response: Follows\r\nPrivilege: Command\r\n--END COMMAND--\r\n\r\n')
    expect(link('2001')).toBeUndefined()
  })

  test('Filter keeps a kind of event away', async () => {
    await start()
    await watcher.ask({ Action: 'Filter', Operation: 'Add', Filter: '!Event: RPT_TXKEYED' })
    await fake.key({ node: '1999', on: true })
    expect(await values('RPT_\\w+')).toEqual(['1', '1'])
  })
})
