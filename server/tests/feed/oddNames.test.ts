/**
 * A phone's link is named after its caller ID (extensions.conf `Rpt(node,P,${CALLERID(name)}-P)`; app_rpt rpt_exec takes all behind the
 * second comma as it is), an IAX client's after its caller name: names with a comma ("SMITH,JOHN", as telephone companies write them),
 * and with blanks in them and at their ends.
 */
import { describe, expect, it } from 'vitest'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import { parseAlinks } from '../../src/ami/links.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { applyEvent } from '../../src/feed/applyEvent.ts'
import { reconcile } from '../../src/feed/reconcile.ts'
import { message, understood } from '../ami/wire.ts'

const T = 1_800_000_000_000
const NOBODY = () => null
// app_rpt rpt_manager.c: "%-10s%-20s%-12d%-11s%-20s%-20s"
const conn = (name: string) => `Conn: ${name.padEnd(10)}${''.padEnd(20)}${'0'.padEnd(12)}${'IN'.padEnd(11)}${'00:05:00'.padEnd(20)}${'ESTABLISHED'.padEnd(20)}`

/** @param linked LinkedNodes as app_rpt sorts it, @param alinks with the count of app_rpt 3 */
function polled(names: readonly string[], linked: string, alinks: string) {
  const sawstat = understood(parseSawStat(message('Response: Success', 'Node: 1999', ...names.map((name) => `Conn: ${name} 0 -1 -1`))))
  const links = `${names.length},${names.map((name) => `T${name}`).join(',')}`
  const xstat = message(
    'Response: Success', 'Node: 1999', ...names.map(conn), `LinkedNodes: ${linked}`,
    `Var: RPT_LINKS=${links}`, `Var: RPT_ALINKS=${alinks}`, 'Var: RPT_RXKEYED=0', 'Var: RPT_TXKEYED=0',
  )
  return reconcile(EMPTY_NODE, { xstat: understood(parseXStat(xstat, sawstat.links.map(({ name }) => name))), sawstat }, NOBODY, new Map(), T)
}

describe.each([
  // With one name, explode_string's limit leaves the comma in place; with more it is split and sorted.
  ['SMITH,JOHN-P', ['SMITH,JOHN-P'], 'TSMITH,JOHN-P'],
  ['SMITH, TOM-P', ['SMITH, TOM-P'], 'TSMITH, TOM-P'],
  ['SMITH,TOM-P', ['2000', 'SMITH,TOM-P'], 'T2000, TOM-P, TSMITH'],
  ['SMITH,J,3RD-P', ['2000', '3000', 'SMITH,J,3RD-P'], 'T2000, T3000, 3RD-P, J, TSMITH'],
  ['W1AW', ['W1AW '], 'TW1AW '],
  ['W1AW', [' W1AW'], 'T W1AW'],
  ['VE3  ABC', ['VE3  ABC'], 'TVE3  ABC'],
])('a link named %j, of %j', (name, names, linked) => {
  const alinks = (key: string, count: number = names.length) => `${count},${names.map((one) => `${one}T${one.trim() === name ? key : 'U'}`).join(',')}`
  const poll = () => polled(names, linked, alinks('U'))

  it('is transceive, and nothing hangs behind it', () => {
    const { links, indirect } = poll()
    expect(Object.values(links).map(({ mode, keyed }) => [mode, keyed])).toEqual(names.map((one) => ['transceive', one.endsWith('-P') ? null : false]))
    expect(Object.keys(links)).toContain(name)
    expect(Object.keys(indirect.nodes)).toEqual([])
  })

  it('keys up in its own row, by the count of app_rpt 3 and by that of ASL2, which counts commas', () => {
    const before = poll()
    for (const text of [alinks('K'), alinks('K', names.join().split(',').length)]) {
      const links = parseAlinks(text)
      if (links === null) throw new Error(text)
      const after = applyEvent(before, { kind: 'alinks', node: '1999', links }, NOBODY, new Map(), T + 1_000).state
      expect(Object.keys(after.links)).toEqual(Object.keys(before.links))
      expect(Object.entries(after.links).filter(([, { keyed }]) => keyed === true).map(([id]) => id)).toEqual([name])
    }
  })
})
