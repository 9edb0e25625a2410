/** One tick a second, for those who see it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Ticker } from '../../../src/services/ticker.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv } from '../support/scriptedEnv.ts'

describe('the ticker', () => {
  let env: ScriptedEnv
  let ticker: Ticker
  let ticks: number
  const watch = () => ticker.watch(() => { ticks += 1 })
  beforeEach(() => {
    holdTime()
    env = scriptedEnv()
    ticker = new Ticker(env)
    ticks = 0
  })
  afterEach(() => {
    ticker.dispose()
    expect([vi.getTimerCount(), env.listeners.size]).toEqual([0, 0])
    vi.useRealTimers()
  })

  it('ticks once a second while the page is seen, and at once when it is seen again', async () => {
    watch()
    await pass(3_000)
    expect(ticks).toBe(3)
    env.signal('hidden')
    await pass(60_000)
    expect([ticks, vi.getTimerCount()]).toEqual([3, 0])
    env.signal('visible')
    expect(ticks).toBe(4)
    await pass(2_000)
    expect(ticks).toBe(6)
  })

  it.each(['pageshow', 'resume', 'online', 'offline'] as const)('ticks for nobody in a tab that is opened in the background, also after %s', async (signal) => {
    env.state.visible = false
    watch()
    await pass(5_000)
    env.signal(signal)
    await pass(60_000)
    expect([ticks, vi.getTimerCount()]).toEqual([0, 0])
    env.signal('visible')
    await pass(1_000)
    expect(ticks).toBe(2)
  })

  it('goes on where the page comes out of the back-forward cache to be seen, without a second timer', async () => {
    watch()
    env.signal('pageshow')
    expect([ticks, vi.getTimerCount()]).toEqual([1, 1])
    await pass(3_000)
    expect(ticks).toBe(4)
  })
})
