/** What happens to a page, and what becomes of its sockets: sleep, hiding, the back-forward cache, networks that come and go. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocketService } from '../../../src/services/WebSocketService.ts'
import { hello, snapshot } from '../support/frames.ts'
import { holdTime, pass, scriptedEnv } from '../support/scriptedEnv.ts'
import type { ScriptedEnv, ScriptedSocket } from '../support/scriptedEnv.ts'

const NODE = '546051'
const HOUR = 3_600_000

describe('a page', () => {
  let env: ScriptedEnv
  let service: WebSocketService

  function open(random = 0.5): void {
    env = scriptedEnv(() => random)
    service = new WebSocketService({ env })
    void service.connectToNode(NODE)
  }
  beforeEach(holdTime)
  afterEach(() => {
    service.dispose()
    vi.useRealTimers()
  })
  function speak(socket: ScriptedSocket): void {
    socket.accept()
    socket.say(hello())
    socket.say(snapshot(NODE))
  }
  async function live(random?: number): Promise<ScriptedSocket> {
    open(random)
    await pass(5)
    speak(env.last())
    return env.last()
  }
  /** Time passes, and no timer of the page does. */
  const sleep = (ms: number) => { vi.setSystemTime(Date.now() + ms) }
  async function untilNext(most: number): Promise<number> {
    const tries = env.sockets.length
    let ms = 0
    for (; env.sockets.length === tries && ms <= most; ms += 10) await pass(10)
    return ms
  }
  const state = () => service.getNodeState(NODE)

  it.each([0, 0.5, 0.999])('that slept and is told nothing of it has another socket within 3 s of waking, whatever its luck (%f)', async (random) => {
    // From the moment after a look to the moment before the next one, and where the timer of its own silence wakes first.
    for (const awake of [8_010, 8_250, 8_490, 25_990, 27_100]) {
      await live(random)
      await pass(awake)
      sleep(HOUR)
      expect(await untilNext(3_000), String(awake)).toBeLessThanOrEqual(3_000)
      service.dispose()
    }
  })

  it('whose clock was set back notices as soon that its socket is dead', async () => {
    for (const awake of [8_010, 8_250, 8_490]) {
      await live()
      await pass(awake)
      sleep(-HOUR)
      expect(await untilNext(3_000), String(awake)).toBeLessThanOrEqual(3_000)
      service.dispose()
    }
  })

  it('that slept while a try was under way makes another one as it wakes', async () => {
    open()
    for (let i = 0; i < 5; i += 1) {
      await untilNext(20_000)
      env.last().end()
    }
    await untilNext(20_000)
    await pass(1_000)
    sleep(HOUR)
    env.signal('visible')
    expect(await untilNext(3_000)).toBeLessThan(100)
    expect(env.held()).toHaveLength(1)
  })

  it('that comes back from the back-forward cache asks anew whether it is online', async () => {
    await live()
    env.signal('offline')
    env.signal('pagehide')
    await pass(10)
    // The network came back while nobody told the frozen page.
    env.state.online = true
    env.signal('pageshow')
    await pass(10)
    env.last().end()
    expect(state()).toMatchObject({ status: 'waiting', reason: { code: 'socket-closed' } })
  })

  it('whose timers fire once a minute gives a socket its time from its birth: it is not born to be dropped', async () => {
    await live()
    env.signal('hidden')
    // As a browser does that throttles a hidden page hard: all timers that are due fire at the turn of the minute, in order.
    const due: { at: number; fn: () => void }[] = []
    const born = Date.now()
    const throttle = (fn: () => void, ms = 0) => {
      const entry = { at: Date.now() + ms, fn }
      due.push(entry)
      return entry as unknown as ReturnType<typeof setTimeout>
    }
    const forget = (handle: unknown) => {
      const index = due.indexOf(handle as (typeof due)[number])
      if (index >= 0) due.splice(index, 1)
    }
    vi.useRealTimers()
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(throttle)
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation(forget)
    const now = vi.spyOn(Date, 'now')
    try {
      env.last().end()
      let minute = born
      const turn = async () => {
        minute += 60_000
        now.mockReturnValue(minute)
        for (const entry of due.filter(({ at }) => at <= minute).sort((a, b) => a.at - b.at)) {
          if (!due.includes(entry)) continue
          forget(entry)
          entry.fn()
          for (let i = 0; i < 20; i += 1) await Promise.resolve()
        }
      }
      now.mockReturnValue(born)
      const tries = env.sockets.length
      for (let i = 0; i < 4 && env.sockets.length === tries; i += 1) await turn()
      expect(env.sockets).toHaveLength(tries + 1)
      expect(env.held()).toHaveLength(1)
      speak(env.last())
      expect(state().status).toBe('live')
    } finally {
      vi.restoreAllMocks()
      holdTime()
    }
  })

  it('that asked to stay awake tries on while hidden as if it were seen, with nodes that come later too', async () => {
    await live()
    service.setStayAwake(true)
    void service.connectToNode('2000')
    await pass(5)
    env.last().accept()
    env.last().say(hello())
    env.signal('hidden')
    for (const socket of env.held()) socket.end()
    for (const node of [NODE, '2000']) {
      const waiting = service.getNodeState(node)
      expect(waiting.status === 'waiting' && waiting.until - Date.now(), node).toBeLessThanOrEqual(1_000)
    }
    service.setStayAwake(false)
    await pass(1_000)
    for (const socket of env.held()) socket.end()
    const waiting = state()
    expect(waiting.status === 'waiting' && waiting.until - Date.now()).toBeGreaterThanOrEqual(45_000)
  })

  it('whose user presses Retry on a live connection learns within moments whether it lives', async () => {
    const socket = await live()
    service.retryConnection(NODE)
    expect(socket.frames().at(-1)?.type).toBe('ping')
    expect(state().status).toBe('live')
    expect(await untilNext(3_000)).toBeLessThanOrEqual(2_500)
  })
})
