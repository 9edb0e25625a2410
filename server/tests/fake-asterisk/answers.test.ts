/** What the fake Asterisk answers: lines and columns of a node's state, and commands that make no link. */
import { afterEach, describe, expect, test } from 'vitest'
import { CommandBench } from './commandBench.ts'

let bench: CommandBench
afterEach(() => bench.close())

describe('lines and columns', () => {
  test('a long name leaves no blank before the peer', async () => {
    bench = await CommandBench.start({
      links: {
        '1999': [
          { name: 'VE3ABC/W6-P', peer: '192.0.2.1' },
          { name: 'W1AW', peer: '192.0.2.2' },
        ],
      },
    })
    const conns = (await bench.xstat()).split('\r\n').filter((line) => line.startsWith('Conn: '))
    expect(conns[0]).toMatch(/^Conn: VE3ABC\/W6-P192\.0\.2\.1 /)
    expect(conns[1]).toHaveLength(99)
    expect(conns[1]?.slice(6, 16)).toBe('W1AW      ')
  })

  test('a peer is cut after 30 characters', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '42000', peer: '2001:db8:1111:2222:3333:4444:5555:6666' }] } })
    expect(await bench.xstat()).toContain('Conn: 42000     2001:db8:1111:2222:3333:4444:50           OUT        ')
  })

  test('hours have no upper bound', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '2001', ageMs: 1_203 * 3_600_000 + 10_000 }] } })
    expect(await bench.xstat()).toContain(' 1203:00:10 ')
  })

  test('nodes behind a link are no better than the link, and repeats stay', async () => {
    const links = [
      { name: '2001', mode: 'monitor', behind: ['T2003', 'R2004'] },
      { name: '2002', connected: false, behind: ['T2003', 'R2005'] },
    ] as const
    bench = await CommandBench.start({ links: { '1999': links } })
    expect(await bench.xstat()).toContain('LinkedNodes: R2001, C2002, C2003, R2003, R2004, C2005\r\n')
  })

  test('a name that begins with 0 is hidden', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '0PHONE' }] } })
    expect(await bench.xstat()).toContain('Node: 1999\r\nLinkedNodes: <NONE>\r\n')
  })

  test('a link that talks keys the transmitter for its hang time too, but is no demand', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '2001' }] } })
    await bench.fake.linkKey({ node: '1999', link: '2001', on: true, ms: 2_000 })
    bench.clock.advance(20)
    expect(bench.fake.state().nodes['1999']).toMatchObject({
      rx: false,
      tx: true,
      vars: { RPT_ETXKEYED: '0', RPT_TXKEYED: '1' },
    })
    bench.clock.advance(2_400)
    expect(bench.fake.state().nodes['1999']?.tx).toBe(true)
    bench.clock.advance(100)
    expect(bench.fake.state().nodes['1999']?.tx).toBe(false)
  })

  test('two nodes of one server that are linked at the start hear each other', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '1998', direction: 'OUT' }] } })
    expect(bench.fake.state().nodes['1998']?.links['1999']).toMatchObject({ direction: 'IN', state: 'ESTABLISHED' })
    await bench.fake.key({ node: '1998', on: true })
    expect(bench.link('1998')?.keyed).toBe(true)
    await bench.fake.key({ node: '1998', on: false })
    expect(bench.link('1998')?.keyed).toBe(false)
  })

  test('a hub without a radio never keys', async () => {
    bench = await CommandBench.start({ links: { '1999': [{ name: '2001' }] }, radioless: ['1999'] })
    await bench.fake.linkKey({ node: '1999', link: '2001', on: true })
    bench.clock.advance(1_000)
    expect(bench.fake.state().nodes['1999']).toMatchObject({ tx: false, links: { '2001': { keyed: true } } })
  })
})

