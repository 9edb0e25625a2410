import { describe, expect, it } from 'vitest'
import { Proxies } from '../../src/env/visitor.ts'
import { Admission } from '../../src/gateway/admission.ts'
import { DEFAULT_LIMITS } from '../../src/gateway/limits.ts'
import { originAllowed } from '../../src/gateway/origin.ts'
import { Attention, Pace } from '../../src/gateway/pace.ts'
import { ManualClock } from '../support/manualClock.ts'

const far = (address: string) => ({ address, crowd: false })
const local = { address: '127.0.0.1', crowd: true }

describe('admission', () => {
  it('counts by address, by /64 in IPv6, and forgets who left, once', () => {
    const admission = new Admission({ ...DEFAULT_LIMITS, viewersPerAddress: 2 }, new ManualClock())
    const [first, second] = [admission.enter(far('2001:db8::1')), admission.enter(far('2001:db8::ffff'))]
    expect([first.ok, second.ok]).toEqual([true, true])
    expect(admission.enter(far('2001:db8:0:0:1::9'))).toMatchObject({ ok: false, limit: 'viewersPerAddress' })
    expect(admission.enter(far('2001:db8:0:1::9')).ok).toBe(true)
    if (first.ok) {
      first.leave()
      first.leave()
    }
    expect(admission.enter(far('2001:db8::2')).ok).toBe(true)
    expect(admission.enter(far('2001:db8::3')).ok).toBe(false)
  })

  it('has more room for this machine, and one for all', () => {
    const admission = new Admission({ ...DEFAULT_LIMITS, viewers: 4, viewersPerAddress: 1, viewersPerLoopback: 2 }, new ManualClock())
    for (const comer of [local, local, far('192.0.2.1'), far('192.0.2.2')]) expect(admission.enter(comer).ok).toBe(true)
    expect(admission.enter(local)).toMatchObject({ ok: false, limit: 'viewers' })
  })

  it('lets an address knock so often, then so often a minute, and counts no knock it refuses', () => {
    const clock = new ManualClock()
    const admission = new Admission({ ...DEFAULT_LIMITS, attemptBurst: 3, attemptsPerMinute: 60 }, clock)
    expect([1, 2, 3].map(() => admission.knock(far('192.0.2.1')))).toEqual([0, 0, 0])
    for (let i = 0; i < 50; i += 1) expect(admission.knock(far('192.0.2.1'))).toBe(1_000)
    expect(admission.knock(far('192.0.2.2'))).toBe(0)
    clock.advance(1_000)
    expect(admission.knock(far('192.0.2.1'))).toBe(0)
    expect(admission.knock(far('192.0.2.1'))).toBe(1_000)
  })

  it('lets five hundred in at once who come from a proxy on this machine that does not say for whom it speaks', () => {
    const admission = new Admission(DEFAULT_LIMITS, new ManualClock())
    const waits = Array.from({ length: 500 }, () => admission.knock(local))
    expect(waits.filter((wait) => wait > 0)).toEqual([])
    expect(Array.from({ length: 500 }, () => admission.knock(far('192.0.2.1'))).filter((wait) => wait === 0)).toHaveLength(DEFAULT_LIMITS.attemptBurst)
  })
})

describe('pace', () => {
  it('allows a burst, then so many a second; what is too much is not counted, and a clock set back fills nothing', () => {
    const pace = new Pace(3, 10, 1_000)
    expect([1, 2, 3, 4].map(() => pace.take(1_000))).toEqual([true, true, true, false])
    expect(pace.take(1_100)).toBe(true)
    expect(pace.take(1_100)).toBe(false)
    expect(pace.take(0)).toBe(false)
    expect(pace.take(100)).toBe(true)
  })

  it('K-4 is told to who is too fast once each time, and only who does not slow down is sent away', () => {
    const attention = new Attention(new Pace(1, 1, 0))
    let now = 0
    for (let time = 0; time < 5; time += 1) {
      expect([attention.hear(now, true), attention.hear(now, true)]).toEqual(['heard', 'told'])
      for (let i = 1; i < 200; i += 1) expect(attention.hear(now, true)).toBe('ignored')
      now += 1_000
    }
    attention.hear(now, true)
    for (let i = 0; i < 200; i += 1) expect(attention.hear(now, true)).not.toBe('enough')
    expect(attention.hear(now, true)).toBe('enough')
  })
})

