import { expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { pollDelay, wholeIn } from '../../src/feed/cadence.ts'
import type { EventTrust } from '../../src/feed/cadence.ts'

const QUIET: NodeState = { ...EMPTY_NODE, reach: 'up', rx: false, tx: false }
const TALKS: NodeState = { ...QUIET, rx: true }
const CALLS: NodeState = { ...QUIET, links: { 2000: { ...EMPTY_LINK, state: 'connecting' } } }
const MONITORS: NodeState = { ...QUIET, links: { 2000: { ...EMPTY_LINK, mode: 'local-monitor', state: 'established' } } }

it.each<[EventTrust, NodeState, number, number]>([
  ['come', QUIET, 0, 5_000],
  ['come', TALKS, 0, 5_000],
  ['come', CALLS, 0, 1_000],
  ['come', MONITORS, 0, 5_000],
  ['come', { ...MONITORS, tx: true }, 0, 1_000],
  ['missed', QUIET, 3_600_000, 1_000],
  ['unproven', QUIET, 0, 1_000],
  ['unproven', QUIET, 10_000, 1_000],
  ['unproven', QUIET, 30_000, 3_000],
  ['unproven', QUIET, 3_600_000, 5_000],
  ['unproven', TALKS, 3_600_000, 1_000],
  ['unproven', CALLS, 3_600_000, 1_000],
  // A clock that was set back says nothing of how long it was quiet.
  ['unproven', QUIET, -3_600_000, 1_000],
])('while events are %s a node is polled as it needs it', (events, state, quietFor, ms) => {
  expect(pollDelay(state, events, quietFor, 1)).toBe(ms)
})

it('many nodes of one Asterisk share its patience, as long as nobody knows whether events come', () => {
  expect([10, 30, 200].map((watched) => pollDelay(QUIET, 'unproven', 0, watched))).toEqual([1_000, 3_000, 5_000])
})

it.each<[string, EventTrust, NodeState, number | null, number]>([
  ['a local monitor alone asks for keys until all is due', 'come', { ...MONITORS, tx: true }, 1_500, 3_500],
  ['all is due after as long as on a quiet node', 'come', { ...MONITORS, tx: true }, 5_000, 0],
  ['all was not asked yet, or is not known any more', 'come', MONITORS, null, 0],
  ['a clock was set back', 'come', MONITORS, -1, 0],
  ['a call is only in the whole', 'come', { ...MONITORS, links: { ...MONITORS.links, 2001: CALLS.links['2000']! } }, 0, 0],
  ['nothing moves untold', 'come', TALKS, 0, 0],
  ['events do not tell the rest', 'missed', MONITORS, 0, 0],
  ['events may not tell the rest', 'unproven', MONITORS, 0, 0],
])('%s', (_why, events, state, wholeFor, ms) => {
  expect(wholeIn(state, events, wholeFor)).toBe(ms)
})
