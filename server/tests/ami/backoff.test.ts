import { describe, expect, it } from 'vitest'
import { retryDelayMs } from '../../src/ami/backoff.ts'

describe('backoff', () => {
  it('is quick once, steady for a minute, then doubles to 30 s, the upper half by chance', () => {
    const range = (n: number) => [retryDelayMs(n, 'closed', () => 0), retryDelayMs(n, 'closed', () => 0.999999)]
    expect([1, 2, 3, 60, 61, 62, 63, 64, 65, 1e6].map(range)).toEqual([
      [250, 500],
      [750, 1500],
      [750, 1500],
      [750, 1500],
      [1500, 3000],
      [3000, 6000],
      [6000, 12_000],
      [12_000, 24_000],
      [15_000, 30_000],
      [15_000, 30_000],
    ])
  })

  it('is slower after a refused login', () => {
    const range = (n: number) => [
      retryDelayMs(n, 'login-refused', () => 0),
      retryDelayMs(n, 'login-refused', () => 0.999999),
    ]
    expect([1, 2, 3, 50].map(range)).toEqual([
      [10_000, 20_000],
      [20_000, 40_000],
      [30_000, 60_000],
      [30_000, 60_000],
    ])
  })
})