describe('who asks', () => {
  const of = (proxies: Proxies, remoteAddress: string, headers: Record<string, string> = {}) =>
    proxies.visitorOf({ remoteAddress, header: (name) => headers[name] })

  it('is whoever connects, whatever he writes, unless a trusted proxy speaks for him', () => {
    const lies = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'club.example', host: 'node.example' }
    expect(of(new Proxies(), '192.0.2.9', lies)).toEqual({ address: '192.0.2.9', secure: false, hosts: ['node.example'], proxied: false, crowd: false })
    expect(of(new Proxies(), '127.0.0.1', lies)).toEqual({
      address: '198.51.100.7', secure: true, hosts: ['node.example', 'club.example'], proxied: true, crowd: false,
    })
    expect(of(new Proxies(['192.0.2.0/24']), '::ffff:192.0.2.9', lies).address).toBe('198.51.100.7')
    // A proxy that speaks for nobody may have a crowd behind it.
    expect(of(new Proxies(['192.0.2.0/24']), '192.0.2.9')).toMatchObject({ address: '192.0.2.9', crowd: true })
    expect(of(new Proxies(), '::1')).toMatchObject({ address: '::1', crowd: true })
  })

  it('is told apart behind this machine\'s web server, though only the proxy before it was named', () => {
    const passed = { 'x-forwarded-for': '198.51.100.9, 203.0.113.5', 'x-forwarded-proto': 'https' }
    for (const own of ['127.0.0.1', '::ffff:127.0.0.1', '::1']) {
      expect(of(new Proxies(['203.0.113.5']), own, passed), own).toMatchObject({ address: '198.51.100.9', secure: true, crowd: false })
      expect(of(new Proxies(), own, passed).address, own).toBe('203.0.113.5')
    }
  })

  it('is any other user of this machine, where some of its addresses were named', () => {
    const proxies = new Proxies(['127.0.0.1'])
    expect(of(proxies, '127.0.0.1', { 'x-forwarded-for': '198.51.100.7' }).address).toBe('198.51.100.7')
    expect(of(proxies, '127.0.0.9', { 'x-forwarded-for': '198.51.100.7' })).toMatchObject({ address: '127.0.0.9', crowd: true })
    expect(of(proxies, '::1', { 'x-forwarded-for': '198.51.100.7' }).address).toBe('198.51.100.7')
  })

  it('came over TLS if the proxy next to us says so, whatever stands before its word', () => {
    const secure = (list: string) => of(new Proxies(), '127.0.0.1', { 'x-forwarded-proto': list }).secure
    expect(['https', 'http', 'https, http', 'http, HTTPS', ''].map(secure)).toEqual([true, false, false, true, false])
  })

  it('is the first from the right that is no trusted proxy; what stands before it counts for nothing', () => {
    const proxies = new Proxies(['127.0.0.1', '10.0.0.0/8', 'fd00::/8'])
    const address = (list: string) => of(proxies, '127.0.0.1', { 'x-forwarded-for': list }).address
    expect(address('203.0.113.1, 198.51.100.7, 10.1.2.3')).toBe('198.51.100.7')
    expect(address('198.51.100.7:443, [fd00::1]:80')).toBe('198.51.100.7')
    expect(address('10.0.0.1, 10.0.0.2')).toBe('10.0.0.1')
    for (const junk of ['unknown', '', ',,', '<img onerror>', '1.2.3', '9'.repeat(5_000)]) expect(address(`203.0.113.1, ${junk}`), junk).toMatch(/^127\.0\.0\.1$|^203\.0\.113\.1$/)
    expect(address(`evil, 10.0.0.9`)).toBe('10.0.0.9')
    expect(address(Array.from({ length: 10_000 }, () => '10.0.0.1').join())).toBe('10.0.0.1')
  })
})

describe('origin', () => {
  it.each([
    [undefined, ['node.example'], [], true],
    ['http://node.example', ['node.example'], [], true],
    ['https://node.example', ['node.example:443'], [], true],
    ['https://node.example', ['NODE.example'], [], true],
    ['http://node.example:8105', ['node.example'], [], false],
    ['https://club.example', ['127.0.0.1:8105', 'club.example'], [], true],
    ['https://evil.example', ['node.example'], [], false],
    ['https://evil.example', ['node.example'], ['https://club.example'], false],
    ['https://club.example', ['node.example'], ['https://club.example'], true],
    ['http://club.example', ['node.example'], ['https://club.example'], false],
    ['https://evil.example', [], ['*'], true],
    ['null', ['null'], [], false],
    ['', [''], [], false],
  ] as const)('W-5 %s at %j with %j: %s', (origin, hosts, allowed, may) => {
    expect(originAllowed(origin, hosts, allowed)).toBe(may)
  })
})
