import { describe, expect, it } from 'vitest'
import { parseConnLine } from '../../src/ami/connLine.ts'
import type { Read } from '../../src/ami/read.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { message, replyTo } from './wire.ts'

function value<T>(read: Read<T>): T {
  if (!read.ok) throw new Error(`${read.code}: ${read.message}`)
  return read.value
}

/** As app_rpt prints it: "%-10s%-20s%-12d%-11s%-20s%-20s". */
function line(
  name: string,
  peer: string,
  reconnects: number,
  direction: string,
  elapsed: string,
  state: string,
): string {
  return (
    name.padEnd(10) +
    peer.padEnd(20) +
    String(reconnects).padEnd(12) +
    direction.padEnd(11) +
    elapsed.padEnd(20) +
    state.padEnd(20)
  )
}

describe('Conn line', () => {
  it('reads fixed columns', () => {
    expect(parseConnLine(line('42000', '198.51.100.7', 3, 'OUT', '01:02:03', 'ESTABLISHED'))).toEqual({
      name: '42000',
      peer: '198.51.100.7',
      reconnects: 3,
      direction: 'out',
      elapsedS: 3723,
      state: 'established',
    })
  })

  it('without a peer keeps its columns (edge cases 1 and 2)', () => {
    for (const text of [
      line('3009999', '', 1, 'IN', '00:14:00', 'ESTABLISHED'),
      line('3009999', '', 1, 'IN', '00:14:00', 'ESTABLISHED').trimEnd(),
      '3009999 1 IN 00:14:00 ESTABLISHED',
    ]) {
      expect(parseConnLine(text)).toEqual({
        name: '3009999',
        peer: null,
        reconnects: 1,
        direction: 'in',
        elapsedS: 840,
        state: 'established',
      })
    }
  })

  it('between retries has no peer', () => {
    expect(parseConnLine(line('42001', '(none)', 12, 'OUT', '00:00:09', 'CONNECTING'))).toMatchObject({
      name: '42001',
      peer: null,
      reconnects: 12,
      state: 'connecting',
    })
    expect(parseConnLine('42001 (none) 12 OUT 00:00:09 CONNECTING')).toMatchObject({ name: '42001', peer: null })
  })

  it.each(['KG5DRT-1', 'W1AW-P', 'VE3ABC-P12', 'VE3ABC/W6-P', 'A-VERY-LONG-CALLER-NAME'])(
    'a name like %s is whole, touching the peer or not (edge cases 3 and 4)',
    (name) => {
      for (const peer of ['198.51.100.7', '1.2.3.4', '', '(none)', '255.255.255.255', '2001:db8::1']) {
        const text = line(name, peer, 0, 'IN', '00:00:05', 'ESTABLISHED')
        const expected = { name, peer: peer === '' || peer === '(none)' ? null : peer, reconnects: 0 }
        expect(parseConnLine(text)).toMatchObject(expected)
        expect(parseConnLine(text.trimEnd())).toMatchObject(expected)
        expect(parseConnLine(text, [name, name.slice(0, 3), '42000'])).toMatchObject(expected)
      }
    },
  )

  it.each(['2001:db8:85a3:8d3:1319:0:370:7348', '2001:db8:85a3:8d3:1319::', '2001:db8:abcd::ff8d:1319:7348'])(
    'a peer longer than its column (%s) is whole',
    (peer) => {
      for (const name of ['42000', 'KG5DRT-P12']) {
        expect(parseConnLine(line(name, peer, 7, 'OUT', '00:00:05', 'ESTABLISHED'))).toMatchObject({
          name,
          peer,
          reconnects: 7,
        })
      }
    },
  )

  it('both longer than their columns are parted by the name that SawStat knows', () => {
    const peer = '2001:db8:85a3:8d3:1319::'
    const text = line('VE3ABC/W6-P', peer, 0, 'IN', '00:00:05', 'ESTABLISHED')
    expect(parseConnLine(text, ['VE3', 'VE3ABC/W6-P', '42000'])).toMatchObject({ name: 'VE3ABC/W6-P', peer })
    expect(parseConnLine('VE3ABC/W6-P198.51.100.7 0 IN 00:00:05 ESTABLISHED', ['VE3ABC/W6-P'])).toMatchObject({
      name: 'VE3ABC/W6-P',
      peer: '198.51.100.7',
    })
  })

  it('a name with a blank in it is whole', () => {
    expect(parseConnLine(line('JOE SMI', '10.0.0.9', 0, 'IN', '00:00:05', 'ESTABLISHED'))).toMatchObject({
      name: 'JOE SMI',
      peer: '10.0.0.9',
    })
  })

  it.each([
    ['93:13:46', 335_626],
    ['1203:00:10', 4_330_810],
    ['00:00:00', 0],
    ['-1:-2:-3', null],
    ['476219:12:44', null],
    ['nonsense', null],
  ])('elapsed %s is %s s (edge case 24)', (elapsed, seconds) => {
    expect(parseConnLine(line('42000', '1.2.3.4', 0, 'OUT', elapsed, 'ESTABLISHED'))?.elapsedS).toBe(seconds)
  })

  it.each([
    '',
    ' ',
    '42000',
    'ESTABLISHED',
    '42000 x OUT 00:00:01 ESTABLISHED',
    '1 2 SIDEWAYS 00:00:01 ESTABLISHED',
    '1.2.3.4 0 OUT 00:00:01 DANCING',
    '0 OUT 00:00:01 ESTABLISHED',
  ])('%j is none', (text) => {
    expect(parseConnLine(text)).toBeNull()
  })
})

