import { describe, expect, it } from 'vitest'
import { retryDelayMs } from '../../src/ami/backoff.ts'

describe('backoff', () => {
  it('doubles from 1 s to 30 s, the upper half by chance', () => {
    const range = (n: number) => [retryDelayMs(n, 'closed', () => 0), retryDelayMs(n, 'closed', () => 0.999999)]
    expect([1, 2, 3, 4, 5, 6, 1e6].map(range)).toEqual([
      [1000, 2000],
      [2000, 4000],
      [4000, 8000],
      [8000, 16_000],
      [15_000, 30_000],
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
