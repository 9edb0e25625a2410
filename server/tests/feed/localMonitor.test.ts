/**
 * A local monitor of 2000 (`ilink 8 2000`), then a hub that 2000 is linked to as well (`ilink 3 42000`): app_rpt keeps local monitors
 * out of its lists (rpt_link.c __mklinklist), so nothing forbids the second, and the name comes into LinkedNodes by way of the hub.
 */
import { describe, expect, it } from 'vitest'
import { EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { LinkState, NodeState } from '../../../protocol/nodeState.ts'
import { parseAlinks } from '../../src/ami/links.ts'
import { parseSawStat } from '../../src/ami/sawstat.ts'
import { parseXStat } from '../../src/ami/xstat.ts'
import { beforehand } from '../../src/control/verdict.ts'
import { applyEvent } from '../../src/feed/applyEvent.ts'
import { reconcile } from '../../src/feed/reconcile.ts'
import { message, understood } from '../ami/wire.ts'

/** Any moment, ms. */
const T = 1_800_000_000_000
const NOBODY = () => null

interface Told {
  readonly name?: string
  readonly reconnects?: number
  readonly peer?: string
  readonly linked: string
  readonly links: string
  readonly alinks: string
}
/** A poll of a node with the hub 42000 and one more link. */
function polled({ name = '2000', reconnects = 0, peer = '203.0.113.20', linked, links, alinks }: Told): NodeState {
  const xstat = understood(
    parseXStat(
      message(
        'Response: Success', 'Node: 1999',
        `Conn: ${name.padEnd(10)}${peer.padEnd(20)}${String(reconnects).padEnd(12)}OUT        01:00:00            ESTABLISHED         `,
        'Conn: 42000     198.51.100.7        0           OUT        00:01:00            ESTABLISHED         ',
        `LinkedNodes: ${linked}`, `Var: RPT_LINKS=${links}`, `Var: RPT_ALINKS=${alinks}`, 'Var: RPT_RXKEYED=0', 'Var: RPT_TXKEYED=0',
      ),
    ),
  )
  const sawstat = understood(parseSawStat(message('Response: Success', 'Node: 1999', 'Conn: 42000 0 -1 -1', `Conn: ${name} 0 -1 -1`)))
  return reconcile({ ...EMPTY_NODE, reach: 'up' }, { xstat, sawstat }, NOBODY, new Map(), T)
}
const modes = ({ links }: NodeState): Record<string, LinkState['mode']> =>
  Object.fromEntries(Object.entries(links).map(([name, { mode }]) => [name, mode]))

const looped = { linked: 'T2000, T42000', links: '2,T42000,T2000', alinks: '1,42000TU' }

describe('a local monitor that also hangs behind a hub', () => {
  it.each([
    ['once that is announced', looped],
    // The hub's list (an `L` message) is not announced: RPT_LINKS has it after the next key-up.
    ['before it is announced', { ...looped, links: '1,T42000' }],
    ['after a redial', { ...looped, reconnects: 3 }],
    ['of an EchoLink station', { name: '3101425', peer: '', linked: 'T3101425, T42000', links: '2,T42000,T3101425', alinks: '1,42000TU' }],
  ])('is one %s', (_what, told) => {
    expect(modes(polled(told))).toEqual({ ['name' in told ? told.name : '2000']: 'local-monitor', 42000: 'transceive' })
  })

  it('stays while the hub keys up', () => {
    const { state } = applyEvent(polled(looped), { kind: 'alinks', node: '1999', links: parseAlinks('1,42000TK') ?? [] }, NOBODY, new Map(), T + 1_000)
    expect(modes(state)).toEqual({ 2000: 'local-monitor', 42000: 'transceive' })
  })

  it('is worth the command that connects it', () => {
    expect(beforehand(polled(looped), { action: 'connect', node: '1999', target: '2000', permanent: false })).toBeNull()
  })
})

describe('a link that RPT_ALINKS does not have yet is none', () => {
  it.each([
    // app_rpt announces the end of the old link, before the new one is in its list, and not the new one's answer.
    ['whose mode was changed', { reconnects: 1, linked: 'R2000, T42000', links: '1,T42000', alinks: '1,42000TU' }, 'monitor'],
    ['whose mode was changed, and which hangs behind the hub as well', { reconnects: 1, linked: 'T2000, T2000, T42000', links: '2,T42000,T2000', alinks: '1,42000TU' }, 'transceive'],
    ['that is EchoLink, and whose mode was changed', { name: '3101425', peer: '', linked: 'T3101425, T42000', links: '1,T42000', alinks: '1,42000TU' }, 'transceive'],
    // Nothing that it could hang behind.
    ['while it has none at all', { linked: 'T2000, T42000', links: '0', alinks: '' }, 'transceive'],
  ] as const)('%s', (_what, told, mode) => {
    expect(modes(polled(told))).toEqual({ ['name' in told ? told.name : '2000']: mode, 42000: 'transceive' })
  })
})