describe('XStat', () => {
  it('of a real node without links', () => {
    const xstat = value(parseXStat(replyTo('04-xstat-sawstat-nodestat-zero-links.txt', 'a-XStat')))
    expect(xstat).toEqual({
      node: '1999',
      conns: [],
      linkedNodes: { nodes: [], more: false },
      rxKeyed: false,
      txKeyed: false,
      etxKeyed: false,
      autopatchUp: false,
      alinks: [],
      vars: new Map([
        ['RPT_ALINKS', '0'],
        ['RPT_LINKS', '0'],
        ['RPT_NUMALINKS', '0'],
        ['RPT_NUMLINKS', '0'],
        ['RPT_AUTOPATCHUP', '0'],
        ['RPT_ETXKEYED', '0'],
        ['RPT_TXKEYED', '0'],
        ['RPT_RXKEYED', '0'],
      ]),
      state: {
        parrotOn: false,
        systemEnabled: true,
        timeoutTimerEnabled: true,
        linkingEnabled: true,
        patchEnabled: true,
        schedulerEnabled: true,
        userFunctionsEnabled: true,
        alternateTail: false,
        incomingRefused: false,
        patch: 'down',
        timeoutTimer: 'reset',
        ider: 'clean',
        telemetry: 'on',
      },
      unreadConns: 0,
    })
  })

  it('of a real node with a transceive and a keyed monitor link', () => {
    const xstat = value(parseXStat(replyTo('10-connect-xstat-sawstat-disconnect.txt', 'x5')))
    expect(xstat.conns).toEqual([
      {
        name: '1998',
        peer: '127.0.0.1',
        reconnects: 0,
        direction: 'out',
        elapsedS: 13,
        state: 'established',
        mode: 'transceive',
      },
      {
        name: '1997',
        peer: '127.0.0.1',
        reconnects: 0,
        direction: 'out',
        elapsedS: 7,
        state: 'established',
        mode: 'monitor',
      },
    ])
    expect(xstat.alinks).toEqual([
      { name: '1997', mode: 'monitor', keyed: true },
      { name: '1998', mode: 'transceive', keyed: false },
    ])
    expect([xstat.rxKeyed, xstat.txKeyed, xstat.etxKeyed]).toEqual([false, true, false])
    expect(xstat.state.timeoutTimer).toBe('armed')
    expect(xstat.state.ider).toBe('queued-for-cleanup')
  })

  it('keeps what scripts wrote into variables, split at the first = only (edge case 28)', () => {
    const { vars } = value(parseXStat(replyTo('07-xstat-custom-vars.txt', '4')))
    expect(vars.get('ALERT')).toBe('No alerts, a=b; c')
    expect(vars.get('cpu_temp')).toBe('<span-style=green>104°F</span>')
    expect(vars.get('RPT_ALINKS')).toBe('')
  })

  it('leaves out shadow copies, the newest of a name wins', () => {
    const { vars } = value(
      parseXStat(
        message(
          'Response: Success',
          'Node: 1',
          'LinkedNodes: <NONE>',
          'Var: XX_RXKEYED=1',
          'Var: A=new',
          'Var: A=old',
          'Var: =x',
          'Var: bare',
          'Var: __proto__=x',
        ),
      ),
    )
    expect([...vars]).toEqual([
      ['A', 'new'],
      ['__proto__', 'x'],
    ])
  })

  it('without Var lines does not know what is keyed (edge case 6)', () => {
    const xstat = value(parseXStat(message('Response: Success', 'Node: 1999', 'LinkedNodes: <NONE>')))
    expect([xstat.rxKeyed, xstat.txKeyed, xstat.etxKeyed, xstat.autopatchUp, xstat.alinks]).toEqual([
      null,
      null,
      null,
      null,
      null,
    ])
    expect(xstat.state.parrotOn).toBeNull()
    expect(xstat.state.patch).toBeNull()
  })

  it('of the made-up mixed node: AllStar, EchoLink, IRLP (edge cases 1, 4, 24)', () => {
    const xstat = value(
      parseXStat(
        message(
          'ActionID: g1-3',
          'Response: Success',
          'Node: 40001',
          `Conn: ${line('42000', '198.51.100.7', 0, 'OUT', '01:02:03', 'ESTABLISHED')}`,
          `Conn: ${line('3009999', '', 1, 'IN', '00:14:00', 'ESTABLISHED')}`,
          `Conn: ${line('84567', '203.0.113.20', 0, 'OUT', '102:40:09', 'ESTABLISHED')}`,
          'LinkedNodes: T27225, T3009999, T42000, R84567',
          'Var: RPT_ALINKS=3,42000TK,3009999TU,84567RU',
        ),
      ),
    )
    expect(xstat.conns.map(({ name, peer, mode }) => [name, peer, mode])).toEqual([
      ['42000', '198.51.100.7', 'transceive'],
      ['3009999', null, 'transceive'],
      ['84567', '203.0.113.20', 'monitor'],
    ])
    expect(xstat.conns[2]?.elapsedS).toBe(102 * 3600 + 40 * 60 + 9)
  })

  it('an established link that is not in LinkedNodes is a local monitor; a connecting one has no mode yet', () => {
    const xstat = value(
      parseXStat(
        message(
          'Response: Success',
          'Node: 40001',
          `Conn: ${line('42000', '1.2.3.4', 0, 'OUT', '00:00:03', 'ESTABLISHED')}`,
          `Conn: ${line('42001', '1.2.3.5', 0, 'OUT', '00:00:03', 'CONNECTING')}`,
          'LinkedNodes: C42001',
        ),
      ),
    )
    expect(xstat.conns.map((conn) => conn.mode)).toEqual(['local-monitor', null])
  })

  it('a monitor link that is also reached by a loop is told by RPT_ALINKS', () => {
    const lines = (alinks: string) =>
      message(
        'Response: Success',
        'Node: 40001',
        `Conn: ${line('42000', '1.2.3.4', 0, 'OUT', '00:00:03', 'ESTABLISHED')}`,
        'LinkedNodes: R42000, T42000, T42001',
        `Var: RPT_ALINKS=${alinks}`,
      )
    expect(value(parseXStat(lines('2,42000RU,42001TU'))).conns[0]?.mode).toBe('monitor')
    expect(value(parseXStat(lines('0'))).conns[0]?.mode).toBe('transceive')
    // A stale letter that LinkedNodes does not have is not believed.
    expect(value(parseXStat(lines('1,42000CU'))).conns[0]?.mode).toBe('transceive')
  })

  it('counts lines that it can not read and goes on', () => {
    const xstat = value(
      parseXStat(message('Response: Success', 'Node: 1', 'Conn: ???', 'LinkedNodes: <NONE>', 'Var: RPT_RXKEYED=7')),
    )
    expect(xstat.unreadConns).toBe(1)
    expect(xstat.rxKeyed).toBeNull()
  })

  it.each([
    ['05-rptstatus-errors.txt', '8', 'no-such-node'],
    ['05-rptstatus-errors.txt', '4', 'refused'],
    ['05-rptstatus-errors.txt', '7', 'unknown-action'],
    ['21-permissions.txt', '3', 'permission-denied'],
  ])('a refusal has its code (%s, %s)', (capture, id, code) => {
    expect(parseXStat(replyTo(capture, id))).toMatchObject({ ok: false, code })
  })

  it.each([
    [['']],
    [['Response: Success']],
    [['Response: Success', 'Node: 1']],
    [['Event: RPT_RXKEYED', 'Node: 1', 'LinkedNodes: x']],
  ])('something else is not understood: %j', (lines) => {
    expect(parseXStat(message(...lines))).toMatchObject({ ok: false, code: 'not-understood' })
  })
})
