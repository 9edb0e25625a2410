/**
 * app_rpt writes into answers and events what others gave it, line breaks and all: the list that a linked node sends as text (app_rpt.c handle_link_data,
 * case 'L'), the name of a caller, a variable's value. An empty line ends a block early, and what is left stands there like one of Asterisk's own.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { AmiHost } from '../../src/ami/amiHost.ts'
import type { AmiMessage } from '../../src/ami/message.ts'
import { readRptEvent } from '../../src/ami/rptEvents.ts'
import { parseVoterStatus } from '../../src/ami/voterStatus.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { systemClock } from '../../src/env/clock.ts'
import { pollNode } from '../../src/feed/pollNode.ts'
import { startScriptedServer, until } from './scriptedServer.ts'
import type { Peer, ScriptedServer } from './scriptedServer.ts'
import { message } from './wire.ts'

let server: ScriptedServer
let host: AmiHost
let events: AmiMessage[]
afterEach(async () => {
  host.stop()
  await server.close()
})

async function live(): Promise<Peer> {
  server = await startScriptedServer()
  host = new AmiHost({ host: '127.0.0.1', port: server.port, user: 'gateway', secret: 's3cret', clock: systemClock, random: () => 0 })
  events = []
  host.onEvent((event) => events.push(event))
  host.start()
  const peer = await server.peer()
  await peer.welcome()
  await until(() => host.status.status === 'up', 'the login')
  return peer
}

const conn = (name: string) => `Conn: ${name.padEnd(10)}${'203.0.113.20'.padEnd(20)}0           OUT        01:00:00            ESTABLISHED         \r\n`
const VARS = 'Var: RPT_ALINKS=2,2000TU,3000RU\r\nVar: RPT_RXKEYED=1\r\nVar: RPT_TXKEYED=0\r\n'
const SWITCHES =
  'parrot_ena: 0\r\nsys_ena: 0\r\ntot_ena: 0\r\nlink_ena: 0\r\npatch_ena: 0\r\npatch_state: 4\r\nsch_ena: 0\r\nuser_funs: 0\r\ntail_type: 0\r\n' +
  'iconns: 0\r\ntot_state: 2\r\nider_state: 2\r\n'
const END = 'tel_mode: 1\r\n\r\n'
const EVENT = 'Event: RPT_ALINKS\r\nPrivilege: call,all\r\nNode: 1999\r\nChannel: SimpleUSB/1999\r\nEventValue: 1,666TK\r\nLastKeyedTime: x\r\nLastTxKeyedTime: x\r\n'

async function success(peer: Peer, body: string): Promise<void> {
  const { actionid } = await peer.takeNamed('RptStatus')
  peer.send(`Response: Success\r\nActionID: ${actionid}\r\nNode: 1999\r\n${body}`)
}
async function pong(peer: Peer): Promise<void> {
  const { actionid } = await peer.takeNamed('Ping')
  peer.send(`Response: Success\r\nActionID: ${actionid}\r\nPing: Pong\r\n\r\n`)
}
const SAWSTAT = 'Conn: 2000 0 -1 -1\r\nConn: 3000 0 -1 -1\r\n\r\n'

/** Whatever a stranger may think of. */
const STRANGE = [
  '\r\n',
  'KG5DRT\r\n\r\n',
  'Response: Success\r\n\r\n',
  'Response: Success\r\nActionID: 4\r\nNode: 1999\r\n\r\n',
  'ActionID: 1\r\nResponse: Error\r\nMessage: RptStatus unknown or missing node\r\n\r\n',
  'Response: Goodbye\r\nMessage: Thanks for all the fish.\r\n\r\n',
  'Response: Follows\r\nPrivilege: Command\r\nActionID: 4\r\n\r\n',
  'Response: Follows\r\n\r\n',
  'LastKeyedTime: x\r\nResponse: Follows\r\nPrivilege: Command\r\nActionID: 4\r\n\r\n',
]

/** Names of callers, which stand before LinkedNodes. */
const NAMES = ['x\r\nLinkedNodes: ', 'x\r\nLinkedNodes: T2000\r\nVar: x', 'x\r\nConn: y\r\nLinkedNodes: \r\n\r\n', 'x\r\n\r\n', 'x\r\ntel_mode: 1\r\n\r\n']

