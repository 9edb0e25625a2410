/** The benches measure what they say; their times are nobody's business here. */
import { expect, it } from 'vitest'
import { measureFleet } from '../../../bench/fleet/fleet.ts'
import { measureCase } from '../../../bench/gateway.ts'

it('a net is shown whole over both kinds of socket, by one AMI session and fewer bytes than by polling', async () => {
  const { sockets, shared, polling } = await measureCase({ name: 'a small net', nodes: 1, links: 5, viewers: 4, talk: [300, 500] }, 3)
  for (const way of [sockets, shared]) {
    expect(way).toMatchObject({ viewers: 4, missed: 0, amiSessions: 1 })
    expect(way.messagesPerViewerMinute).toBeGreaterThan(10)
    expect(way.kilobytesPerViewerMinute).toBeLessThan(polling.kilobytesPerViewerMinute)
  }
  expect(polling).toMatchObject({ viewers: 4, pingsPerViewerMinute: 0 })
  expect(sockets.floorCpuSecondsPerMinute).not.toBeNull()
}, 90_000)

it('a fleet shows what one gateway does; who loses his front goes on where he was, and who loses the broker is told so and is right again', async () => {
  const { sides, killed, away, breadth, costs } = await measureFleet({
    size: { sites: 2, nodes: 2, links: 5, fronts: 2, crowds: 1 }, viewers: 24, rounds: 1, seconds: 1, settleMs: 500, clients: 24, awayMs: 4_000,
    breadth: { edges: 5, changesPerSecond: 100, seconds: 1, settleMs: 500 }, say: () => undefined,
  })
  for (const side of Object.values(sides)) expect(side.missed).toBe(0)
  const { perChange, processes } = sides.fleetMany
  expect(perChange.toBroker.messages).toBeGreaterThan(0.9)
  // Each of two fronts reads each message, and now and then a state that it asked for; more would be a storm.
  const fanOut = perChange.fromBroker.messages / perChange.toBroker.messages
  expect(fanOut).toBeGreaterThan(1.5)
  expect(fanOut).toBeLessThan(4)
  expect(perChange.toViewers.messages).toBeGreaterThanOrEqual(24 / 4)
  expect(Object.keys(processes)).toEqual(['edge', 'broker', 'front'])
  expect(killed.quiet).toMatchObject({ clients: 24, hit: 12, back: 12, current: 12, snapshots: 0 })
  expect(killed.net).toMatchObject({ back: killed.net.hit, needless: 0, otherEpoch: 0 })
  expect(away.told['broker-away']?.viewers).toBe(24)
  expect(away).toMatchObject({ viewers: 24, right: { viewers: 24 } })
  expect(breadth).toMatchObject({ nodes: 10, shown: breadth?.changes })
  expect(costs.messagesPerChange).toBe(perChange.toBroker.messages)
}, 240_000)
