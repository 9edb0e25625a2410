import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FLAG } from '../../../../protocol/rollout.ts'
import { bucketOf, murmur3 } from '../../../src/services/rollout/bucket.ts'

const IDS = 100_000
const sequential = Array.from({ length: IDS }, (_, i) => `user${i}`)
/** As browsers make them: no two alike, nothing in a row. */
const scattered = Array.from({ length: IDS }, (_, i) => ((Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36) + i.toString(36)).padStart(12, 'x'))
const callSigns = Array.from({ length: IDS }, (_, i) => `W${i % 10}${String.fromCharCode(65 + (Math.floor(i / 10) % 26), 65 + (Math.floor(i / 260) % 26), 65 + (Math.floor(i / 6_760) % 26))}`)
const buckets = (ids: readonly string[], salt: string) => ids.map((id) => bucketOf(FLAG, salt, id))
const share = (all: readonly number[], percent: number) => (all.filter((bucket) => bucket < percent).length / all.length) * 100

describe('the hash', () => {
  it.each([
    // SMHasher's and Wikipedia's published vectors for MurmurHash3_x86_32.
    ['', 0, 0x00000000],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0, 0x2e4ff723],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aa', 0x9747b28c, 0x5d211726],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['abcd', 0x9747b28c, 0xf0478627],
    ['ππππππππ', 0x9747b28c, 0xd58063c1],
  ])('of %j with seed %i is as published', (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash)
  })
})

describe('a bucket', () => {
  it('stays where it is: these are what pages of every version must say', () => {
    expect(['W5GLE', 'WB6NIL', 'jürgen', ''].map((id) => bucketOf(FLAG, 's1', id).toFixed(4))).toMatchInlineSnapshot(`
      [
        "14.8092",
        "66.7000",
        "51.9057",
        "78.4897",
      ]
    `)
  })

  it('lies from 0 to below 100, and keeps in at a higher percentage whoever is in at a lower one', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.nat(100), fc.nat(100), (id, salt, a, b) => {
      const bucket = bucketOf(FLAG, salt, id)
      expect(bucket).toBeGreaterThanOrEqual(0)
      expect(bucket).toBeLessThan(100)
      const [low, high] = [Math.min(a, b), Math.max(a, b)]
      if (bucket < low) expect(bucket < high).toBe(true)
      expect(bucketOf(FLAG, salt, id)).toBe(bucket)
    }))
  })

  it.each(['s1', 'a', '', '2026-11-28T20:00:00Z', 'f3b0c442'])('holds 1, 10, 50 and 90 of a hundred within one, with salt %j', (salt) => {
    for (const ids of [sequential, scattered, [...new Set(callSigns)]]) {
      const all = buckets(ids, salt)
      for (const percent of [1, 10, 50, 90]) expect(Math.abs(share(all, percent) - percent)).toBeLessThan(1)
      expect([share(all, 0), share(all, 100)]).toEqual([0, 100])
    }
  })

  it.each([['s1', 's2'], ['1', '2'], ['a', 'ab'], ['s1', 's1 ']])('under salt %j says nothing of the one under %j', (one, other) => {
    for (const ids of [sequential, scattered]) {
      const counts = Array.from({ length: 100 }, () => 0)
      let both = 0
      for (const id of ids) {
        const [a, b] = [bucketOf(FLAG, one, id), bucketOf(FLAG, other, id)]
        const cell = Math.floor(a / 10) * 10 + Math.floor(b / 10)
        counts[cell] = (counts[cell] ?? 0) + 1
        if (a < 10 && b < 10) both += 1
      }
      // 99 degrees of freedom: above 150 by luck once in a thousand tables.
      const expected = ids.length / 100
      expect(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(150)
      // Of those in by one salt, as many as of all are in by the other.
      expect(Math.abs((both / ids.length) * 100 - 1)).toBeLessThan(0.2)
    }
  })

  it('of another flag is another one', () => {
    const pairs = sequential.slice(0, 10_000).filter((id) => bucketOf('realtime', 's1', id) < 10 && bucketOf('voter', 's1', id) < 10)
    expect(pairs.length).toBeGreaterThan(60)
    expect(pairs.length).toBeLessThan(150)
  })
})
