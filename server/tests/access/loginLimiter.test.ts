import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressKey } from '../../src/env/addressKey.ts'
import { LoginLimiter } from '../../src/access/loginLimiter.ts'
import { TokenBuckets } from '../../src/env/tokenBuckets.ts'
import { Turns } from '../../src/access/turns.ts'
import { ManualClock } from '../support/manualClock.ts'

describe('token buckets', () => {
  it('give a burst, then one per interval, and never more than the burst', () => {
    const clock = new ManualClock()
    const buckets = new TokenBuckets(clock, { burst: 3, refillMs: 1_000, maxKeys: 10 })
    for (let i = 0; i < 3; i += 1) {
      expect(buckets.waitMs('a')).toBe(0)
      buckets.take('a')
    }
    expect(buckets.waitMs('a')).toBe(1_000)
    clock.advance(999)
    expect(buckets.waitMs('a')).toBe(1)
    clock.advance(1)
    expect(buckets.waitMs('a')).toBe(0)
    clock.advance(3_600_000)
    for (let i = 0; i < 3; i += 1) buckets.take('a')
    expect(buckets.waitMs('a')).toBe(1_000)
    expect(buckets.waitMs('b')).toBe(0)
  })

  it('hold a bounded number of keys, and none for those that are full again', () => {
    const clock = new ManualClock()
    const buckets = new TokenBuckets(clock, { burst: 2, refillMs: 1_000, maxKeys: 3 })
    for (const key of ['a', 'b', 'a', 'c', 'd', 'e']) buckets.take(key)
    expect(buckets.size).toBe(3)
    buckets.take('x')
    buckets.giveBack('x')
    expect(buckets.size).toBe(2)
    expect(clock.pending).toBe(0)
  })

  it.each([['back', -3_600_000], ['forward', 3_600_000]])('are neither filled, drained nor stopped by a clock that is set %s', (_way, ms) => {
    const clock = new ManualClock()
    const buckets = new TokenBuckets(clock, { burst: 1, refillMs: 1_000, maxKeys: 10 })
    buckets.take('a')
    clock.jump(ms)
    expect(buckets.waitMs('a')).toBe(1_000)
    clock.advance(1_000)
    expect(buckets.waitMs('a')).toBe(0)
  })

  it('let at most burst + time / interval through, whatever the schedule', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 100 }), (pauses) => {
        const clock = new ManualClock()
        const start = clock.now()
        const buckets = new TokenBuckets(clock, { burst: 5, refillMs: 1_000, maxKeys: 10 })
        let passed = 0
        for (const pause of pauses) {
          clock.advance(pause)
          if (buckets.waitMs('a') > 0) continue
          buckets.take('a')
          passed += 1
        }
        expect(passed).toBeLessThanOrEqual(5 + (clock.now() - start) / 1_000)
      }),
    )
  })
})

describe('the login limiter', () => {
  function guess(limiter: LoginLimiter, user: string, address: string, times: number): number {
    let passed = 0
    for (let i = 0; i < times; i += 1) if (limiter.admit(user, address).ok) passed += 1
    return passed
  }

  it('slows down guesses at one account from many addresses, and says how long', () => {
    const clock = new ManualClock()
    const limiter = new LoginLimiter(clock)
    const passed = Array.from({ length: 50 }, (_, i) => guess(limiter, 'ann', `10.0.0.${i}`, 1)).filter((n) => n > 0)
    expect(passed).toHaveLength(5)
    const refused = limiter.admit('ann', '10.1.1.1')
    expect(refused).toEqual({ ok: false, retryAfterMs: 30_000 })
    clock.advance(30_000)
    expect(limiter.admit('ann', '10.1.1.1').ok).toBe(true)
  })

  it('slows down one address that tries many accounts', () => {
    const limiter = new LoginLimiter(new ManualClock())
    const passed = Array.from({ length: 50 }, (_, i) => guess(limiter, `user${i}`, '10.0.0.1', 1)).filter((n) => n > 0)
    expect(passed).toHaveLength(20)
    expect(limiter.admit('ann', '10.0.0.2').ok).toBe(true)
  })

  it('locks nobody out for longer because the clock is set back meanwhile', () => {
    const clock = new ManualClock()
    const limiter = new LoginLimiter(clock)
    guess(limiter, 'ann', '10.0.0.1', 6)
    clock.jump(-3_600_000)
    expect(limiter.admit('ann', '10.0.0.1')).toEqual({ ok: false, retryAfterMs: 30_000 })
    clock.advance(30_000)
    expect(limiter.admit('ann', '10.0.0.1').ok).toBe(true)
  })

  it('takes nothing for a refused attempt, so waiting helps even while somebody keeps trying', () => {
    const clock = new ManualClock()
    const limiter = new LoginLimiter(clock)
    guess(limiter, 'ann', '10.0.0.1', 5)
    for (let i = 0; i < 29; i += 1) {
      clock.advance(1_000)
      expect(limiter.admit('ann', '10.0.0.1').ok).toBe(false)
    }
    clock.advance(1_000)
    expect(limiter.admit('ann', '10.0.0.1').ok).toBe(true)
  })

  it('does not count right passwords', () => {
    const limiter = new LoginLimiter(new ManualClock())
    for (let i = 0; i < 100; i += 1) {
      const admission = limiter.admit('ann', '10.0.0.1')
      if (!admission.ok) throw new Error('refused')
      limiter.succeeded(admission.attempt)
    }
  })

  it('does not let a stranger lock an operator out of an address he signed in from before', () => {
    const limiter = new LoginLimiter(new ManualClock())
    const first = limiter.admit('ann', '10.0.0.1')
    if (first.ok) limiter.succeeded(first.attempt)
    guess(limiter, 'ann', '6.6.6.6', 20)
    expect(limiter.admit('ann', '6.6.6.6').ok).toBe(false)
    expect(limiter.admit('ann', '10.0.0.9').ok).toBe(false)
    expect(guess(limiter, 'ann', '10.0.0.1', 20)).toBe(5)
  })

  it('remembers a bounded number of those, the newest', () => {
    const limiter = new LoginLimiter(new ManualClock())
    for (let i = 0; i < 1_001; i += 1) {
      const admission = limiter.admit(`user${i}`, '10.0.0.1')
      if (admission.ok) limiter.succeeded(admission.attempt)
    }
    for (const user of ['user0', 'user1']) guess(limiter, user, '6.6.6.6', 5)
    expect(['user0', 'user1'].map((user) => limiter.admit(user, '10.0.0.1').ok)).toEqual([false, true])
  })
})

describe('an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:2::9', '2001:db8:1:2::/64'],
    ['[2001:db8::1]', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['unix', 'unix'],
    ['', ''],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })

  it('is one for all spellings of an IPv6 network', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(addressKey(address)).toBe(addressKey(address.toUpperCase()))
      }),
    )
  })
})

describe('turns', () => {
  it('run one after the other, and refuse when too many wait', async () => {
    const turns = new Turns(2)
    const order: string[] = []
    let open = (): void => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    const first = turns.run(async () => {
      order.push('first')
      await gate
      order.push('first done')
    })
    const second = turns.run(() => {
      order.push('second')
      return Promise.reject(new Error('no'))
    })
    expect(turns.run(() => Promise.resolve())).toBeNull()
    open()
    await first
    await expect(second).rejects.toThrow('no')
    expect(order).toEqual(['first', 'first done', 'second'])
    await expect(turns.run(() => Promise.resolve('again'))).resolves.toBe('again')
  })
})
