import { expect, it } from 'vitest'
import { EMPTY_LINK, EMPTY_NODE } from '../../../protocol/nodeState.ts'
import type { NodeState } from '../../../protocol/nodeState.ts'
import { pollDelay } from '../../src/feed/cadence.ts'
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
