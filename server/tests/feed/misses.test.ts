import { expect, it } from 'vitest'
import { Misses, MISSES } from '../../src/feed/misses.ts'

it('one miss costs no rest; from the second in a row on it doubles to the longest; an answer ends it', () => {
  const misses = new Misses()
  const rests: number[] = []
  for (let i = 0; i < 6; i += 1) {
    misses.add(1_000)
    rests.push(misses.restMs(1_000) / 60_000)
  }
  expect(rests).toEqual([0, 1, 2, 4, 5, 5])
  expect(misses.restMs(1_000 + MISSES.longestRestMs - 1)).toBe(1)
  expect(misses.restMs(1_000 + MISSES.longestRestMs)).toBe(0)
  misses.clear()
  misses.add(400_000)
  expect(misses.restMs(400_000)).toBe(0)
})

it('misses that may have been Asterisk\'s cost no rest, and end none', () => {
  const misses = new Misses()
  misses.add(1_000)
  for (let i = 0; i < 6; i += 1) misses.add(1_000, false)
  expect([misses.inARow, misses.restMs(1_000)]).toEqual([7, 0])
  misses.add(2_000)
  misses.add(3_000, false)
  expect(misses.restMs(3_000)).toBe(MISSES.restMs - 1_000)
  misses.clear()
  misses.add(3_000)
  expect([misses.inARow, misses.restMs(3_000)]).toEqual([1, 0])
})

it('what says that it would be answered now is believed once, until it was', () => {
  const misses = new Misses()
  const rests = () => {
    misses.add(1_000)
    misses.add(1_000)
    misses.doubt()
    return misses.restMs(1_000) > 0
  }
  expect([rests(), rests()]).toEqual([false, true])
  misses.clear()
  expect(rests()).toBe(false)
})
