/** What a node shows and tells of links whose far end, on another server, goes, comes back, refuses or is nowhere: as real nodes did. */
import { afterEach, expect, test } from 'vitest'
import type { FakeAsterisk, NodeTiming } from '../../src/fake-asterisk/fakeAsterisk.ts'
import type { ManualClock } from '../support/manualClock.ts'
import { readCapture } from '../fixtures/capture.ts'
import { startBench } from './bench.ts'
import { loggedIn } from './rawClient.ts'
import type { RawClient } from './rawClient.ts'
import { replay } from './replay.ts'

let fake: FakeAsterisk
let clock: ManualClock
let operator: RawClient
afterEach(async () => {
  operator.close()
  await fake.close()
})

/** The user of the captures, who is told of links only, and of one node. Telemetry is off. */
const USER = { name: 'rpt', secret: 'rptsecret', read: 'call', write: 'command', eventFilters: ['Event: RPT_\\w*LINKS\\r\\n.*\\r\\nNode: 1999'] }

async function start(timing: Partial<NodeTiming> = {}): Promise<void> {
  const nodes = ['1999', '2000', '2003']
  ;({ fake, clock } = await startBench({ nodes, users: [USER], unreachableTargets: ['2999'], timing }))
  operator = await loggedIn(fake.port)
  for (const node of nodes) await cli(`rpt cmd ${node} cop 34`)
}

async function cli(line: string): Promise<void> {
  await operator.ask({ Action: 'Command', Command: line })
  clock.advance(20)
}

/** Plays a capture. @param doings what is done elsewhere meanwhile, by seconds since it began */
async function expectSame(name: string, doings: Readonly<Record<string, () => Promise<void>>>): Promise<void> {
  for (const [seconds, fn] of Object.entries(doings)) clock.setTimeout(() => void fn(), Number(seconds) * 1_000)
  const played = await replay(readCapture(name), fake.port, clock)
  expect(played.length).toBeGreaterThan(3)
  for (const { sent, expected, got } of played) expect({ sent, reply: got.replace('192.0.2.219', '127.0.0.1  ') }).toEqual({ sent, reply: expected })
}

test('40: links that the other end orders to end are missed for 10 s, or called for a while, before they go', async () => {
  await start({ retryMs: 10_000 })
  await expectSame('40-far-end-disconnects', {
    0.1: () => fake.connect({ node: '1999', link: '2000' }),
    1.35: () => fake.connect({ node: '2003', link: '1999' }),
    3.22: () => fake.disconnect({ node: '2000', link: '1999' }),
    5.27: () => fake.disconnect({ node: '2003', link: '1999' }),
  })
})

test('41: a permanent link rings where nobody is, rests, and is back without an event', async () => {
  await start({ retryMs: 10_000 })
  await expectSame('41-permanent-link-redialled', {
    0.1: () => fake.connect({ node: '1999', link: '2000', permanent: true }),
    2.03: () => fake.lose({ node: '1999', link: '2000', ms: 43_500 }),
  })
})

test('42: a call where nobody is rings until IAX2 gives up, and events tell nothing of it', async () => {
  await start()
  await cli('rpt cmd 1999 ilink 3 2999')
  await expectSame('42-nobody-answers', {})
})

test('43: a permanent call that is refused is repeated until it is taken', async () => {
  await start({ retryMs: 15_000 })
  await cli('rpt cmd 2003 cop 49')
  await cli('rpt cmd 1999 ilink 13 2003')
  await cli('rpt cmd 2003 cop 50')
  await expectSame('43-permanent-link-refused', {})
})

test('44: one that is missed, and calls again, has its new link in the place of the old one', async () => {
  await start()
  await expectSame('44-called-anew', {
    0.1: () => fake.connect({ node: '2000', link: '1999', mode: 'monitor' }),
    1.8: () => fake.connect({ node: '2000', link: '1999' }),
    3.9: () => fake.disconnect({ node: '2000', link: '1999' }),
    5.45: () => fake.connect({ node: '2000', link: '1999' }),
    7.6: () => fake.disconnect({ node: '2000', link: '1999' }),
    19.65: () => fake.connect({ node: '2000', link: '1999' }),
  })
})
