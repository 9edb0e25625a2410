import { expect, it } from 'vitest'
import { LEAST_STEP_MS, steady } from '../../src/env/clock.ts'
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

it('hears of each step that a steady clock takes, whatever part of a millisecond it is asked at', () => {
  // As the system's: the time of day in whole milliseconds, and some of one passes between two readings.
  let [wall, passed] = [1_800_000_000_000, 0]
  const clock = steady(Object.assign(new ManualClock(), { now: () => Math.floor(wall + passed), monotonic: () => (passed += 0.37) }))
  const steps = new ClockSteps(clock, LEAST_STEP_MS)
  let most = 0
  for (let times = 0; times < 1_000; times += 1) {
    const before = clock.now() - passed
    wall += times % 2 === 0 ? 2_000 : -2_000
    // It may take the step at another part of a millisecond only.
    for (let asked = 0; asked < 10; asked += 1) clock.now()
    const told = steps.taken()
    const moved = clock.now() - passed - before
    expect(Math.abs(told - moved), `${times}: ${told} of ${moved}`).toBeLessThan(5)
    most = Math.max(most, told)
  }
  expect(most).toBeGreaterThan(1_990)
})
