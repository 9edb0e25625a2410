import { expect, it } from 'vitest'
import { Departure } from '../../src/gateway/departure.ts'
import { ManualClock } from '../support/manualClock.ts'

const seeded = (seed: number) => () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
const ALL = Array.from({ length: 1_000 }, (_, i) => i)

function scene(seed = 1) {
  const clock = new ManualClock()
  const gone: number[] = []
  return { clock, gone, departure: new Departure<number>(clock, seeded(seed), (one) => { gone.push(one) }) }
}

it('S-11 sends everybody once, evenly, the last before the time is over', () => {
  const { clock, gone, departure } = scene()
  departure.begin(ALL, 6_000)
  expect(gone.length).toBeGreaterThan(0)
  for (let passed = 20; passed < 6_000; passed += 20) {
    clock.advance(20)
    expect(Math.abs(gone.length - (1_000 * (passed + 20)) / 6_000), String(passed)).toBeLessThanOrEqual(1)
  }
  expect(gone.toSorted((a, b) => a - b)).toEqual(ALL)
  expect(clock.pending).toBe(0)
})

it('S-11 sends them in an order that is nobody\'s, and another one each time', () => {
  const [one, other] = [scene(1), scene(2)]
  for (const { clock, departure } of [one, other]) {
    departure.begin(ALL, 1_000)
    clock.advance(1_000)
  }
  expect(one.gone).not.toEqual(other.gone)
  for (const { gone } of [one, other]) {
    const rising = gone.filter((each, i) => i > 0 && each > (gone[i - 1] ?? 0)).length
    expect(Math.abs(rising - 500)).toBeLessThan(60)
  }
})

it('stops when it is told, whatever the clock on the wall does meanwhile; few go one by one', () => {
  const { clock, gone, departure } = scene()
  departure.begin([1, 2, 3], 600)
  clock.jump(3_600_000)
  clock.advance(399)
  expect(gone).toHaveLength(2)
  departure.stop()
  clock.advance(10_000)
  expect([gone.length, clock.pending]).toEqual([2, 0])
  departure.begin([], 600)
  departure.begin([4], 0)
  expect(gone.at(-1)).toBe(4)
})

it('S-11 is over in time on a busy machine, whose timers are late', () => {
  const { clock, gone } = scene()
  const late = { now: () => clock.now(), monotonic: () => clock.monotonic(), setTimeout: (fn: () => void, ms: number) => clock.setTimeout(fn, ms + 15), clearTimeout: (timer: unknown) => { clock.clearTimeout(timer) } }
  new Departure<number>(late, seeded(1), (one) => { gone.push(one) }).begin(ALL, 6_000)
  clock.advance(3_000)
  expect(Math.abs(gone.length - 500)).toBeLessThanOrEqual(10)
  clock.advance(3_000)
  expect(gone).toHaveLength(1_000)
})