describe('other commands', () => {
  test('rpt fun takes DTMF', async () => {
    bench = await CommandBench.start()
    await bench.command('rpt fun 1999 *32001')
    bench.clock.advance(1_000)
    expect(bench.link('2001')).toMatchObject({ mode: 'transceive' })
  })

  test('echolink dbget finds the demo stations and no others', async () => {
    bench = await CommandBench.start()
    expect(await bench.cli('echolink dbget nodename 101425')).toMatch(/\r\nOutput: 101425\|N0CALL-L\|[\d.]+\r\n\r\n$/)
    expect(await bench.cli('echolink dbget nodename 12')).toBe(
      'Response: Error\r\nMessage: Command output follows\r\nOutput: Error: Entry for 12 not found!\r\n' +
        "Output: Command 'echolink dbget nodename 12' failed.\r\n\r\n",
    )
  })

  test('echolink dbget has the directory it is given, and compares numbers as text', async () => {
    bench = await CommandBench.start({ echoLink: { '546': 'W5GLE-L' } })
    expect(await bench.cli('echolink dbget nodename 546')).toMatch(/\r\nOutput: 546\|W5GLE-L\|[\d.]+\r\n\r\n$/)
    expect(await bench.cli('echolink dbget c W5GLE-L')).toContain('\r\nOutput: 546|W5GLE-L|')
    expect(await bench.cli('echolink dbget nodename 000546')).toContain('Error: Entry for 000546 not found!')
    expect(await bench.cli('echolink dbget nodename')).toContain('Output: Usage: echolink dbget')
    expect(await bench.cli('echolink dbget nodename 546 x')).toContain('Output: Usage: echolink dbget')
  })

  test('60: echolink dbget calls a station OUTBOUND by its number for as long as it is being called', async () => {
    bench = await CommandBench.start({ echoLink: { '4742': 'N0CALL-R' }, unreachableTargets: ['3004742'] })
    const named = async () => /Output: (.*)\|.*\r\n/.exec(await bench.cli('echolink dbget nodename 4742'))?.[1]
    const before = await named()
    await bench.command('rpt cmd 1999 ilink 3 3004742')
    const called = await named()
    expect(await bench.cli('echolink dbget callsign N0CALL-R')).toContain('Output: 4742|N0CALL-R|')
    await bench.fake.connect({ node: '1999', link: '3004742' })
    expect([before, called, await named()]).toEqual(['4742|N0CALL-R', '4742|OUTBOUND', '4742|N0CALL-R'])
  })

  test('without chan_echolink there is no such command', async () => {
    bench = await CommandBench.start({ knobs: { echoLinkLoaded: false } })
    expect(await bench.cli('echolink dbget nodename 546')).toBe(
      'Response: Error\r\nMessage: Command output follows\r\nOutput: No such command ' +
        "'echolink dbget nodename 546' (type 'core show help echolink' for other possible commands)\r\n\r\n",
    )
    bench.fake.setKnobs({ echoLinkLoaded: true })
    expect(await bench.cli('echolink dbget nodename 546')).toContain('Error: Entry for 546 not found!')
  })

  test('Asterisk 1.4 says less of what failed', async () => {
    bench = await CommandBench.start({ knobs: { dialect: 'asl2' } })
    const say = async (line: string) => {
      bench.client.action({ Action: 'Command', Command: line })
      return bench.client.take('--END COMMAND--\r\n\r\n')
    }
    expect(await say('echolink dbget nodename 12')).toBe(
      'Response: Follows\r\nPrivilege: Command\r\nError: Entry for 12 not found!\n--END COMMAND--\r\n\r\n',
    )
    bench.fake.setKnobs({ echoLinkLoaded: false })
    expect(await say('echolink dbget nodename 12')).toContain("\r\nNo such command 'echolink' (type 'help' for help)\n")
  })

  test('the old app_rpt takes commands of six words and answers all others by the usage', async () => {
    bench = await CommandBench.start({ knobs: { dialect: 'asl2' }, links: { '1999': [{ name: '2001' }] } })
    const say = async (line: string) => {
      bench.client.action({ Action: 'Command', Command: line })
      const answer = await bench.client.take('--END COMMAND--\r\n\r\n')
      bench.clock.advance(20)
      return answer
    }
    for (const rest of ['', ' 1999', ' 1999 ilink 6', ' 4242 ilink 6', ' 1999 ilink 6 0 0']) {
      expect(await say(`rpt cmd${rest}`)).toContain('\r\nUsage: rpt cmd <nodename> <cmd-name> <cmd-index> <cmd-args>\n')
    }
    expect(bench.link('2001')).toBeDefined()
    expect(await say('rpt cmd 1999 ilink 6 0')).toBe('Response: Follows\r\nPrivilege: Command\r\n--END COMMAND--\r\n\r\n')
    expect(bench.link('2001')).toBeUndefined()
  })

  test('Filter keeps a kind of event away', async () => {
    bench = await CommandBench.start()
    await bench.watcher.ask({ Action: 'Filter', Operation: 'Add', Filter: '!Event: RPT_TXKEYED' })
    await bench.fake.key({ node: '1999', on: true })
    expect(await bench.values('RPT_\\w+')).toEqual(['1', '1'])
  })
})
