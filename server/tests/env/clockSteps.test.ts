import { expect, it } from 'vitest'
import { ClockSteps } from '../../src/env/clockSteps.ts'
import { ManualClock } from '../support/manualClock.ts'

it('tells once by how much the clock was set since it was last asked, and nothing of the time that passes', () => {
  const clock = new ManualClock()
  const steps = new ClockSteps(clock, 2_000)
  clock.advance(86_400_000)
  expect(steps.taken()).toBe(0)
  for (const ms of [259_200_000, -3_600_000, 2_000]) {
    clock.jump(ms)
    clock.advance(5_000)
    expect([steps.taken(), steps.taken()]).toEqual([ms, 0])
  }
  expect(clock.pending).toBe(0)
})

it('lets little steps be until they come to one that counts', () => {
  const clock = new ManualClock()
  const steps = new ClockSteps(clock, 2_000)
  const told = [1_500, -1_500, 1_900, 200, -100, -2_000].map((ms) => {
    clock.jump(ms)
    return steps.taken()
  })
  expect(told).toEqual([0, 0, 0, 2_100, 0, -2_100])
})
