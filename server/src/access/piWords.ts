import type { Breathe } from './breathe.ts'

/** Words of Blowfish's initial state: 18 subkeys and four S-boxes of 256. */
export const PI_WORDS = 18 + 4 * 256

/** Bits beyond the needed ones, so that the rounding errors of some 7,200 terms stay out of the result. */
const GUARD = 64n
/** Terms between two breaths, about 2 ms of work. */
const SLICE = 128n

let words: Promise<Int32Array> | null = null

/**
 * The first 33,344 bits of π behind the point, as 32-bit words: Blowfish's initial state (Schneier 1993). Computed with
 * Machin's formula, π = 16 atan(1/5) − 4 atan(1/239), at the first call (some 80 ms in slices) and kept. Read only.
 */
export function piWords(breathe: Breathe): Promise<Int32Array> {
  words ??= computeWords(breathe)
  return words
}

async function computeWords(breathe: Breathe): Promise<Int32Array> {
  const bits = BigInt(32 * PI_WORDS)
  const one = 1n << (bits + GUARD)
  const fifth = await arctanOfInverse(5n, one, breathe)
  const pi = 16n * fifth - 4n * (await arctanOfInverse(239n, one, breathe))
  const hex = ((pi - 3n * one) >> GUARD).toString(16).padStart(8 * PI_WORDS, '0')
  return Int32Array.from({ length: PI_WORDS }, (_, i) => Number.parseInt(hex.slice(8 * i, 8 * i + 8), 16) | 0)
}

/** atan(1/x) as a multiple of 1/`one`: 1/x − 1/3x³ + 1/5x⁵ − … */
async function arctanOfInverse(x: bigint, one: bigint, breathe: Breathe): Promise<bigint> {
  const square = x * x
  let power = one / x
  let sum = power
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= square
    sum += sign * (power / n)
    if (n % SLICE === 1n) await breathe()
  }
  return sum
}
