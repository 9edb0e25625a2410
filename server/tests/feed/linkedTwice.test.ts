/**
 * A caller with a call sign who comes back while his old session lingers, or has two devices: app_rpt rpt_exec ends the older link
 * only of a name that is all digits, so his is there twice.
 */
import { describe, expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { parseAlinks } from '../../src/ami/links.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { applyEvent } from '../../src/feed/applyEvent.ts'
import { reconcile, reconcileKeys } from '../../src/feed/reconcile.ts'
import { message, understood } from '../ami/wire.ts'

/** Any moment, ms. */
const T = 1_800_000_000_000
const s = (seconds: number) => T + seconds * 1_000
const NOBODY = () => null

const saw = (...lines: string[]) =>
  understood(parseSawStat(message('Response: Success', 'Node: 1999', ...lines.map((line) => `Conn: ${line}`))))
const xstat = understood(
  parseXStat(
    message(
      'Response: Success', 'Node: 1999',
      'Conn: W1AW      203.0.113.20        0           IN         01:00:00            ESTABLISHED         ',
      'Conn: W1AW      203.0.113.77        0           IN         00:01:00            ESTABLISHED         ',
      'LinkedNodes: TW1AW, TW1AW', 'Var: RPT_RXKEYED=0', 'Var: RPT_TXKEYED=1',
    ),
  ),
)
const quiet: NodeState = {
  ...EMPTY_NODE,
  reach: 'up',
  links: { W1AW: { ...EMPTY_LINK, state: 'established', mode: 'transceive', keyed: false } },
}
const talks = ({ links }: NodeState) => links['W1AW']?.keyed

describe('a call sign that is linked twice talks if either of them does', () => {
  // Newest first, or oldest first before app_rpt 3.7.0.
  it.each(['2,W1AWTK,W1AWTU', '2,W1AWTU,W1AWTK'])('as an event tells: %s', (alinks) => {
    const links = parseAlinks(alinks) ?? []
    expect(links).toEqual([{ name: 'W1AW', mode: 'transceive', keyed: true }])
    expect(talks(applyEvent(quiet, { kind: 'alinks', node: '1999', links }, NOBODY, new Map(), T).state)).toBe(true)
  })

  it.each([[['W1AW 1 3 -1', 'W1AW 0 -1 -1']], [['W1AW 0 600 590', 'W1AW 1 3 -1']]])('as a poll tells: %j', (lines) => {
    for (const told of [reconcile(quiet, { xstat, sawstat: saw(...lines) }, NOBODY, new Map(), T), reconcileKeys(quiet, saw(...lines), T)]) {
      expect(talks(told)).toBe(true)
      expect(told.links['W1AW']?.lastKeyedAt).toBe(s(-3))
    }
  })

  it('and not if neither does; his newest over is the newest of both', () => {
    expect(parseAlinks('2,W1AWTU,W1AWTU')).toEqual([{ name: 'W1AW', mode: 'transceive', keyed: false }])
    for (const lines of [['W1AW 0 12 5', 'W1AW 0 600 590'], ['W1AW 0 -1 -1', 'W1AW 0 12 5']]) {
      const told = reconcile(quiet, { xstat, sawstat: saw(...lines) }, NOBODY, new Map(), T)
      expect(talks(told)).toBe(false)
      expect([told.links['W1AW']?.lastKeyedAt, told.links['W1AW']?.lastUnkeyedAt]).toEqual([s(-12), s(-5)])
    }
  })

  it('the row is that of the newer one', () => {
    expect(reconcile(quiet, { xstat, sawstat: saw() }, NOBODY, new Map(), T).links['W1AW']).toMatchObject({ peer: '203.0.113.77', connectedSince: s(-60) })
  })
})

it('a link that is made anew while the old one goes has the stronger mode of the two', () => {
  expect(parseAlinks('2,42000CU,42000RU')).toEqual([{ name: '42000', mode: 'monitor', keyed: false }])
})
