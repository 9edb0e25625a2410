/** The benches measure what they say; their times are nobody's business here. */
import { expect, it } from 'vitest'
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