describe('in an answer of XStat', () => {
  it.each([
    ["a linked node's list with an empty line", `LinkedNodes: T2000, T2001\r\n\r\n\r\n, R3000\r\n${VARS}${SWITCHES}`],
    ['such a list with one line break', `LinkedNodes: T2000, T2001\r\n, R3000\r\n${VARS}${SWITCHES}`],
    ['such a list with links of its own', `LinkedNodes: T2000, T2001\r\n${conn('666')}, R3000\r\n${VARS}${SWITCHES}`],
    ['a variable with an empty line', `LinkedNodes: T2000, T2001, R3000\r\n${VARS}Var: WX=Sunny\r\n\r\n72F\r\n${SWITCHES}`],
    ['an event, forged', `LinkedNodes: T2000, T2001\r\n\r\n${EVENT}\r\n, R3000\r\n${VARS}${SWITCHES}`],
    ...STRANGE.map((text) => [JSON.stringify(text), `LinkedNodes: T2000, T2001\r\n\r\n${text}, R3000\r\n${VARS}${SWITCHES}`]),
  ] as [string, string][])('%s costs nothing of the node, and nobody his session', async (_what, body) => {
    const peer = await live()
    const result = pollNode(host, '1999', 'whole')
    await success(peer, `${conn('2000')}${conn('3000')}${body}${END}`)
    if (body.includes('\r\n\r\n')) await pong(peer)
    await success(peer, SAWSTAT)
    const poll = await result
    if (poll.type !== 'whole') throw new Error(poll.type)
    const { conns, linkedNodes, rxKeyed, txKeyed, state } = poll.xstat
    expect(conns.map(({ name, mode }) => [name, mode])).toEqual([['2000', 'transceive'], ['3000', 'monitor']])
    expect(linkedNodes.nodes.map(({ name }) => name)).toEqual(expect.arrayContaining(['2000', '2001', '3000']))
    expect([rxKeyed, txKeyed, state.telemetry]).toEqual([true, false, 'on'])
    expect(events).toEqual([])
    expect(host.status.status).toBe('up')
  })

  // Both answers have the callers' names.
  it.each(NAMES)('the name of a caller, %j, hides no other link, and puts no node down', async (name) => {
    const peer = await live()
    const result = pollNode(host, '1999', 'whole')
    await success(peer, `${conn('2000')}${conn(name)}${conn('3000')}LinkedNodes: T2000, R3000, T${name}\r\n${VARS}${SWITCHES}${END}`)
    if (name.includes('\r\n\r\n')) await pong(peer)
    await success(peer, `Conn: 2000 0 -1 -1\r\nConn: ${name} 0 -1 -1\r\nConn: 3000 1 9 -1\r\n\r\n`)
    const poll = await result
    if (poll.type !== 'whole') throw new Error(poll.type)
    expect(poll.xstat.conns.map(({ name: link, mode }) => [link, mode])).toEqual([['2000', 'transceive'], ['3000', 'monitor']])
    const links = poll.sawstat.links.map((link) => link.name)
    expect(links).toEqual(name.includes('\r\n\r\n') ? ['2000'] : ['2000', '3000'])
    expect(host.status.status).toBe('up')
  })

  it.each(['\n', '\r', '\u2028'])('a variable in which a list follows %j links nobody: that is no line end of app_rpt', (end) => {
    const lines = [conn('2000').trimEnd(), 'LinkedNodes: T2000', `Var: ALERT=x${end}LinkedNodes: T666${end}Conn: 666`, 'linkednodes: T666', conn('666').trimEnd()]
    const read = parseXStat(message('Response: Success', 'Node: 1999', ...lines, 'tel_mode: 1'))
    if (!read.ok) throw new Error(read.code)
    expect(read.value.linkedNodes.nodes).toEqual([{ name: '2000', mode: 'transceive' }])
    expect(read.value.conns.map(({ name }) => name)).toEqual(['2000'])
  })

  it('without the last line that app_rpt writes, what came is read, and its events are told, as soon as Asterisk answers the next question', async () => {
    const peer = await live()
    const result = pollNode(host, '1999', 'whole')
    await success(peer, `${conn('2000')}LinkedNodes: T2000\r\n${VARS}\r\n`)
    peer.send(`${EVENT}\r\n${EVENT.replace('1999', '1998')}\r\n`)
    await pong(peer)
    await success(peer, SAWSTAT)
    expect(await result).toMatchObject({ type: 'whole', xstat: { conns: [{ name: '2000', mode: 'transceive' }], rxKeyed: true } })
    expect(events.map((event) => event.get('Node'))).toEqual(['1999', '1998'])
  })

  it('an Error is whole', async () => {
    const peer = await live()
    const result = pollNode(host, '4242', 'whole')
    for (const _each of ['XStat', 'SawStat']) {
      const { actionid } = await peer.takeNamed('RptStatus')
      peer.send(`Response: Error\r\nActionID: ${actionid}\r\nMessage: RptStatus unknown or missing node\r\n\r\n`)
    }
    expect(await result).toMatchObject({ type: 'refused', reason: { code: 'node-unknown' } })
  })
})

