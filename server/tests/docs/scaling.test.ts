/** What docs/scaling.md reckons, and the arithmetic of the bench behind it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { reckon } from '../../../bench/evidence/scaling.ts'
import type { Step } from '../../../bench/evidence/scaling.ts'
import { between, perChange, solve } from '../../../bench/fleet/figures.ts'
import { toldBy } from '../../../bench/fleet/outages.ts'
import type { Reading } from '../../../bench/fleet/reading.ts'
import { delaysOf } from '../../../bench/fleet/talk.ts'
import { seatsOf } from '../../../bench/fleet/world.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'

it('names how many sockets a gateway lets in: in all, and of one node', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/scaling.md'), 'utf8')
  const [all, ofNode] = [DEFAULT_LIMITS.viewers, DEFAULT_LIMITS.viewersPerNode].map((limit) => limit.toLocaleString('en'))
  expect(text).toContain(`lets ${all} sockets in, ${ofNode} of one node, unless`)
})

it('a change is late by its first sight at each viewer, and missed where the next one came sooner', () => {
  const changes = [{ node: '2000', on: true, at: 100 }, { node: '2000', on: false, at: 200 }, { node: '2001', on: true, at: 150 }]
  const sight = (viewer: number, node: string, on: boolean, at: number) => ({ viewer, node, on, at })
  const sights = [
    sight(1, '2000', true, 104), sight(1, '2000', true, 190), sight(1, '2000', false, 207),
    // Of the other one only the release, and what it was told before.
    sight(2, '2000', true, 99), sight(2, '2000', true, 201), sight(2, '2000', false, 210),
    sight(3, '2001', true, 153),
  ]
  const { ms, missed } = delaysOf(changes, sights, (node) => (node === '2000' ? 2 : 1))
  expect(ms.toSorted((a, b) => a - b)).toEqual([3, 4, 7, 10])
  expect(missed).toBe(1)
})

it('what talking adds is what comes beyond the same time of quiet', () => {
  const flow = (messages: number) => ({ messages, bytes: messages * 10 })
  const reading = (at: number, messages: number, cpuSeconds: number): Reading => ({
    at, flows: { fromAsterisk: flow(messages), toBroker: flow(messages), fromBroker: flow(0), toViewers: flow(0) }, use: { edge: [{ cpuSeconds, residentKib: 1 }] },
  })
  const quiet = between(reading(0, 0, 1), reading(10_000, 20, 2))
  const busy = between(reading(10_000, 20, 2), reading(30_000, 160, 5))
  expect(busy).toMatchObject({ seconds: 20, cpuSeconds: { edge: 3 } })
  expect(perChange(busy, quiet, 50).toBroker).toEqual({ messages: 2, bytes: 20 })
  expect(perChange(busy, quiet, 50).fromBroker).toEqual({ messages: 0, bytes: 0 })
})

it('two costs follow from two measurements that mix them otherwise, and from no others', () => {
  expect(solve({ x: 10, y: 10, sum: 70 }, { x: 10, y: 100, sum: 250 })).toEqual({ a: 5, b: 2 })
  expect(solve({ x: 10, y: 10, sum: 70 }, { x: 20, y: 20, sum: 140 })).toBeNull()
})

it('each door has viewers of each node', () => {
  const seats = seatsOf(8, ['2000', '2001'], [{ url: 'a' }, { url: 'b' }])
  expect(new Set(seats.map(({ node, url }) => node + url))).toEqual(new Set(['2000a', '2001a', '2000b', '2001b']))
  expect(seats.map(({ viewer }) => viewer)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

it('a reason counts from when a viewer was first told it', () => {
  const told = (viewer: number, at: number, code: string | null) => ({ viewer, at, reach: code === null ? 'up' : 'down', code, keyed: false })
  expect(toldBy([told(1, 110, 'broker-away'), told(1, 150, 'broker-away'), told(2, 130, 'broker-away'), told(2, 190, null)], 100)).toEqual({
    'broker-away': { viewers: 2, p50Ms: 30, lastMs: 30 },
  })
})

const costs = {
  edgePerChangeUs: 10_000, edgeIdlePerNodeMs: 60, frontPerMessageUs: 100, frontPerUpdateUs: 10, brokerPerMessageUs: 10, idlePerViewerMs: 0.6, kibPerViewer: 30, bytesPerUpdate: 125, bytesPerMessage: 125, messagesPerChange: 2,
}
const machine = { name: 'a VPS', slower: 1, megabits: 100 }
const step: Step = { name: 'many', sites: 50, nodes: 300, viewers: 100_000, changesPerNode: 30, changesSeen: 30, broker: machine, front: machine }

it('fronts are so many that none is more than half full, each reads all nodes, and the broker writes to each', () => {
  const reckoned = reckon(costs, step, 50_000)
  // 300 nodes × 30 changes × 2 messages a minute, and 50 signs of life in 5 s.
  expect(reckoned?.brokerIn).toBe(310)
  // Each viewer: 1 message a second of 10 µs, and 10 µs for being there; 310 × 100 µs are gone for reading.
  expect(reckoned?.fronts).toBe(Math.ceil(100_000 / ((0.5 - 0.031) / 20e-6)))
  expect(reckoned?.frontCores).toBeLessThanOrEqual(0.5)
  expect(reckoned?.brokerOut).toBe(310 * (reckoned?.fronts ?? 0))
  expect(reckoned?.viewerMegabits).toBe(100)
  expect(reckoned?.first).toBe('CPU of a front')
  expect(reckon(costs, step, 1_000)).toMatchObject({ fronts: 100, first: 'CPU of the broker' })
})

it('a machine that is slower bears less, and one that cannot read what is told bears nobody', () => {
  expect(reckon(costs, { ...step, front: { ...machine, slower: 2 } }, 50_000)?.fronts).toBe(Math.ceil(100_000 / ((0.5 - 2 * 0.031) / 40e-6)))
  expect(reckon(costs, { ...step, nodes: 10_000 }, 50_000)).toBeNull()
})

it('without a broker there is one front, which is the gateway itself', () => {
  const alone = reckon(costs, { ...step, sites: 1, nodes: 4, broker: null, viewers: 50 }, 50_000)
  expect(alone).toMatchObject({ fronts: 1, brokerIn: 0, brokerOut: 0, brokerCores: 0 })
  // On a Pi, which takes four times as long: 4 nodes × 30 changes × 10 ms and 4 × 60 ms a minute. It is the one that viewers come to.
  expect(alone?.edgeCores).toBeCloseTo((4 * (1.2 + 0.24)) / 60)
  expect(alone?.frontCores).toBeCloseTo((alone?.edgeCores ?? 0) + 50 * 20e-6)
})
