import { describe, expect, it } from 'vitest'
import { channelEnds } from '../../src/ami/channelEvents.ts'
import { parseMessage } from '../../src/ami/message.ts'
import type { Read } from '../../src/ami/read.ts'
import { readChallengeReply, readCommandReply, readLoginReply } from '../../src/ami/replies.ts'
import { isRptEvent, readRptEvent } from '../../src/ami/rptEvents.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseVoterStatus } from '../../src/ami/voterStatus.ts'
import { message, messages, replyTo, serverBytes } from './wire.ts'

function value<T>(read: Read<T>): T {
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`)
  return read.value
}

describe('SawStat', () => {
  it('-1 is never, not nothing (edge case 5)', () => {
    expect(value(parseSawStat(replyTo('10-connect-xstat-sawstat-disconnect.txt', 's5')))).toEqual({
      node: '1999',
      links: [
        { name: '1997', keyed: true, sinceKeyS: 2, sinceUnkeyS: null },
        { name: '1998', keyed: false, sinceKeyS: null, sinceUnkeyS: null },
      ],
      unreadConns: 0,
    })
  })

  it('both times, once it talked and stopped', () => {
    expect(value(parseSawStat(replyTo('10-connect-xstat-sawstat-disconnect.txt', 's6'))).links[0]).toEqual({
      name: '1997',
      keyed: false,
      sinceKeyS: 9,
      sinceUnkeyS: 5,
    })
  })

  it('without links is empty, in either header order (edge case 9)', () => {
    expect(value(parseSawStat(replyTo('04-xstat-sawstat-nodestat-zero-links.txt', 'a-SawStat'))).links).toEqual([])
    expect(
      value(parseSawStat(message('ActionID: 1', 'Response: Success', 'Node: 1', 'Conn: W1AW-P 1 3 96'))).links,
    ).toEqual([{ name: 'W1AW-P', keyed: true, sinceKeyS: 3, sinceUnkeyS: 96 }])
  })

  it('odd lines are counted, names may hold blanks', () => {
    const read = value(
      parseSawStat(
        message('Response: Success', 'Node: 1', 'Conn: x', 'Conn: 1 2 3 4', 'Conn: JOE SMI 0 5 -1', 'Conn:'),
      ),
    )
    expect(read.links.map((link) => link.name)).toEqual(['JOE SMI'])
    expect(read.unreadConns).toBe(3)
  })

  it('an event and a refusal are none', () => {
    expect(parseSawStat(message('Event: X', 'Node: 1'))).toMatchObject({ code: 'not-understood' })
    expect(parseSawStat(replyTo('05-rptstatus-errors.txt', '2'))).toMatchObject({ code: 'no-such-node' })
  })
})

describe('app_rpt events', () => {
  const read = (capture: string) =>
    messages(serverBytes(capture))
      .map(readRptEvent)
      .filter((event) => event !== null)

  it('of a voter that receives', () => {
    expect(read('31-voter-events.txt')).toEqual([
      { kind: 'rxkeyed', node: '1996', keyed: true },
      { kind: 'txkeyed', node: '1996', keyed: true },
      { kind: 'etxkeyed', node: '1996', keyed: true },
      { kind: 'rxkeyed', node: '1996', keyed: false },
      { kind: 'etxkeyed', node: '1996', keyed: false },
      { kind: 'txkeyed', node: '1996', keyed: false },
    ])
  })

  it('among the noise of all classes', () => {
    expect(read('23-events-on-all-classes-one-keyup.txt').map((event) => event.kind)).toEqual([
      'rxkeyed',
      'txkeyed',
      'etxkeyed',
      'rxkeyed',
      'etxkeyed',
      'txkeyed',
    ])
  })

  it('of links that come, talk and go', () => {
    const links = read('20-events-connect-key-disconnect.txt').flatMap((event) =>
      event.kind === 'alinks' && event.node === '1999'
        ? [event.links?.map((link) => `${link.name} ${link.mode}${link.keyed ? ' K' : ''}`).join(', ')]
        : [],
    )
    expect(links).toEqual([
      '1998 transceive',
      '1997 transceive, 1998 transceive',
      '1997 transceive K, 1998 transceive',
      '1997 transceive, 1998 transceive',
      '1997 transceive',
      '',
    ])
  })

  it('all four link events prove that events come, two of them say nothing new', () => {
    const numLinks = message('Event: RPT_NUMALINKS', 'Node: 1999', 'EventValue: 1')
    expect(isRptEvent(numLinks)).toBe(true)
    expect(readRptEvent(numLinks)).toBeNull()
    expect(isRptEvent(message('Event: VarSet', 'Variable: RPT_RXKEYED'))).toBe(false)
    expect(isRptEvent(message('Response: Success', 'Event: RPT_RXKEYED'))).toBe(false)
  })

  it.each([
    [['Event: RPT_RXKEYED', 'Node: 1']],
    [['Event: RPT_RXKEYED', 'EventValue: 1']],
    [['Event: RPT_RXKEYED', 'Node: 1', 'EventValue: yes']],
    [['Event: RPT_ALINKS', 'Node: 1']],
    [['Event: RPT_TXEKEYED', 'Node: 1', 'EventValue: 1']],
    [['Event: toString', 'Node: 1', 'EventValue: 1']],
    [['Response: Success', 'Node: 1', 'EventValue: 1']],
  ])('%j is ignored (edge case 7 among them)', (lines) => {
    expect(readRptEvent(message(...lines))).toBeNull()
  })

  it('links that cannot be read are news all the same', () => {
    expect(readRptEvent(message('Event: RPT_ALINKS', 'Node: 1', 'EventValue: what'))).toEqual({ kind: 'alinks', node: '1', links: null })
  })

  it('the node is told by Node, not by Channel', () => {
    const event = message(
      'Event: RPT_RXKEYED',
      'Privilege: call,all',
      'Timestamp: 1.2',
      'Node: 40001',
      'Channel: Radio/777',
      'EventValue: 1',
    )
    expect(readRptEvent(event)).toEqual({ kind: 'rxkeyed', node: '40001', keyed: true })
  })
})

describe('VoterStatus (edge case 22)', () => {
  it('of a real voter with a winner, a mix, a master and one not heard from', () => {
    const status = value(parseVoterStatus(replyTo('30-voterstatus.txt', 'v2')))
    const no = { dynamic: false, mix: false, master: false, activeMaster: false, inactive: false, proxied: false }
    expect(status.instances).toEqual([
      {
        node: '1996',
        voted: 'SOUTH',
        receivers: [
          { ...no, name: 'NORTH', master: true, activeMaster: true, address: '127.0.0.1', port: 20001, rssi: 90 },
          { ...no, name: 'SOUTH', address: '127.0.0.1', port: 20002, rssi: 180 },
          { ...no, name: 'EAST', mix: true, address: '127.0.0.1', port: 20003, rssi: 40 },
          { ...no, name: 'WEST', inactive: true, address: null, port: null, rssi: 0 },
        ],
      },
    ])
  })

  it('without a winner has none', () => {
    expect(value(parseVoterStatus(replyTo('30-voterstatus.txt', 'v0'))).instances[0]).toMatchObject({
      voted: null,
      receivers: [{ name: 'NORTH', master: true, inactive: true }, {}, {}, {}],
    })
  })

  it('the empty block means: no such voter (edge case 10)', () => {
    expect(parseVoterStatus(message(''))).toEqual({ ok: true, value: { instances: [] } })
    const empties = messages(serverBytes('30-voterstatus.txt')).filter((reply) => reply.isEmpty)
    expect(empties).toHaveLength(2)
  })

  it('the header repeated before each instance starts a new one', () => {
    const status = value(
      parseVoterStatus(
        message(
          'Response: Success',
          'ActionID: 1',
          'Node: 1',
          'Client: A',
          'IP: 10.0.0.1:1',
          'RSSI: 3',
          'Response: Success',
          'ActionID: 1',
          'Node: 2',
          'Voted: B',
          'Client: B',
          'IP: 10.0.0.2:2',
          'RSSI: 300',
        ),
      ),
    )
    expect(
      status.instances.map(({ node, voted, receivers }) => [node, voted, receivers.map((r) => [r.name, r.rssi])]),
    ).toEqual([
      ['1', null, [['A', 3]]],
      ['2', 'B', [['B', 255]]],
    ])
  })

  it.each([
    ['North Ridge Dynamic Mix Master ActiveMaster Inactive', 'North Ridge', true],
    ['Ridge Mix Mix', 'Ridge Mix', true],
    ['Master', 'Master', false],
    ['Master Master', 'Master', false],
    ['Masterful', 'Masterful', false],
  ])('client %j is called %j', (client, name, mix) => {
    const [instance] = value(
      parseVoterStatus(message('ActionID: 1', 'Response: Success', 'Node: 1', `Client: ${client}`)),
    ).instances
    expect(instance?.receivers[0]).toMatchObject({ name, mix, rssi: null, address: null })
  })

  it('the voted receiver keeps a name that ends in a flag word', () => {
    const read = (client: string) =>
      value(parseVoterStatus(message('Response: Success', 'Node: 1', 'Voted: Ridge Mix', `Client: ${client}`)))
        .instances[0]?.receivers[0]
    expect(read('Ridge Mix')).toMatchObject({ name: 'Ridge Mix', mix: false })
    expect(read('Ridge Mix Master')).toMatchObject({ name: 'Ridge Mix', mix: false, master: true })
  })

  it('a proxied receiver has the proxy address', () => {
    const [instance] = value(
      parseVoterStatus(message('Response: Success', 'Node: 1', 'Client: A', 'IP: 10.0.0.1:667 (Proxied)', 'RSSI: -')),
    ).instances
    expect(instance?.receivers[0]).toMatchObject({ address: '10.0.0.1', port: 667, proxied: true, rssi: null })
  })

  it('without chan_voter, and garbage', () => {
    expect(parseVoterStatus(message('Response: Error', 'Message: Invalid/unknown command'))).toMatchObject({
      code: 'unknown-action',
    })
    expect(parseVoterStatus(message('RSSI: 3', 'Client: x'))).toMatchObject({ code: 'not-understood' })
    expect(parseVoterStatus(message('Response: Success', 'RSSI: 3'))).toMatchObject({ code: 'not-understood' })
  })
})

describe('small replies of both generations', () => {
  it('Login', () => {
    expect(readLoginReply(replyTo('01-login-ok-events-off.txt', '1')).ok).toBe(true)
    expect(readLoginReply(replyTo('02-login-refused.txt', '1'))).toMatchObject({ code: 'refused' })
    expect(readLoginReply(message(''))).toMatchObject({ code: 'not-understood' })
  })

  it('Challenge', () => {
    expect(readChallengeReply(replyTo('08-login-md5.txt', '1'))).toEqual({ ok: true, value: '304194181' })
    expect(readChallengeReply(replyTo('08-login-md5.txt', '3'))).toMatchObject({ code: 'refused' })
    expect(readChallengeReply(message('Response: Success', 'Challenge:  '))).toMatchObject({ code: 'not-understood' })
  })

  it('Command: success of both, with and without output', () => {
    expect(value(readCommandReply(replyTo('06-command-output.txt', '1')))).toEqual([
      'System uptime: 55',
      'Last reload: 55',
    ])
    expect(value(readCommandReply(replyTo('06-command-output.txt', '6')))).toEqual([])
    const old = parseMessage({
      text: 'Response: Follows\r\nPrivilege: Command\r\nActionID: 1\r\nup: 5\nx\n',
      follows: true,
    })
    expect(value(readCommandReply(old))).toEqual(['up: 5', 'x'])
  })

  it('Command: failures that Asterisk calls success are failures (edge cases 13 and 30)', () => {
    expect(readCommandReply(replyTo('14-rpt-cmd-errors.txt', '2'))).toMatchObject({ code: 'no-such-node' })
    expect(readCommandReply(replyTo('14-rpt-cmd-errors.txt', '3'))).toMatchObject({ code: 'refused' })
    expect(readCommandReply(replyTo('14-rpt-cmd-errors.txt', '4'))).toMatchObject({ code: 'refused' })
    expect(readCommandReply(replyTo('06-command-output.txt', '12'))).toMatchObject({ code: 'refused' })
    expect(readCommandReply(replyTo('21-permissions.txt', '3'))).toMatchObject({ code: 'permission-denied' })
    // app_rpt 3.10.0 rpt_cli.c rpt_do_cmd.
    expect(readCommandReply(message('Response: Success', 'Message: Command output follows', 'Output: Node 1999 is not ready.'))).toMatchObject({ code: 'not-ready' })
    const old = parseMessage({ text: "Response: Follows\r\nActionID: 1\r\nNo such command 'x'\n", follows: true })
    expect(readCommandReply(old)).toMatchObject({ code: 'refused' })
    expect(readCommandReply(message('Event: x'))).toMatchObject({ code: 'not-understood' })
  })
})

describe('events about channels', () => {
  it('name both nodes of a link that is called, answered and ended, at either end of it', () => {
    const told = messages(serverBytes('20-events-connect-key-disconnect.txt')).flatMap((event) => {
      const ends = channelEnds(event)
      return ends.length === 0 ? [] : [`${event.event ?? ''} ${ends.join(' ')}`]
    })
    expect(told.slice(0, 3)).toEqual(['Newstate 1998 1999 <unknown>', 'Newstate 1998 <unknown> 1999', 'Newstate 1998 1999 <unknown>'])
    expect(told.filter((line) => !line.startsWith('Newstate'))).toContain('Hangup 1998 1999 <unknown>')
    expect(told.filter((line) => !line.startsWith('Newstate'))).toContain('SoftHangupRequest 1998 <unknown> 1999')
  })

  it('are few: a key-up, what app_rpt tells, and an answer that looks like one name nobody', () => {
    expect(messages(serverBytes('23-events-on-all-classes-one-keyup.txt')).flatMap(channelEnds)).toEqual([])
    expect(channelEnds(message('Event: RPT_RXKEYED', 'Node: 1999', 'Exten: 1999'))).toEqual([])
    expect(channelEnds(message('Response: Success', 'Event: Hangup', 'Exten: 1999'))).toEqual([])
    expect(channelEnds(message('Event: Hangup', 'Channel: IAX2/198.51.100.7:4569-1', 'Cause: 16'))).toEqual([])
  })
})
