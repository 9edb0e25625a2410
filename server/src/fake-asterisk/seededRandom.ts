import type { Random } from '../env/clock.ts'

/** Numbers in [0, 1) that are the same for the same seed: a 32-bit mixing counter, plenty for a demo. */
export function seededRandom(seed: number): Random {
  let counter = seed >>> 0
  return () => {
    counter = (counter + 0x9e3779b9) >>> 0
    return scramble(counter)
  }
}

/** A number in [0, 1) that depends on its arguments only. */
export function noise(seed: number, step: number): number {
  return scramble((Math.imul(seed | 0, 0x85ebca6b) ^ Math.imul(step | 0, 0xc2b2ae35)) >>> 0)
}

function scramble(value: number): number {
  let x = value
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return ((x ^ (x >>> 15)) >>> 0) / 0x1_0000_0000
}

export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low)
}

export function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[Math.floor(random() * list.length)]
}
