import { expect, it } from 'vitest'
import { breaks } from '../../simulation/breaks.ts'

it.each([1001, 1251, 1501, 1751])('the client and the hubs hold all invariants for 250 seeds from %i', { timeout: 120_000 }, async (from) => {
  expect(await breaks(from, 250)).toEqual([])
})
