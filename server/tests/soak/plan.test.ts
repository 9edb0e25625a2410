import { describe, expect, it } from 'vitest'
import { History } from './history.ts'
import { FAULTS, lastOf, plan } from './schedule.ts'

describe('what fails when', () => {
  const acts = plan(4711, 2, 3_600_000, FAULTS)

  it('is the same for the same seed, and not for another', () => {
    expect(plan(4711, 2, 3_600_000, FAULTS)).toEqual(acts)
    expect(plan(4712, 2, 3_600_000, FAULTS)).not.toEqual(acts)
  })

  it('is each fault, in an hour more than once, and some of them two at once', () => {
    const names = acts.flatMap(({ blows }) => blows.map(({ fault }) => fault.name))
    for (const { name } of FAULTS) expect(names.filter((each) => each === name).length).toBeGreaterThan(1)
    expect(acts.filter(({ blows }) => blows.length === 2).length).toBeGreaterThan(acts.length / 4)
  })

  it('is never two faults of one area at once, nor one that begins after the first is over', () => {
    for (const { blows } of acts) {
      expect(new Set(blows.map(({ fault }) => fault.area)).size).toBe(blows.length)
      const [first, second] = blows
      if (second !== undefined) expect(second.afterMs).toBeLessThanOrEqual(first?.lastsMs ?? 0)
      expect(lastOf({ blows, restMs: 0 })).toBeGreaterThan(0)
    }
  })
})

describe('a history', () => {
  it('knows what was true since a moment, and nothing that nobody noted', () => {
    const history = new History()
    expect(history.wasSince('keyed', true, 0)).toBe(false)
    history.note('keyed', true, 10)
    history.note('keyed', true, 20)
    history.note('keyed', false, 30)
    expect([history.wasSince('keyed', true, 30), history.wasSince('keyed', true, 31)]).toEqual([true, false])
    expect(history.wasSince('keyed', false, 1_000)).toBe(true)
    expect(history.current('keyed')).toEqual({ value: false, since: 30 })
  })
})
