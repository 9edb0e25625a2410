/** app_rpt rpt_manager.c fills `char peer[MAXPEERSTR]` with 30 characters of ${IAXPEER(CURRENTCHANNEL)}: most addresses of IPv6 are longer. */
import { describe, expect, it } from 'vitest'
import { parseConnLine } from '../../src/ami/connLine.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { message } from './wire.ts'

const ADDRESSES = ['2a02:8108:8ac0:1234:5678:9abc:def0:1234', '2001:db8:1111:2222:3333:4444:5555:6666', '2600:1700:abcd:1230::ccff:fedd:eeff']

/** As app_rpt prints it. */
function line(name: string, address: string): string {
  const peer = address.slice(0, 30)
  return `${name.padEnd(10)}${peer.padEnd(20)}${'3'.padEnd(12)}${'OUT'.padEnd(11)}${'00:01:00'.padEnd(20)}${'ESTABLISHED'.padEnd(20)}`
}

describe.each(ADDRESSES)('a link to a peer at %s', (address) => {
  const peer = `${address.slice(0, 30)}…`

  it.each(['42000', 'KG5DRT-P12', 'VE3ABC/W6-P', 'W1AW-PAD'])('keeps its name %s, known from SawStat or not', (name) => {
    const text = line(name, address)
    for (const known of [[], [name, name.slice(0, 3)]]) {
      for (const told of [text, text.trimEnd()]) expect(parseConnLine(told, known)).toMatchObject({ name, peer, reconnects: 3 })
    }
  })

  it('has its mode', () => {
    const xstat = parseXStat(
      message('Response: Success', 'Node: 1999', `Conn: ${line('42000', address)}`, 'LinkedNodes: T42000', 'Var: RPT_ALINKS=1,42000TK'),
    )
    expect(xstat).toMatchObject({ ok: true, value: { conns: [{ name: '42000', mode: 'transceive' }] } })
  })
})

it('a shorter address is told as it is', () => {
  expect(parseConnLine(line('42000', '2001:db8:abcd::ff8d:1319:7348'))).toMatchObject({ name: '42000', peer: '2001:db8:abcd::ff8d:1319:7348' })
  // Both longer than their columns, the name unknown.
  expect(parseConnLine(line('VE3ABC/W6-P', '2001:db8:abcd::ff8d:1319:7348'))).toMatchObject({ name: 'VE3ABC/W6-P', peer: '2001:db8:abcd::ff8d:1319:7348' })
})

it('what no address is never comes into the name', () => {
  for (const name of ['42000', 'VE3ABC/W6-P']) expect(parseConnLine(line(name, '2a02:8108:8ac0:1234:x:9abc'))).toMatchObject({ name, peer: null })
})
