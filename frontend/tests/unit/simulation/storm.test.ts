import { describe, expect, it } from 'vitest'
import { CRASH, live, RESTART, storm, supermonNg } from '../../../../bench/storm.ts'

const SEED = 1
const SEEDS = [1, 2, 3, 4, 5]

describe('10,000 clients that come back', () => {
  it('arrive 225 per 100 ms at most after a restart with goaway, whatever the seed', () => {
    for (const seed of SEEDS) expect(storm(RESTART, live, seed).peak, `seed ${seed}`).toBeLessThanOrEqual(225)
  })

  it('arrive 100 per 100 ms at most after an outage of 60 s, whatever the seed', () => {
    for (const seed of SEEDS) expect(storm(CRASH, live, seed).peak, `seed ${seed}`).toBeLessThanOrEqual(100)
  })

  it.each([RESTART, CRASH])('are back within 17 s, 99 of 100: $name', (outage) => {
    expect(storm(outage, live, SEED).p99).toBeLessThanOrEqual(17_000)
  })

  it.each([RESTART, CRASH])('would come in step without jitter: $name', (outage) => {
    expect(storm(outage, live, SEED, () => 0.999).peak).toBeGreaterThan(1_000)
    expect(storm(outage, supermonNg, SEED).peak).toBeGreaterThan(1_000)
  })
})
