/** The server's time as a page estimates it, on clocks that are wrong, drift and are set. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LiveClient } from '../../../src/services/liveClient.ts'
import { ServerClock } from '../../../src/services/serverClock.ts'
import { hello, patch, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'

describe('the estimate of the server\'s time', () => {
  /** Ours and the server's, ms. */
  let here = 0
  let there = 0
  let clock: ServerClock
  beforeEach(() => {
    here = 1_800_000_000_000
    there = here + 7_000
    clock = new ServerClock(() => here)
  })
  const go = (ms: number) => {
    here += ms
    there += ms
  }
  /** A frame that was so long on its way, ms. */
  const frame = (late = 0) => { clock.observe(there - late) }
  const error = () => clock.now() - there

  it('is this browser\'s own time until something is heard, and then by the fastest frame', () => {
    expect(clock.now()).toBe(here)
    frame(300)
    expect(error()).toBe(-300)
    frame(20)
    frame(900)
    expect(error()).toBe(-20)
  })

  it('holds over minutes of slow frames, and not for longer than ten', () => {
    frame(20)
    for (let s = 0; s < 290; s += 10) {
      go(10_000)
      frame(2_000)
      expect(error()).toBe(-20)
    }
    for (let s = 0; s < 600; s += 10) {
      go(10_000)
      frame(2_000)
    }
    expect(error()).toBe(-2_000)
  })

  it.each([4_000, 2_500, 500])('is right again within ten minutes of a clock that was set forward by %i ms and nobody noticed', (ms) => {
    frame(20)
    here += ms
    for (let s = 0; s <= 600; s += 20) {
      go(20_000)
      frame(20 + (s % 100))
    }
    expect(error()).toBe(-20)
  })

  it('is right with the next frame of a clock that was set by more than 5 s, or is known to have been set', () => {
    frame(20)
    here += 6_000
    frame(50)
    expect(error()).toBe(-50)
    here += 4_000
    frame(60)
    expect(error()).toBe(4_000 - 50)
    clock.startAfresh()
    expect(error()).toBe(4_000 - 50)
    frame(70)
    expect(error()).toBe(-70)
  })

  it.each([50, -50])('stays right for days on a clock that is off by %i parts in a million', (ppm) => {
    let worst = 0
    for (let s = 0; s < 3 * 86_400; s += 20) {
      here += 20_000 * (1 + ppm / 1_000_000)
      there += 20_000
      frame(30 + (s % 7) * 40)
      worst = Math.max(worst, Math.abs(error()))
    }
    expect(worst).toBeLessThan(100)
  })
})

describe('a page whose clock is set right', () => {
  beforeEach(holdTime)
  afterEach(() => { vi.useRealTimers() })

  it.each([4_000, 6_000])('knows the server\'s time a second later, by %i ms', async (ms) => {
    const env = scriptedEnv()
    const client = new LiveClient({ env })
    let server = Date.now()
    const wait = async (by: number) => {
      await pass(by)
      server += by
    }
    void client.ladder.watch('1')
    await wait(2)
    env.last().accept()
    env.last().say(hello({ at: server }))
    env.last().say({ ...snapshot('1'), at: server })
    vi.setSystemTime(Date.now() + ms)
    await wait(1_000)
    env.last().say({ ...patch('1', 2, { rx: true }), at: server })
    expect(client.sockets.serverNow()).toBe(server)
    client.dispose()
  })
})