describe('at any time', () => {
  it('neither answers a question nor ends the session', async () => {
    const peer = await live()
    for (const text of STRANGE) peer.send(text)
    const asked = host.request('RptStatus', { COMMAND: 'SawStat', NODE: '1999' })
    await until(() => peer.unread.includes('SawStat'), 'the question')
    for (const text of STRANGE) peer.send(text)
    await success(peer, SAWSTAT)
    expect((await asked).getAll('Conn')).toHaveLength(2)
    for (const text of STRANGE) peer.send(text)
    const ping = host.request('Ping')
    await pong(peer)
    await ping
    expect(host.status).toMatchObject({ status: 'up', reason: null })
    expect(peer.unread).toBe('')
  })

  it('the event that tells such a list (RPT_LINKS) does no harm', async () => {
    const peer = await live()
    const head = 'Privilege: call,all\r\nNode: 1999\r\nChannel: SimpleUSB/1999\r\n'
    const tail = 'LastKeyedTime: Mon Nov 23 09:16:38 2026\r\nLastTxKeyedTime: Mon Nov 23 09:18:23 2026\r\n\r\n'
    peer.send(`Event: RPT_ALINKS\r\n${head}EventValue: 1,2000TK\r\n${tail}Event: RPT_LINKS\r\n${head}EventValue: 2,T2000,T2001\r\n\r\n\r\n${tail}`)
    await until(() => events.length === 2, 'both events')
    const ping = host.request('Ping')
    await pong(peer)
    await ping
    expect(host.status).toMatchObject({ status: 'up', reason: null })
  })

  it("an event of the links that a caller's name has cut tells of none, and no link is gone for it", () => {
    const event = (value: string) => readRptEvent(message('Event: RPT_ALINKS', 'Node: 1999', `EventValue: ${value}`))
    expect(event('2,2000TU,KG5')).toMatchObject({ links: null })
    expect(event('3,2000TU,KG5TU')).toMatchObject({ links: null })
    expect(event('2,2000TU,KG5TU')).toMatchObject({ links: [{ name: '2000' }, { name: 'KG5' }] })
  })

  it('no ActionID can be guessed from another session', async () => {
    const mark = async () => {
      const peer = await live()
      void host.request('Ping').catch(() => undefined)
      return (await peer.takeNamed('Ping'))['actionid']!.split('-')[0]!
    }
    const first = await mark()
    host.stop()
    await server.close()
    expect(first).toMatch(/^[0-9a-f]{16}$/)
    expect(await mark()).not.toBe(first)
  })
})

describe('a VoterStatus', () => {
  const instances = async (answer: Promise<AmiMessage>) => {
    const read = parseVoterStatus(await answer)
    return read.ok ? read.value.instances.map(({ node }) => node) : read.code
  }

  it('is answered by an empty block where nothing else comes before the next answer (edge case 10)', async () => {
    const peer = await live()
    const asked = host.request('VoterStatus', { NODE: '1999' })
    await peer.takeNamed('VoterStatus')
    peer.send('\r\n')
    await pong(peer)
    expect(await instances(asked)).toEqual([])
  })

  it('is not answered by one that stands before its answer', async () => {
    const peer = await live()
    const asked = host.request('VoterStatus', { NODE: '1996' })
    const { actionid } = await peer.takeNamed('VoterStatus')
    peer.send('\r\n\r\n')
    await until(() => peer.unread.includes('Ping'), 'the question behind it')
    peer.send(`Response: Success\r\nActionID: ${actionid}\r\nNode: 1996\r\n\r\n`)
    expect(await instances(asked)).toEqual(['1996'])
    await pong(peer)
    await until(() => host.pending === 0, 'nothing to wait for')
    expect(peer.unread).toBe('')
  })
})
