import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FLAG } from '../../../../protocol/rollout.ts'
import { bucketOf } from '../../../src/services/rollout/bucket.ts'
import { decide } from '../../../src/services/rollout/decide.ts'
import type { Subject } from '../../../src/services/rollout/decide.ts'
import { VERSION } from '../../../src/services/rollout/version.ts'
import { flagOf } from './flags.ts'

const page = (over: Partial<Subject> = {}): Subject => ({ installId: 'i1', version: '1.2.3', override: null, ...over })
const verdict = (flag: Parameters<typeof flagOf>[0], subject: Partial<Subject> = {}) => {
  const { on, why } = decide(flagOf(flag), page(subject))
  return `${on ? 'on' : 'off'} by ${why}`
}

describe('the decision', () => {
  it('is off for everybody by the kill switch, whatever else is said', () => {
    fc.assert(fc.property(
      fc.constantFrom('on', 'off', null), fc.constantFrom('allow', 'deny', null), fc.nat(100), fc.constantFrom('2000', null),
      (override, listed, percent, node) => {
        expect(verdict({ enabled: false, listed, percent, nodes: { allow: ['2000'], deny: [] } }, { override, node })).toBe('off by disabled')
      },
    ))
  })

  it('goes by the override of this browser before any list and percentage', () => {
    expect(verdict({ percent: 0, listed: 'deny', minVersion: '9' }, { override: 'on' })).toBe('on by override')
    expect(verdict({ percent: 100, listed: 'allow' }, { override: 'off' })).toBe('off by override')
  })

  it.each([
    ['1.2.3', '1.2.3', true], ['1.2.3', '1.2.4', false], ['1.10.0', '1.9.9', true], ['2', '1.9', true], ['1', '1.0.0', true], ['1', '1.0.1', false],
    ['1.2.3-beta', '1.2.3', true],
  ])('lets a page of version %s in where %s is the oldest allowed: %s', (version, minVersion, isIn) => {
    expect(verdict({ minVersion }, { version })).toBe(isIn ? 'on by bucket' : 'off by version')
  })

  it('keeps a page that is too old out though its user is listed', () => {
    expect(verdict({ minVersion: '2', listed: 'allow' })).toBe('off by version')
  })

  it('lets deny beat allow, for users and for nodes', () => {
    const nodes = { allow: ['2000', '48752'], deny: ['48752'] }
    expect(verdict({ listed: 'deny', nodes }, { node: '2000' })).toBe('off by listed')
    expect(verdict({ listed: 'allow', nodes }, { node: '48752' })).toBe('off by node')
    expect(verdict({ listed: 'allow', percent: 0 })).toBe('on by listed')
    expect(verdict({ percent: 0, nodes }, { node: '2000' })).toBe('on by node')
    expect(verdict({ percent: 0, nodes }, { node: '546051' })).toBe('off by bucket')
    expect(verdict({ percent: 0, nodes })).toBe('off by bucket')
  })

  it('goes by the name of the user, on whatever browser, and by the browser for visitors', () => {
    const named = flagOf({ user: 'W5GLE', percent: 50 })
    expect(decide(named, page({ installId: 'i1' }))).toEqual(decide(named, page({ installId: 'i2' })))
    expect(decide(named, page()).bucket).toBe(bucketOf(FLAG, 's1', 'W5GLE'))
    expect(decide(flagOf(), page({ installId: 'i2' })).bucket).toBe(bucketOf(FLAG, 's1', 'i2'))
  })

  it('takes nobody out again from 10 to 50 to 100', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (user, salt) => {
      const at = [0, 10, 50, 100].map((percent) => decide(flagOf({ percent, user, salt }), page()).on)
      expect(at.toSorted()).toEqual(at)
      expect([at[0], at[3]]).toEqual([false, true])
    }))
  })

  it('goes by the bucket that was remembered until the name of the user is known', () => {
    expect(decide(flagOf({ percent: 10 }), page({ bucket: 9.9 }))).toEqual({ on: true, why: 'bucket', bucket: 9.9 })
  })
})

it('knows the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../package.json'), 'utf8')) as { version: string }
  expect(VERSION).toBe(version)
})
