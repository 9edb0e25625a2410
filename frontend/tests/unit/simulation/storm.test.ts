import { describe, expect, it } from 'vitest'
import { CRASH, live, RESTART, storm, supermonNg, SWITCH } from '../../../../bench/storm.ts'

const SEEDS = [1, 2, 3, 4, 5]
const FEW = { clients: 2_000 }
const STEP = { ...FEW, chance: () => 0.999 }

describe('10,000 clients that come back', () => {
  it.each([
    { outage: RESTART, sockets: 225, polls: 225 },
    { outage: CRASH, sockets: 100, polls: 100 },
  ])('arrive spread, sockets and polls each, and 99 of 100 are back within 17 s: $outage.name', ({ outage, ...most }) => {
    const reports = [storm(outage, live, 1), ...SEEDS.map((seed) => storm(outage, live, seed, FEW))]
    for (const { sockets, polls, p99 } of reports) {
      expect(sockets).toBeLessThanOrEqual(most.sockets)
      expect(polls).toBeLessThanOrEqual(most.polls)
      expect(p99).toBeLessThanOrEqual(17_000)
    }
  })

  it('begin to poll spread when sockets are switched off', () => {
    expect(storm(SWITCH, live, 1).firstPolls).toBeLessThanOrEqual(225)
  })

  it.each([RESTART, CRASH])('would come in step without jitter: $name', (outage) => {
    const { sockets } = storm(outage, live, 1, STEP)
    expect(sockets).toBeGreaterThan(1_000)
    expect(storm(outage, supermonNg, 1, FEW).sockets).toBeGreaterThan(1_000)
  })

  it('would poll in step without jitter', () => {
    expect(storm(SWITCH, live, 1, STEP).firstPolls).toBeGreaterThan(1_000)
  })
})
