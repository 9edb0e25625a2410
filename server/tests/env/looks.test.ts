/** Looks that go on and on, on a clock that the test moves. */
import { afterEach, expect, it } from 'vitest'
import { lookEvery } from '../../src/env/looks.ts'
import { ManualClock } from '../support/manualClock.ts'

const EVERY_MS = 2_000

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** The moments of looks that take `tookMs` each, begun `afterMs` after the clock's round two seconds. */
function looking(clock: ManualClock, afterMs: number, tookMs = 0): number[] {
  const at: number[] = []
  clock.advance(afterMs)
  ends.push(
    lookEvery(clock, EVERY_MS, async () => {
      at.push(clock.monotonic())
      await new Promise<void>((done) => { clock.setTimeout(done, tookMs) })
    }),
  )
  return at
}

/** In steps: what a look waits for comes between them. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 50) {
    clock.advance(50)
    await new Promise(setImmediate)
  }
}

it('makes looks that began at different moments come at the same one', async () => {
  const clock = new ManualClock()
  const [first, second] = [looking(clock, 300), looking(clock, 450)]
  await pass(clock, 10_000)
  expect(first.length).toBeGreaterThanOrEqual(4)
  expect(second).toEqual(first)
})

it('looks an interval apart, and never sooner than after half of one, however long a look takes', async () => {
  const clock = new ManualClock()
  const quick = looking(clock, 0)
  const slow = looking(clock, 0, 1_900)
  await pass(clock, 20_000)
  const gaps = (at: readonly number[]) => at.slice(1).map((time, i) => time - (at[i] as number))
  expect(new Set(gaps(quick))).toEqual(new Set([EVERY_MS]))
  expect(new Set(gaps(slow))).toEqual(new Set([2 * EVERY_MS]))
})

it('looks no more once it is ended, also when a look is under way', async () => {
  const clock = new ManualClock()
  const at = looking(clock, 0, 500)
  await pass(clock, EVERY_MS + 100)
  expect(at).toHaveLength(1)
  for (const end of ends) end()
  await pass(clock, 3 * EVERY_MS)
  expect(at).toHaveLength(1)
  expect(clock.pending).toBe(0)
})
