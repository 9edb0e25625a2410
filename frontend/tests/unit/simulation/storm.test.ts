import { describe, expect, it } from 'vitest'
import { brokenBy, CRASH, live, RESTART, storm, supermonNg, SWITCH } from '../../../../bench/storm.ts'

const FEW = { clients: 2_000 }
const STEP = { ...FEW, chance: () => 0.999 }

describe('10,000 clients that come back', () => {
  it.each([RESTART, CRASH])('arrive spread, sockets and polls each, and 99 of 100 are back within 17 s: $name', (outage) => {
    expect(brokenBy(outage, storm(outage, live, 1))).toEqual([])
    for (const seed of [1, 2, 3, 4, 5]) expect(brokenBy(outage, storm(outage, live, seed, FEW)), `seed ${seed}`).toEqual([])
  })

  it('begin to poll spread when sockets are switched off', () => {
    expect(brokenBy(SWITCH, storm(SWITCH, live, 1))).toEqual([])
  })

  it.each([RESTART, CRASH])('would come in step without jitter: $name', (outage) => {
    expect(storm(outage, live, 1, STEP).sockets).toBeGreaterThan(1_000)
    expect(storm(outage, supermonNg, 1, FEW).sockets).toBeGreaterThan(1_000)
  })

  it('would poll in step without jitter', () => {
    expect(storm(SWITCH, live, 1, STEP).firstPolls).toBeGreaterThan(1_000)
  })
})
