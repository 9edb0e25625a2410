import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deadlineOf, LIMITS } from '../../../src/services/machine.ts'
import type { MachineEvent } from '../../../src/services/machine.ts'
import { Bench } from '../support/machineBench.ts'

describe('a connection', () => {
  it('is live only after a first valid message, not when the socket opens', () => {
    const b = new Bench().on({ type: 'connect' })
    expect(b.effects).toEqual([{ type: 'open', generation: 1 }])
    expect(b.open().state.status).toBe('connecting')
    expect(b.hear().state).toEqual({ status: 'live', since: b.now })
  })

  it('waits with full jitter: 1 s doubling to 16 s, then 12 to 17 s, never less than 100 ms', () => {
    const b = new Bench().on({ type: 'connect' })
    b.random = 0.999999
    const ceilings: number[] = []
    for (let i = 0; i < 7; i += 1) {
      b.close()
      ceilings.push(b.until)
      b.wait(b.until).on({ type: 'deadline' })
    }
    expect(ceilings).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 17_000, 17_000])
    b.random = 0
    expect(b.close().until).toBe(12_000)
    const first = new Bench().on({ type: 'connect' })
    first.random = 0
    expect(first.close().until).toBe(100)
  })

  it('forgets its failures only when it was live for 5 s: accept-then-close does not spin', () => {
    const b = new Bench().live()
    b.random = 0.999999
    b.wait(4_999).close()
    expect(b.until).toBe(1_000)
    b.wait(b.until).on({ type: 'deadline' }).open().hear().close()
    expect(b.until).toBe(2_000)
    b.wait(b.until).on({ type: 'deadline' }).open().hear().wait(LIMITS.stableMs).close()
    expect(b.until).toBe(1_000)
  })

  it('gives a server 10 s to take the connection and 2.5 s to speak', () => {
    const b = new Bench().on({ type: 'connect' })
    expect(deadlineOf(b.machine)).toBe(b.now + 10_000)
    b.wait(3_000).open()
    expect(deadlineOf(b.machine)).toBe(b.now + 2_500)
    b.wait(2_500).on({ type: 'deadline' })
    expect(b.state).toMatchObject({ status: 'waiting', reason: { code: 'first-message-timeout' } })
    expect(b.effects).toEqual([{ type: 'drop' }])
  })

  it('K-1 K-2 retries 1000–1002, 1006, 1007, 1009, 1011–1013 and 4000–4499, and stops at 4500–4999 with a reason', () => {
    for (const code of [1000, 1001, 1002, 1006, 1007, 1009, 1011, 1012, 1013, 4000, 4408, 4429, 4499]) {
      expect(new Bench().live().close(code).state.status, String(code)).toBe('waiting')
    }
    for (const code of [1003, 1008, 1010, 4500, 4503, 4504, 4999]) {
      expect(new Bench().live().close(code).state, String(code)).toMatchObject({
        status: 'paused', why: 'refused', wake: 'retry', reason: { closeCode: code },
      })
    }
  })

  it('K-2 asks again about once a minute for a node that the server does not have, and for nothing else that is refused', () => {
    for (const [random, ms] of [[0, 45_000], [0.5, 60_000], [0.999999, 75_000]] as const) {
      const b = new Bench().on({ type: 'connect' })
      b.random = random
      for (let tries = 0; tries < 20; tries += 1) {
        b.open().close(4504)
        expect(b.state).toMatchObject({ status: 'paused', why: 'refused' })
        expect(deadlineOf(b.machine)).toBe(b.now + ms)
        expect(b.wait(ms - 1).on({ type: 'deadline' }).state.status).toBe('paused')
        expect(b.wait(1).on({ type: 'deadline' }).state).toMatchObject({ status: 'connecting', refused: true })
      }
      expect(b.open().hear().state).toEqual({ status: 'live', since: b.now })
    }
    for (const code of [1003, 1008, 1010, 4500, 4503, 4999]) expect(deadlineOf(new Bench().live().close(code).machine)).toBeNull()
    // A server that is away says nothing of the node.
    const b = new Bench().live().close(4504).wait(60_000).on({ type: 'deadline' }).close()
    expect(b.wait(b.until).on({ type: 'deadline' }).state).toEqual({ status: 'connecting', since: b.now, attempt: 3 })
  })

  it('does not spin where goaway names no spread: only the first one after a stable connection is obeyed to the letter', () => {
    const b = new Bench().live().wait(LIMITS.stableMs)
    b.random = 0.999999
    const away = () => b.on({ type: 'goaway', generation: b.generation, spreadMs: 0, reason: 'busy' })
    expect(away().until).toBe(100)
    b.wait(b.until).on({ type: 'deadline' }).open().hear()
    expect(away().until).toBe(2_000)
  })

  it('spreads itself over the time that goaway names', () => {
    const b = new Bench().live().wait(LIMITS.stableMs)
    b.random = 0.75
    b.on({ type: 'goaway', generation: b.generation, spreadMs: 20_000, reason: 'restart' })
    expect(b.until).toBe(15_025)
  })

  it('leaves for polling when goaway says the flag is off, and comes back when it is on', () => {
    const b = new Bench().live()
    b.on({ type: 'goaway', generation: b.generation, spreadMs: 1_000, reason: 'flag-off' })
    expect(b.state).toMatchObject({ status: 'paused', why: 'flag-off', wake: 'flag-on' })
    expect(b.on({ type: 'flag', on: true }).state.status).toBe('connecting')
  })

  it('drops events of every socket but the newest', () => {
    const b = new Bench().live()
    const old = b.generation
    b.close().wait(b.until).on({ type: 'deadline' }).open().hear()
    const { state } = b
    b.on({ type: 'socket-close', generation: old, code: 4504, reason: 'late' })
    b.on({ type: 'goaway', generation: old, spreadMs: 1, reason: 'late' })
    expect(b.state).toBe(state)
  })

  it('asks before it calls a silent socket dead, and needs no timer while hidden', () => {
    const b = new Bench().live()
    b.wait(b.machine.beatMs * 1.25 + 1_000).on({ type: 'deadline' })
    expect(b.effects).toEqual([{ type: 'ping' }])
    expect(b.state.status).toBe('live')
    b.on({ type: 'signal', signal: 'hidden' })
    expect(deadlineOf(b.machine)).toBeNull()
    b.wait(10 * 3_600_000).on({ type: 'deadline' })
    expect(b.state.status).toBe('live')
  })

  it('replaces a socket that died in sleep within 3 s of waking', () => {
    const b = new Bench().live().on({ type: 'signal', signal: 'hidden' }).wait(3_600_000)
    b.random = 0.999999
    b.on({ type: 'signal', signal: 'visible' })
    expect(b.effects).toEqual([{ type: 'ping' }])
    b.wait(LIMITS.probeMs).on({ type: 'deadline' })
    expect(b.state).toMatchObject({ status: 'waiting', reason: { code: 'silent' } })
    expect(LIMITS.probeMs + b.until).toBeLessThan(3_000)
  })

  it('does not put a probe off by a further wake signal, not even one in its last moment', () => {
    const b = new Bench().live().wait(60_000).on({ type: 'signal', signal: 'visible' }).wait(LIMITS.probeMs)
    b.on({ type: 'signal', signal: 'online' }).on({ type: 'deadline' })
    expect(b.state).toMatchObject({ status: 'waiting', reason: { code: 'silent' } })
  })

  it('cuts a wait short when the page is seen, but never tries twice within a second', () => {
    const b = new Bench().on({ type: 'connect' }).close()
    b.wait(10).on({ type: 'signal', signal: 'online' })
    expect(b.state.status).toBe('waiting')
    expect(b.until).toBeLessThanOrEqual(LIMITS.wakeGapMs)
    b.wait(LIMITS.wakeGapMs).on({ type: 'signal', signal: 'visible' })
    expect(b.state.status).toBe('connecting')
  })

  it('pauses offline, tries at once when online again, and tests the word "offline" once a minute', () => {
    const b = new Bench().live().on({ type: 'signal', signal: 'offline' }).close()
    expect(b.state).toMatchObject({ status: 'paused', why: 'offline', wake: 'online' })
    expect(deadlineOf(b.machine)).toBe((b.machine.triedAt ?? 0) + LIMITS.offlineTestMs)
    expect(b.on({ type: 'signal', signal: 'online' }).state.status).toBe('connecting')
  })

  it('keeps a live socket when the browser says offline: that is a hint', () => {
    expect(new Bench().live().on({ type: 'signal', signal: 'offline' }).state.status).toBe('live')
  })

  it('that was frozen with a question out is asked again before it is called dead', () => {
    const b = new Bench().live().on({ type: 'signal', signal: 'resume' })
    expect(b.effects).toEqual([{ type: 'ping' }])
    b.on({ type: 'signal', signal: 'freeze' }).wait(3_600_000).on({ type: 'deadline' })
    expect([b.state.status, b.effects]).toEqual(['live', [{ type: 'ping' }]])
  })

  it('that is refused after a goodbye goes on as spread as that asked, and does not begin at one second again', () => {
    const b = new Bench().live().wait(LIMITS.stableMs)
    b.random = 0.999999
    b.on({ type: 'goaway', generation: b.generation, spreadMs: 10_000, reason: 'restart' })
    b.wait(b.until).on({ type: 'deadline' }).close()
    expect(b.until).toBe(16_000)
  })

  it('retries about once a minute while hidden, unless asked to stay awake', () => {
    const b = new Bench().live().on({ type: 'signal', signal: 'hidden' }).close()
    expect(b.until).toBeGreaterThanOrEqual(45_000)
    const awake = new Bench().live().on({ type: 'stay-awake', on: true }).on({ type: 'signal', signal: 'hidden' }).close()
    expect(awake.until).toBeLessThanOrEqual(1_000)
  })

  it('holds no socket in the back-forward cache and comes back from it at once', () => {
    const b = new Bench().live().on({ type: 'signal', signal: 'pagehide' })
    expect(b.effects).toEqual([{ type: 'drop' }])
    expect(b.on({ type: 'retry' }).state.status).toBe('connecting')
    const c = new Bench().live().on({ type: 'signal', signal: 'pagehide' }).wait(60_000)
    expect(c.on({ type: 'signal', signal: 'pageshow' }).state.status).toBe('connecting')
  })

  it("obeys the user's Retry from every wait and pause", () => {
    for (const code of [1006, 4504]) {
      expect(new Bench().live().close(code).on({ type: 'retry' }).state.status).toBe('connecting')
    }
  })

  it("obeys the user's Retry also where it has a socket: a live one is asked, one that hangs is replaced", () => {
    const live = new Bench().live().wait(60_000).on({ type: 'retry' })
    expect(live.effects).toEqual([{ type: 'ping' }])
    expect(live.wait(LIMITS.probeMs).on({ type: 'deadline' }).until).toBe(100)
    const b = new Bench().on({ type: 'connect' }).wait(4_000).on({ type: 'retry' })
    expect(b.effects).toEqual([{ type: 'drop' }, { type: 'open', generation: 2 }])
    // An impatient finger is no storm.
    expect(b.wait(500).on({ type: 'retry' }).effects).toEqual([])
  })

  it('replaces a try that was slept through at once, and gives one that was under way when the page woke a short next wait', () => {
    const b = new Bench().on({ type: 'connect' })
    for (let i = 0; i < 6; i += 1) b.close().wait(b.until).on({ type: 'deadline' })
    b.wait(3_600_000).on({ type: 'signal', signal: 'visible' })
    expect(b.effects).toEqual([{ type: 'drop' }, { type: 'open', generation: 8 }])
    const c = new Bench().on({ type: 'connect' })
    c.random = 0.999999
    for (let i = 0; i < 6; i += 1) c.close().wait(c.until).on({ type: 'deadline' })
    c.wait(5_000).on({ type: 'signal', signal: 'online' })
    expect(c.effects).toEqual([])
    expect(c.wait(5_000).on({ type: 'deadline' }).until).toBe(1_000)
  })

  it('takes a probe that its own timer sent for the wake that follows: who slept is replaced without spreading', () => {
    const b = new Bench().live()
    b.random = 0.999999
    b.wait(3_600_000).on({ type: 'deadline' })
    expect(b.effects).toEqual([{ type: 'ping' }])
    b.wait(400).on({ type: 'signal', signal: 'clock-gap' })
    expect(b.effects).toEqual([])
    expect(b.wait(LIMITS.probeMs - 400).on({ type: 'deadline' }).until).toBe(100)
  })

  it('counts the time to connect from the birth of the socket, however late a throttled page lets it be born', () => {
    const b = new Bench().on({ type: 'connect' }).on({ type: 'signal', signal: 'hidden' }).wait(60_000)
    b.on({ type: 'socket-born', generation: b.generation }).on({ type: 'deadline' })
    expect(b.state.status).toBe('connecting')
    expect(deadlineOf(b.machine)).toBe(b.now + LIMITS.connectMs)
    const late = b.generation
    b.close().on({ type: 'retry' }).wait(5_000).on({ type: 'socket-born', generation: late })
    expect(deadlineOf(b.machine)).toBe(b.now + 5_000)
  })

  const arbitraryEvent = (generation: number): fc.Arbitrary<MachineEvent> =>
    fc.oneof(
      fc.constantFrom<MachineEvent>(
        { type: 'connect' }, { type: 'retry' }, { type: 'deadline' }, { type: 'signed-in' }, { type: 'no-websocket' },
        { type: 'reopen' }, { type: 'unauthorized' }, { type: 'admitted' },
        { type: 'flag', on: true }, { type: 'flag', on: false }, { type: 'stay-awake', on: true },
        ...(['online', 'offline', 'visible', 'hidden', 'pagehide', 'pageshow', 'freeze', 'resume', 'clock-gap'] as const)
          .map((signal): MachineEvent => ({ type: 'signal', signal })),
      ),
      fc.record({ type: fc.constant('socket-born' as const), generation: fc.integer({ min: generation - 1, max: generation }) }),
      fc.record({ type: fc.constant('socket-open' as const), generation: fc.integer({ min: generation - 1, max: generation }) }),
      fc.record({ type: fc.constant('socket-message' as const), generation: fc.integer({ min: generation - 1, max: generation }) }),
      fc.record({
        type: fc.constant('socket-close' as const),
        generation: fc.integer({ min: generation - 1, max: generation }),
        code: fc.constantFrom(1000, 1001, 1006, 1012, 4030, 4401, 4408, 4504),
        reason: fc.constant(''),
      }),
    )

  it('under any events: closed is absorbing, every down state has its way back, each open follows a drop', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(20_000), fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(1_000_000)), { maxLength: 60 }),
        fc.integer({ min: 0, max: 60 }),
        (moves, endAt) => {
          const b = new Bench()
          let held = false
          const account = () => {
            for (const effect of b.effects) {
              if (effect.type === 'open') {
                expect(held, 'a second socket while one is held').toBe(false)
                held = true
              } else if (effect.type === 'drop') held = false
            }
          }
          moves.forEach(([ms, random, pick], index) => {
            b.wait(ms)
            b.random = random
            if (index === endAt) b.on({ type: 'disconnect' })
            else b.on(fc.sample(arbitraryEvent(b.generation), { seed: pick, numRuns: 1 })[0]!)
            account()
            if (index >= endAt) {
              expect(b.state.status).toBe('closed')
              expect(deadlineOf(b.machine)).toBeNull()
              expect(held).toBe(false)
            }
            const { state } = b
            if (state.status === 'waiting') expect(deadlineOf(b.machine)).toBe(state.until)
            if (state.status === 'connecting') expect(deadlineOf(b.machine)).not.toBeNull()
            if (state.status === 'connecting' || state.status === 'live') expect(held).toBe(true)
            else expect(held).toBe(false)
          })
        },
      ),
      { numRuns: 400 },
    )
  })
})
